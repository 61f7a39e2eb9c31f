//go:build linux && (amd64 || arm64)

package linux

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// Who watches for forks gets a tracer of each process that the target makes,
// before that has run any code, whichever call makes it (ptrace(2): the child is
// attached with PTRACE_O_TRACEFORK, _TRACEVFORK and _TRACECLONE, and stops first).
func TestForks(t *testing.T) {
	x := startTarget(t, "forks")
	x.ready()
	children := make(chan *Tracer, 1)
	gate := make(chan struct{})
	deliver := func(Event) Action { return Deliver }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(x.tr.SetHandler(deliver, Watch{Signals: Exceptions, Fork: func(child *Tracer) func() {
		return func() {
			children <- child
			<-gate
		}
	}}))
	for _, kind := range []string{"f", "v", "c", "s"} {
		for _, watched := range []bool{true, false} {
			x.Ask(kind)
			child := <-children
			pid := child.Process().PID()
			if s, err := child.Process().Status(); err != nil || s.TracerPID != child.self {
				t.Errorf("%s: traced by %d, %v", kind, s.TracerPID, err)
			}
			r, err := child.Registers(pid)
			must(err)
			if r.PC() == 0 {
				t.Errorf("%s: no registers", kind)
			}
			var traps atomic.Int32
			want := fmt.Sprintf("%d %#x", pid, int(unix.SIGTRAP))
			if watched {
				must(child.SetHandler(func(e Event) Action {
					if e.Signal != unix.SIGTRAP || e.TID != pid {
						t.Errorf("%s: %v", kind, e)
						return Deliver
					}
					traps.Add(1)
					r, err := child.Registers(e.TID)
					if err == nil {
						skipFault(&r, e.Signal)
						err = child.SetRegisters(e.TID, &r)
					}
					if err != nil {
						t.Error(err)
					}
					return Suppress
				}, Watch{Signals: Exceptions}))
				want = fmt.Sprintf("%d %#x", pid, 7<<8)
			}
			gate <- struct{}{}
			const dumped = 0x80 // a core file may have been written
			if got := x.Line(); got != want && (watched || got != fmt.Sprintf("%d %#x", pid, dumped|int(unix.SIGTRAP))) {
				t.Errorf("%s, watched %v: the target says %q, want %q", kind, watched, got, want)
			}
			if watched && traps.Load() != 1 {
				t.Errorf("%s: %d traps", kind, traps.Load())
			}
			must(child.Close())
			must(child.Process().Close())
		}
	}
	// The tracer of the parent outlives those of its children, and lets go.
	must(x.tr.SetHandler(nil, Watch{}))
	x.Ask("f")
	if got := x.Line(); got == "" {
		t.Error("the target says nothing")
	}
	if s, err := x.p.Status(); err != nil || s.TracerPID != 0 {
		t.Errorf("still traced by %d, %v", s.TracerPID, err)
	}
}

// A child's tracer goes on when that of its parent is closed, and sees the forks
// of its own.
func TestForksOfForks(t *testing.T) {
	x := startTarget(t, "forks")
	x.ready()
	children := make(chan *Tracer, 2)
	deliver := func(Event) Action { return Deliver }
	watch := Watch{Signals: Exceptions}
	watch.Fork = func(child *Tracer) func() {
		return func() {
			if err := child.SetHandler(deliver, watch); err != nil {
				t.Error(err)
			}
			children <- child
		}
	}
	if err := x.tr.SetHandler(deliver, watch); err != nil {
		t.Fatal(err)
	}
	x.Ask("g")
	first := <-children
	if err := x.tr.Close(); err != nil {
		t.Fatal(err)
	}
	x.Ask("n") // the child reads it, and makes one of its own
	second := <-children
	if first == second || second.Process().PID() == first.Process().PID() {
		t.Error("the same child")
	}
	if s, err := second.Process().Status(); err != nil || s.TracerPID == 0 {
		t.Errorf("traced by %d, %v", s.TracerPID, err)
	}
	x.Ask("e")
	x.says("grandchild 0")
	for _, c := range []*Tracer{first, second} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := c.Process().Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := second.Registers(second.Process().PID()); err == nil {
		t.Error("a closed tracer answers")
	}
}

// Begin is told of each thread that the process makes, once, before that has run: it
// stands, and its registers can be read.
func TestThreadsBegin(t *testing.T) {
	x := startTarget(t, "churn", "4")
	x.Line() // it is there
	var mu sync.Mutex
	begun := map[int]int{}
	var enough atomic.Int32
	err := x.tr.SetHandler(func(e Event) Action {
		mu.Lock()
		defer mu.Unlock()
		if begun[e.NewTID] > 0 {
			enough.Add(1)
		}
		return Deliver
	}, Watch{ThreadStart: true, Begin: func(s *Stopped) {
		var r Registers
		if err := s.Registers(&r); err != nil || r.PC() == 0 {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		begun[s.TID()]++
	}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "twenty threads have begun", func() bool { return enough.Load() >= 20 })
	if err := x.tr.SetHandler(nil, Watch{}); err != nil {
		t.Fatal(err)
	}
}
