// Package callbench measures what a call of libSystem costs a Go program on darwin, in guest
// instructions, which are the same on every machine: package mach, and other ways to call.
// Its test prints the table of docs/performance.md.
package callbench
