package task_test

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"runtime"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Pitfall arrays-of-rights: the list of threads is memory in our own task, whosever threads
// they are, and rights. LeakCheck counts the rights, and here is the memory.
func TestThreadsLeaveNothing(t *testing.T) {
	begin(t)
	a := spawn(t)
	regions := func(x *task.Task) (n int) {
		for _, err := range x.Regions() {
			must(t, err)
			n++
		}
		return n
	}
	list := func() {
		l, err := a.Threads()
		must(t, err)
		if l.Len() == 0 {
			t.Fatal("the child has no threads")
		}
		must(t, l.Close())
		must(t, l.Close())
	}
	for range 10 {
		list()
	}
	theirs, ours := regions(a.Task), regions(task.Self())
	for range 200 {
		list()
	}
	// The Go programs may map a little meanwhile; a leak is 200 mappings.
	if n := regions(a.Task); n > theirs+50 || n < theirs-5 {
		t.Errorf("the child had %d regions and has %d", theirs, n)
	}
	if n := regions(task.Self()); n > ours+50 {
		t.Errorf("the program had %d regions and has %d", ours, n)
	}
}

// Pitfall counted-selves: mach_thread_self counts a reference at each call.
func TestThreadPortsAreReleased(t *testing.T) {
	begin(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	keep := task.CurrentThread()
	defer keep.Close()
	refs := func() (n mach.MachPortUrefs) {
		must(t, mach.MachPortGetRefs(mach.MachTaskSelf(), keep.Name(), mach.MACH_PORT_RIGHT_SEND, &n))
		return n
	}
	before := refs()
	for range 100 {
		th := task.CurrentThread()
		if th.Name() != keep.Name() {
			t.Fatal("the thread has two names")
		}
		must(t, th.Close())
		must(t, th.Close())
		must(t, task.OnThread(func(th *task.Thread) error {
			if n := refs(); n != before+1 {
				t.Fatalf("%d references with one more owner, %d before", n, before)
			}
			return nil
		}))
	}
	if n := refs(); n != before {
		t.Errorf("%d references before, %d now", before, n)
	}
}

// Pitfall thread-bound: threads are the system's, not goroutines.
func TestOnThreadStaysOnThread(t *testing.T) {
	begin(t)
	why := errors.New("why")
	err := task.OnThread(func(th *task.Thread) error {
		id, err := th.ID()
		must(t, err)
		for range 100 {
			runtime.Gosched()
			now := task.CurrentThread()
			if other, err := now.ID(); err != nil || other != id {
				t.Fatalf("moved from thread %d to %d, %v", id, other, err)
			}
			now.Close()
		}
		return why
	})
	wantErr(t, err, why)
}

func TestThreads(t *testing.T) {
	begin(t)
	a := spawn(t)
	must(t, a.Suspended(t.Context(), func(context.Context) error {
		l, err := a.Threads()
		must(t, err)
		ids := map[uint64]bool{}
		for _, th := range l.All() {
			id, err := th.ID()
			must(t, err)
			ids[id] = true
			if th.Task() != a.Task {
				t.Error("the thread is of another task")
			}
			if _, err := th.Label(); err != nil {
				t.Error(err)
			}
			if user, system, err := th.Times(); err != nil || user < 0 || system < 0 {
				t.Errorf("times are %v, %v, %v", user, system, err)
			}
			r, err := th.Registers()
			must(t, err)
			if r.PC() == 0 || r.SP() == 0 {
				t.Errorf("pc %#x, sp %#x", r.PC(), r.SP())
			}
			at, err := a.RegionAt(r.PC())
			must(t, err)
			if at.Protection&mach.VM_PROT_EXECUTE == 0 {
				t.Errorf("pc %#x lies in %v", r.PC(), &at)
			}
		}
		if len(ids) != l.Len() {
			t.Errorf("%d threads have %d ids", l.Len(), len(ids))
		}
		taken := l.Take()
		if l.Len() != 0 {
			t.Error("threads that were taken are in the list")
		}
		must(t, l.Close())
		for _, th := range taken {
			if _, err := th.ID(); err != nil {
				t.Errorf("a thread that was taken was closed with the list: %v", err)
			}
			must(t, th.Close())
			_, err := th.ID()
			wantErr(t, err, task.ErrClosed)
		}
		return nil
	}))
}

func TestThreadSuspend(t *testing.T) {
	begin(t)
	a := spawn(t)
	l, err := a.Threads()
	must(t, err)
	defer l.Close()
	for _, th := range l.All() {
		wantErr(t, th.Resume(), mach.KERN_FAILURE)
		must(t, th.Suspend(t.Context()))
		must(t, th.Suspend(t.Context()))
	}
	a.counts()
	if n := a.counts(); n != 0 {
		t.Errorf("suspended threads made %d steps", n)
	}
	for _, th := range l.All() {
		info, err := task.ThreadInfo[mach.ThreadBasicInfo](th)
		must(t, err)
		if info.Value.SuspendCount != 2 {
			t.Errorf("suspend count is %d, want 2", info.Value.SuspendCount)
		}
		must(t, th.Resume())
		must(t, th.Resume())
	}
	if !a.runs() {
		t.Error("threads that were resumed do not run")
	}
}

// Each thread is found by its number, and stays usable without the list.
func TestThreadByID(t *testing.T) {
	begin(t)
	a := spawn(t)
	must(t, a.Suspended(t.Context(), func(context.Context) error { // none ends
		l, err := a.Threads()
		must(t, err)
		defer l.Close()
		for _, th := range l.All() {
			id, err := th.ID()
			must(t, err)
			found, err := a.Thread(id)
			must(t, err)
			if got, err := found.ID(); err != nil || got != id || found.Task() != a.Task {
				t.Errorf("thread %d is %d, %v, of %v", id, got, err, found.Task())
			}
			must(t, found.Close())
		}
		return nil
	}))
	_, err := a.Thread(math.MaxUint64)
	wantErr(t, err, task.ErrNoThread)
	wantErr(t, err, fs.ErrNotExist)
	must(t, task.OnThread(func(th *task.Thread) error {
		id, err := th.ID()
		must(t, err)
		found, err := task.Self().Thread(id)
		must(t, err)
		defer found.Close()
		if found.Name() != th.Name() {
			t.Errorf("the own thread is %v by its number, %v by its port", found, th)
		}
		return nil
	}))
}
