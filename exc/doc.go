// Package exc receives Mach exceptions: what the CPU or the kernel objects to in
// a thread, before it becomes a signal or a crash.
//
// # How to think about rights
//
// An exception handler is a port. A thread, a task and the host each keep, for
// every type of exception, a send right to one, together with the form in which
// it wants to be told (the behavior). When an exception happens, the kernel
// stops the thread and sends a message to the thread's handler; if that does
// not deal with it, to the task's; then to the host's. The answer decides:
// success lets the thread go on, anything else passes the exception on, and in
// the end it becomes a signal.
//
// So there are three kinds of rights to look after. Handlers are send rights,
// and asking for them hands out copies: [Actions] owns those, and Close gives
// them back. The port itself is a receive right, which a [Server] owns; while
// it exists, stopped threads wait for it, and when it goes, the kernel passes
// their exceptions on. And each message brings rights to the thread and the
// task that it is about: they belong to the [Exception], and the server closes
// them when the handler returns. A handler that wants to keep one moves it out.
//
// # What a handler must know
//
// The thread is stopped until the handler returns, and with it whatever waits
// for the thread: a handler in the same process must not touch what the thread
// may hold, such as locks of the memory allocator. A Go program has nil pointer
// panics only because its runtime gets EXC_BAD_ACCESS as a signal: a server for
// the program's own task takes that away unless it passes on what is not its
// own. That is why no server is attached by default, and why the default answer
// is [Pass].
//
// Go's collector waits for a thread that is stopped in the midst of Go code, and
// the handler waits for the collector as soon as it needs memory. Only threads
// that are in a system call or in C do not matter to it: code that is expected to
// raise exceptions should be called like that.
//
// docs/debuggers.md lists what two debuggers written in Go call, and how each call
// is said with this package and the others.
//
// Hardened processes on new systems refuse handlers that would get rights to
// threads and tasks ([mach.KERN_DENIED]); the identity-protected behaviors
// work there.
//
// # Errors
//
// A failed Mach call is a [port.Error], which names the call and wraps its
// [mach.KernReturn]. Where a comment does not say otherwise, a function makes no
// Mach call if it names none, does not block if the kernel serves the target's port, fails with [port.ErrClosed] on what
// is nil, zero or closed, and with [mach.KERN_INVALID_ARGUMENT] or
// [mach.MACH_SEND_INVALID_DEST] when its target has ended. A nil context is one
// that does not end.
package exc
