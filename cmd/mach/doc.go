// Command mach shows people on a terminal what package mach gives programs:
// registers, threads and memory of processes, figures of the host, and, on any
// system and without a process, what the codes, constants, structs and functions
// of Mach are.
//
// On macOS it asks the system; on Linux real processes through the hosted kernel.
//
//	go install github.com/gomach/mach/cmd/mach@latest
//	mach help
package main
