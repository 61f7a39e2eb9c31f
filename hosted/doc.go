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
//     but the child is not reaped; so call
//     [github.com/gomach/mach/task.AwaitExit] before you wait for a child
//     (os/exec's Wait included).
//   - A process that another one forks is known here when somebody asks for its
//     task, and inherits nothing. But a process with an exception handler is
//     traced, and so is what it forks from then on: it has its parent's handlers
//     from its first instruction on, and stays traced until it ends, or until the
//     handlers' ports have died. Linux gives no more rights to a program that it
//     executes, such as sudo, if it is traced by who has them not himself.
//   - A process that is stopped or dumped sees nothing of it but this. While it
//     is held, TracerPid in its /proc/PID/status tells of it, and its threads'
//     context switches and the time that passes are counted as always. Calls
//     that Linux lets fail with EINTR after any stop (epoll_wait, epoll_pwait,
//     semop, semtimedop, sigwaitinfo, sigtimedwait, io_getevents, io_uring_enter,
//     and calls on sockets with SO_RCVTIMEO or SO_SNDTIMEO: signal(7)) are
//     started again, with their time limit in full; of a thread that is stopped
//     again and again, one call with a limit fails with EINTR each second, as its
//     time would never end otherwise. On arm64, and in 32-bit programs on amd64,
//     such calls fail with EINTR whenever they are stopped. So does one
//     in a thread that is not attached yet, or no more, if a signal comes just
//     then that the process ignores; and one that is stopped at the moment
//     when this program is killed by SIGKILL. Memory calls on another task
//     (mach_vm_allocate, mach_vm_protect) run in one of its threads; if SIGKILL
//     strikes in the some 50 µs that this takes, the thread is left with
//     the registers of the call.
//   - A process in execve is suspended when that is over. If it takes more than
//     10 seconds, as on a file system that does not answer, task_suspend fails
//     and the process goes on. Whoever waits can end this program at any
//     moment: Linux lets all go that it holds.
//   - The program's highest real-time signal that has the default action and no
//     other handler than Go's is taken when another process is looked into: it
//     breaks off what would wait too long. os/signal does not see it.
//   - A message goes where it would on macOS 13 and later with System Integrity
//     Protection off. mach_msg sends to message queues: a request that a program
//     builds itself and sends to an object of the kernel, as to a task port,
//     fails with MACH_SEND_INVALID_OPTIONS. The routines of MIG (task_info,
//     mach_vm_read) go to either: called on a port that a program serves they
//     send their request there and wait for the reply. The environment variable
//     MACH_MESSAGES changes that at the start of the program: with macos13-sip
//     routines for objects of the kernel fail on a message queue with that error
//     too, as on a Mac with System Integrity Protection on; with macos12 both go
//     everywhere, as on macOS 12. macos13 is the default.
//   - Whoever breaks a port's guard (destroys a guarded port, gives a wrong
//     guard, sends a receive right that is immovable, or a message with
//     MACH_SEND_INVALID_OPTIONS) is ended by SIGKILL, as on a Mac: handlers of
//     the thread, the task and the host hear of it before (EXC_GUARD), and
//     whatever they reply the process ends. Wrong names and rights raise
//     EXC_GUARD where a task has asked for that (task_set_exc_guard_behavior
//     with TASK_EXC_GUARD_MP_DELIVER), which macOS does for its own programs
//     alone. With the environment variable MACH_GUARDS=off, which is read at
//     each violation, calls only answer with their errors.
//   - Threads of the own process are stopped by a signal. One that is
//     suspended may hold what Go's runtime needs: see thread_suspend in
//     docs/support.md.
package hosted
