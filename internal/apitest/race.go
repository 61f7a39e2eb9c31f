//go:build race

package apitest

// Race says that the tests run with the race detector. It allocates, its locks
// may belong to a thread that is held, and its memory is no part of what Go's
// runtime says that it has.
const Race = true
