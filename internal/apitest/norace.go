//go:build !race

package apitest

// Race says that the tests run with the race detector.
const Race = false
