// Package port gives Mach port rights owners, and messages a form that cannot
// be wrong.
//
// # How to think about rights
//
// A port is a queue of messages inside the kernel. A program never holds a
// port: it holds rights to it, under names (small integers) that mean
// something in its own task only.
//
//   - The receive right is the port's one mailbox key. Who holds it takes the
//     messages out; when it goes, the port dies. [Receive] owns one.
//   - A send right may put messages in. It can be copied at will, and the
//     kernel counts the copies. [Send] owns exactly one of them.
//   - A send-once right is good for one message, and the port's owner always
//     gets that message: if the right is thrown away, the kernel sends word
//     instead. It is what replies travel on. [SendOnce] owns one.
//   - A port set is a list of receive rights that can be received from at
//     once. [Set] owns one.
//
// Rights move: a message carries them from task to task, and the kernel
// translates the names. So each right has one of three fates, and the verbs of
// this package say which: copy (both ends have one then), make (a new right
// out of the receive right), move (the sender has it no longer).
//
// The four types are the owners. Whoever holds the pointer holds the right;
// Close gives the right back, once, however often and from wherever it is
// called; Relinquish hands the bare name over to somebody else, and the type
// owns nothing from then on. A bare [mach.MachPort] that a method returns
// (Name) is borrowed: it is good while its owner lives and must not be
// released.
//
// # Messages
//
// A [Message] is built and sent, a [Received] is received and taken apart. Both
// are buffers that can be used again and again; sending and receiving inline
// data allocates nothing. What a message holds, rights and memory, belongs to
// it until somebody takes it out, and Close releases the rest.
//
// In its body a message carries data, memory, and rights, one by one or in
// arrays; beside them a right to answer ([Message.ReplyTo]; [Send.Call] does it
// by itself) and a voucher. A receive right is guarded while it has an owner.
// It travels without its guard ([Message.MoveReceive]) or with it
// ([Message.MoveGuarded]).
//
// # Waiting
//
// Whatever waits takes a context. Go's runtime sends signals to its own
// threads, and a signal starts a Mach timeout over again, so the package asks
// for interruption and computes the time that is left by itself. A thread that
// waits in mach_msg cannot be called back; receivers therefore wait on a port
// set with a second port in it, through which a cancelled context wakes them.
//
// Who waits holds a thread of the operating system. For hundreds of receivers there is
// [Loop]: one thread waits for all of them.
//
// launchd cannot be called back either: a thread waits for its answer to
// [LookUp], [CheckIn] and [Register] when their context has ended. Nothing
// without a context waits, if the kernel serves the own task's port: it does, unless
// somebody has replaced the task's TASK_KERNEL_PORT ([mach.TaskSetSpecialPort]).
// Then calls about the own rights wait for whoever serves that port. And what ends
// with a right, as a file's, is ended by the call that closes it.
//
// # Errors
//
// What the kernel refuses is an [Error], which names the call and wraps its
// code: errors.Is(err, mach.MACH_SEND_INVALID_DEST) works. A right, a piece of
// memory or a notifier that is closed, moved away, nil or zero is [ErrClosed],
// from any method that needs it and whoever closed it; the text says which of
// what it is. A nil message is [ErrNoMessage]. A context that ends is its own error. Nothing panics.
package port
