package task

import (
	"context"
	"fmt"
	"runtime"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/await"
	"github.com/gomach/mach/internal/unusable"
)

// Thread owns a reference to a port of a thread. Its methods may be called by
// several goroutines at once.
type Thread struct {
	h    handle
	task *Task // for the memory that registers point to; not owned
}

// CurrentThread is the thread that runs the caller. The caller has to close it.
//
// Go moves goroutines from thread to thread: call runtime.LockOSThread first,
// and stay locked while it matters which thread it is. [OnThread] does that.
//
// Mach calls: mach_thread_self, which counts a reference at each call.
func CurrentThread() *Thread {
	th := &Thread{task: self}
	th.h.init(mach.MachThreadSelf())
	return th
}

// OnThread calls f with the goroutine locked to its thread, and the thread.
// What f changes of the thread, such as a policy, stays with the thread, which
// runs other goroutines afterwards: have f restore it. The error is f's, and
// [mach.KERN_INVALID_ARGUMENT] without one.
//
// Mach calls: mach_thread_self, mach_port_deallocate.
func OnThread(f func(*Thread) error) error {
	if f == nil {
		return failed("mach_thread_self", mach.KERN_INVALID_ARGUMENT)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	th := CurrentThread()
	defer th.Close()
	return f(th)
}

// OwnThread takes over one reference to a thread's port, such as a message
// brought; the caller must own it. t is the thread's task, whose memory
// [Thread.Stack] reads; it stays its owner's, and may be nil.
func OwnThread(name mach.MachPort, t *Task) *Thread {
	th := &Thread{task: t}
	th.h.init(name)
	return th
}

// Name borrows the port's name: MACH_PORT_NULL once it is closed. Do not release
// it.
func (th *Thread) Name() mach.MachPort {
	if th == nil {
		return mach.MACH_PORT_NULL
	}
	return th.h.name()
}

// Task is the thread's task, if it is known. It is borrowed.
func (th *Thread) Task() *Task {
	if th == nil {
		return nil
	}
	return th.task
}

// Close gives the reference back; the thread goes on. A second Close does
// nothing.
//
// Mach calls: mach_port_deallocate.
func (th *Thread) Close() error {
	if th == nil {
		return nil
	}
	return th.h.close()
}

// Relinquish hands the reference over to the caller, who has to release it by
// mach_port_deallocate. It is MACH_PORT_NULL if th is closed.
func (th *Thread) Relinquish() mach.MachPort {
	if th == nil {
		return mach.MACH_PORT_NULL
	}
	return th.h.take()
}

func (th *Thread) use() (mach.MachPort, error) {
	if th == nil {
		return 0, unusable.New("task", "Thread", unusable.Nil)
	}
	return th.h.use("Thread")
}

// call hands the thread's name to a function of Mach's own, whose codes say what
// they mean.
func (th *Thread) call(name string, f func(mach.MachPort) error) error {
	p, err := th.use()
	if err != nil {
		return err
	}
	defer th.h.done()
	return failed(name, f(p))
}

// Suspend stops the thread; suspensions add up. It waits until the thread has
// left the kernel's calls that cannot be stopped. If the context ends first,
// Suspend fails with its error at once, and the thread is resumed as soon as it
// is suspended after all. Do not suspend a thread of the program's own task: it
// may hold a lock of Go's runtime, and the program stands still.
//
// Mach calls: thread_suspend; thread_resume if the context ends.
func (th *Thread) Suspend(ctx context.Context) error {
	// The name stays in use until it is known whether to undo it.
	_, err := await.Value(ctx, func() (mach.MachPort, error) {
		name, err := th.use()
		if err != nil {
			return 0, err
		}
		if err := mach.ThreadSuspend(name); err != nil {
			th.h.done()
			return 0, th.task.refused("thread_suspend", err)
		}
		return name, nil
	}, func(name mach.MachPort) {
		mach.ThreadResume(name)
		th.h.done()
	})
	if err == nil {
		th.h.done()
	}
	if await.Ended(ctx, err) {
		return failed("thread_suspend", err)
	}
	return err
}

// Resume undoes one Suspend. It fails with [mach.KERN_FAILURE] if the thread is
// not suspended.
//
// Mach calls: thread_resume.
func (th *Thread) Resume() error { return th.call("thread_resume", mach.ThreadResume) }

// Abort makes the thread's call in the kernel end with an error, as if a signal
// had come. The call may have been half done; see [Thread.AbortSafely].
//
// Mach calls: thread_abort.
func (th *Thread) Abort() error { return th.call("thread_abort", mach.ThreadAbort) }

// AbortSafely is Abort where the call can be made again without harm. It fails
// with [mach.KERN_FAILURE] elsewhere.
//
// Mach calls: thread_abort_safely.
func (th *Thread) AbortSafely() error { return th.call("thread_abort_safely", mach.ThreadAbortSafely) }

// String names the thread for people.
func (th *Thread) String() string { return fmt.Sprintf("thread %#x", uint32(th.Name())) }
