package exc_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// Threads, tasks and the host each have handlers of their own.
func TestLevels(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	porttest.LeakCheck(t)
	thread := task.CurrentThread()
	defer thread.Close()
	host := port.OwnSend(mach.MachHostSelf())
	defer host.Close()
	var priv mach.MachPort
	if mach.HostGetHostPrivPort(host.Name(), &priv) == nil {
		defer port.OwnSend(priv).Close()
	}
	s := standIn(t)
	for name, target := range map[string]exc.Target{
		"thread": exc.Thread(thread), "task": exc.Task(task.Self()), "host": exc.Host(port.OwnSend(priv)),
	} {
		before, err := target.Swap(softMask, s, mach.EXCEPTION_DEFAULT, 0)
		if name == "host" && (errors.Is(err, mach.KERN_NO_ACCESS) || priv == mach.MACH_PORT_NULL) {
			continue // not for everybody
		}
		ok(t, err)
		now, err := target.Get(softMask)
		ok(t, err)
		if x, found := now.Find(mach.EXC_RPC_ALERT); !found || x.Port.Name() != s.Name() || x.Behavior != mach.EXCEPTION_DEFAULT {
			t.Errorf("%s: %+v", name, now)
		}
		ok(t, now.Close())
		ok(t, before.Restore(target))
		ok(t, before.Close())
		if now, err = target.Get(softMask); err != nil {
			t.Fatal(err)
		}
		if x, found := now.Find(mach.EXC_RPC_ALERT); found && x.Port.Name() == s.Name() {
			t.Errorf("%s: not restored", name)
		}
		ok(t, now.Close())
	}
}

// Pitfall thread-bound: a thread's handlers belong to the thread of the operating system,
// not to the goroutine that set them.
func TestHandlersBelongToThreads(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	porttest.LeakCheck(t)
	s := standIn(t)
	thread := task.CurrentThread()
	defer thread.Close()
	here := exc.Thread(thread)
	ok(t, here.Set(softMask, s, mach.EXCEPTION_DEFAULT, 0))
	for who, want := range map[exc.Target]bool{here: true, exc.Task(task.Self()): false} {
		a, err := who.Get(softMask)
		ok(t, err)
		x, is := a.Find(mach.EXC_RPC_ALERT)
		if is = is && x.Port.Name() == s.Name(); is != want {
			t.Errorf("%v has the handler: %v", who, is)
		}
		ok(t, a.Close())
	}
	found := make(chan bool)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		other := task.CurrentThread()
		defer other.Close()
		a, err := exc.Thread(other).Get(softMask)
		_, is := a.Find(mach.EXC_RPC_ALERT)
		found <- is || err != nil
		a.Close()
	}()
	if <-found {
		t.Error("another thread has the handler, too")
	}
	ok(t, here.Clear(softMask))
}

// Handlers of what has ended went with it: there is nothing to restore.
func TestDetachFromTheDead(t *testing.T) {
	porttest.LeakCheck(t)
	s := serve(t, nil)
	gone := make(chan *exc.Attachment)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends
		me := task.CurrentThread()
		defer me.Close()
		a, err := s.Attach(exc.Thread(me), softMask, 0)
		if err != nil {
			t.Error(err)
		}
		gone <- a
	}()
	a := <-gone
	p := start(t, "wait")
	pid := p.cmd.Process.Pid
	x, err := task.ForPID(within(t), pid)
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		ok(t, a.Close())
		t.Skip(err)
	}
	ok(t, err)
	defer x.Close()
	b, err := s.Attach(exc.Task(x), softMask, 0)
	ok(t, err)
	p.cmd.Process.Kill()
	p.wait()
	for i := 0; i < 1000; i++ {
		if _, err := x.PID(); err != nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	ok(t, a.Close())
	ok(t, b.Close())
}
