// Command supportdoc writes docs/support.md: what each function of libSystem's
// Mach interface does on the hosted kernel, from the kernel's own table.
package main

//go:generate go run . ../../../docs/support.md
