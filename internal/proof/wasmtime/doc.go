// Package wasmtime does what wasmtime's trap handler does on Darwin, by packages
// exc, task and port: a handler of its own is asked about the exceptions of the
// threads that run compiled code; traps of that code come back as errors, and
// everything else goes where it would have gone.
//
// The original is crates/wasmtime/src/runtime/vm/sys/unix/machports.rs, with
// hand-laid messages and replies; package exc has those.
//
//	thread with compiled code          goroutine that serves
//	  Thread.Call
//	    enter: saves the stack, jumps
//	      ... the CPU objects ───────▶ Handler.exception: pc in a Code? a trap there?
//	                                     no: exc.Pass, the next handler is asked
//	    leave ◀──────────────────────    yes: rewrite the registers, exc.Handled
//	  *Trap
//
// Compiled code runs by purego's call of a C function, so that Go's scheduler
// takes the thread for one in a system call: the collector need not wait for a
// thread that waits for a handler which needs the collector. That is the one
// thing that wasmtime does not have to mind.
package wasmtime
