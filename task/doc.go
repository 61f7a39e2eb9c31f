// Package task works with tasks (the Mach side of processes), their threads
// and their memory.
//
// # How to think about rights
//
// A task is reached through a port, and what may be done with it depends on
// which of its ports one holds: the control port permits everything, the read
// port everything that changes nothing, the inspect port figures of task and
// threads, the name port figures of the task only. All are send
// rights, and a [Task] owns one reference to one of them: Close gives it back,
// once, however often it is called. A [Thread] does the same for a thread.
//
// The program's own task is the exception. Its port is not counted and must
// never be given back, so [Self] needs no Close (and a Close of it does
// nothing).
//
// What calls hand over in bulk — lists of threads, copies of memory — arrives
// as memory in the program's own task, with rights in it. This package takes
// such lists apart, frees the memory, and returns values with owners; only
// [Task.ReadMapped] leaves memory with the caller, in a [Snapshot].
//
// # Figures need no privilege
//
// Memory, processor time, faults and the like of a process of the own user come
// through its name port, for which there is no question to the user, no
// entitlement and no sudo:
//
//	t, err := task.NameForPID(ctx, pid)
//	...
//	defer t.Close()
//	footprint, err := t.Footprint()
//	user, system, err := t.Times()
//	vm, err := task.Info[mach.TaskVMInfo](t)
//
// Only [ForPID] gives the control port, and fails for most processes on macOS.
//
// # How to think about other tasks
//
// Another task can end at any moment, and then every call fails; none waits for
// it. Its task port changes when it executes another program. Its memory
// changes while it is read, unless it is suspended ([Task.Suspended]), and
// addresses and registers mean what they mean there.
//
// # Children
//
// A program that starts the process it looks into, and that also runs on Linux, waits
// for it by [AwaitExit] and then by Wait: Linux shows the child's stops to its parent.
//
// # Threads are not goroutines
//
// Thread ports, states and policies belong to threads of the operating system.
// A goroutine that asks for its own thread must stay on it: see
// [CurrentThread].
//
// # Errors
//
// A failed Mach call is an [Error], which names the call and wraps its
// [mach.KernReturn]. Where a comment does not say otherwise, a function
//
//   - makes no Mach call if it names none,
//   - does not block if the kernel serves the port, which it answers at once (what
//     reads and writes memory or registers may wait, for pages or for a thread: see
//     [Task.WithContext]). A port that somebody else handed over may be served by
//     him, and so may the own task's if its TASK_KERNEL_PORT was replaced (see
//     [mach.TaskSetSpecialPort]); who does not answer holds the caller up,
//   - fails with [ErrClosed] on what is nil, zero or closed,
//   - fails with [mach.KERN_INVALID_ARGUMENT], [mach.KERN_TERMINATED] or
//     [mach.MACH_SEND_INVALID_DEST] when the task or thread has ended: which of
//     them depends on the moment and the system,
//   - fails with [mach.KERN_NO_ACCESS] or [mach.KERN_INVALID_ARGUMENT] when the
//     port permits less than the comment asks for,
//   - takes a nil context for one that does not end.
package task
