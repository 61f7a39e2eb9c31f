package task_test

import (
	"context"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// A target that dies makes every call fail, and none hang.
func TestDeadTask(t *testing.T) {
	begin(t)
	a := spawn(t)
	x, err := a.Allocate(page(), 0)
	must(t, err)
	l, err := a.Threads()
	must(t, err)
	defer l.Close()
	s, err := a.Suspend(t.Context())
	must(t, err)
	snap, err := a.ReadMapped(a.pattern, 100)
	must(t, err)
	defer snap.Close()
	a.kill(t)
	calls := map[string]func() error{
		"PID":         func() error { _, err := a.PID(); return err },
		"Footprint":   func() error { _, err := a.Footprint(); return err },
		"Times":       func() error { _, _, err := a.Times(); return err },
		"Info":        func() error { _, err := task.Info[mach.MachTaskBasicInfo](a.Task); return err },
		"Threads":     func() error { _, err := a.Threads(); return err },
		"Suspend":     func() error { _, err := a.Suspend(t.Context()); return err },
		"Suspended":   func() error { return a.Suspended(t.Context(), func(context.Context) error { return nil }) },
		"RegionAt":    func() error { _, err := a.RegionAt(a.pattern); return err },
		"ReadMemory":  func() error { _, err := a.ReadMemory(make([]byte, 3*page()), a.pattern); return err },
		"WriteMemory": func() error { _, err := a.WriteMemory(make([]byte, 3*page()), a.pattern); return err },
		"Patch":       func() error { return a.Patch(a.pattern, []byte{1}) },
		"ReadMapped":  func() error { _, err := a.ReadMapped(a.pattern, 8); return err },
		"CString":     func() error { _, err := a.CString(a.text, 100); return err },
		"Images":      func() error { _, err := a.Images(); return err },
		"Allocate":    func() error { _, err := a.Allocate(page(), 0); return err },
		"Protect":     func() error { return a.Protect(a.pattern, page(), mach.VM_PROT_READ) },
		"Share":       func() error { _, err := a.Share(a.pattern, page(), mach.VM_PROT_READ); return err },
		"Purged":      func() error { _, err := x.Purged(); return err },
		"Allocation":  x.Close,
	}
	for _, th := range l.All() {
		calls["thread's ID"] = func() error { _, err := th.ID(); return err }
		calls["thread's Registers"] = func() error { _, err := th.Registers(); return err }
		calls["thread's Stack"] = func() error { _, err := th.Stack(10); return err }
		calls["thread's Suspend"] = func() error { return th.Suspend(t.Context()) }
		calls["thread's Abort"] = th.Abort
		calls["thread's Policy"] = func() error { _, _, err := th.TimeConstraint(); return err }
	}
	for name, f := range calls {
		within(t, name, func() {
			if f() == nil {
				t.Errorf("%s of a dead task succeeds", name)
			}
		})
	}
	within(t, "Regions", func() {
		for _, err := range a.Regions() {
			if err == nil {
				t.Error("a dead task has regions")
			}
		}
	})
	within(t, "Resume", func() { must(t, s.Resume()) })
	if len(snap.Bytes()) != 100 || snap.Bytes()[9] != pattern(9) {
		t.Error("a snapshot does not outlive its task")
	}
}

// A target that dies in the midst of something.
func TestTaskDiesMeanwhile(t *testing.T) {
	begin(t)
	a := spawn(t)
	within(t, "Suspended", func() {
		err := a.Suspended(t.Context(), func(context.Context) error {
			a.kill(t)
			_, err := a.Threads()
			return err
		})
		if err == nil {
			t.Error("the threads of a dead task are listed")
		}
	})
	b := spawn(t)
	within(t, "Regions", func() {
		n := 0
		for _, err := range b.Regions() {
			if n++; n == 3 {
				b.kill(t)
			}
			if err != nil {
				return
			}
		}
		if n > 3 {
			t.Error("a walk of a dead task's regions goes on")
		}
	})
}

func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("hangs: ", what)
	}
}
