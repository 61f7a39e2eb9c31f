// Package linux offers real Linux processes to the hosted Mach kernel: their
// threads, registers, memory, mappings and figures. It knows nothing of Mach.
//
// A Process is one process, held so that a reused pid is noticed. A Tracer
// stops a process's threads, reads and writes their registers, delivers their
// exceptions, and runs system calls inside them. Both may be used from any
// goroutine at any time.
//
// Two rules hold everywhere. No signal is ever sent to a target: stopping is
// done with PTRACE_SEIZE and PTRACE_INTERRUPT, which the target cannot see.
// And a target outlives us: when this program ends in whatever way, Linux
// detaches what it traced, and the target runs on (or stays stopped by job
// control, if it was).
//
// Only linux/amd64 and linux/arm64 have the package's contents.
package linux
