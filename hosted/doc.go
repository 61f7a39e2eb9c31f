// Package hosted gives a program a Mach kernel in its own process, on Linux
// (amd64 and arm64): import it for its effect,
//
//	import _ "github.com/gomach/mach/hosted"
//
// and the calls of package mach behave as on Darwin, over real Linux processes,
// memory and figures. On Darwin it does nothing: the system has a kernel.
//
// Some of Linux shows through, where a program has to know of it:
//
//   - Registers and exceptions of other processes come by ptrace, which shows a
//     child's stops to each thread of its parent that waits for its end.
//     [os.Process.Wait] for a child therefore returns early, telling of a
//     signal that stopped it, if its first thread is stopped meanwhile: by
//     task_suspend, by reading or writing its registers, or in an exception
//     that a handler has asked for. The kernel here misses nothing by that,
//     but the child is not reaped; so wait for a child (os/exec's Wait
//     included) when its task port is given back, or wait for a dead-name
//     notification of the task port first.
//   - Threads of the own process are stopped by a signal. One that is
//     suspended may hold what Go's runtime needs: see thread_suspend in
//     docs/support.md.
package hosted
