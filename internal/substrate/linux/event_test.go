//go:build linux && (amd64 || arm64)

package linux

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestFaultsComeToTheHandler(t *testing.T) {
	cases := []struct {
		ask    string
		signal unix.Signal
		code   int
		addr   uint64
	}{
		{"s", unix.SIGSEGV, 1, 0x1234}, // SEGV_MAPERR
		{"i", unix.SIGILL, 0, 0},
		{"t", unix.SIGTRAP, 0, 0},
		{"f", unix.SIGFPE, 1, 0}, // FPE_INTDIV
	}
	for _, c := range cases {
		if c.ask == "f" && runtime.GOARCH != "amd64" {
			continue // division by zero gives 0 there
		}
		t.Run(c.signal.String(), func(t *testing.T) {
			x := startTarget(t, "fault")
			x.ready()
			events := make(chan Event, 1)
			var pc atomic.Uint64
			err := x.tr.SetHandler(func(e Event) Action {
				r, err := x.tr.Registers(e.TID)
				if err != nil {
					t.Error(err)
				}
				pc.Store(r.PC())
				events <- e
				return Deliver
			}, Watch{Signals: Exceptions})
			if err != nil {
				t.Fatal(err)
			}
			x.Ask(c.ask)
			e := receive(t, events)
			if e.Kind != EventSignal || e.Signal != c.signal || e.Info.Signo() != int(c.signal) || !e.Info.FromKernel() {
				t.Errorf("%v %v", e, e.Info.Code())
			}
			if c.code != 0 && e.Info.Code() != c.code || c.addr != 0 && e.Info.Addr() != c.addr {
				t.Errorf("code %d address %#x", e.Info.Code(), e.Info.Addr())
			}
			// The target's own handler sees the same as without us.
			want := fmt.Sprintf("handler %d code %d addr ", c.signal, e.Info.Code())
			if got := x.Line(); !strings.HasPrefix(got, want) {
				t.Errorf("the target says %q, want %q", got, want)
			}
		})
	}
}

func receive(t *testing.T, events chan Event) Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("no event")
	}
	return Event{}
}

func TestSuppressAfterAdvancingThePC(t *testing.T) {
	x := startTarget(t, "fault")
	x.ready()
	err := x.tr.SetHandler(func(e Event) Action {
		r, err := x.tr.Registers(e.TID)
		if err != nil {
			t.Error(err)
		}
		skipFault(&r, e.Signal)
		if err := x.tr.SetRegisters(e.TID, &r); err != nil {
			t.Error(err)
		}
		return Suppress
	}, Watch{Signals: Exceptions})
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"i", "t", "i", "t"} {
		x.Ask(what)
		if got := x.Line(); got != "survived" {
			t.Fatalf("after %s the target says %q", what, got)
		}
	}
	// Without a handler the fault is the target's own business again.
	if err := x.tr.SetHandler(nil, Watch{}); err != nil {
		t.Fatal(err)
	}
	if s, err := x.p.Status(); err != nil || s.TracerPID != 0 {
		t.Errorf("still traced by %d, %v", s.TracerPID, err)
	}
	x.Ask("i")
	if got := x.Line(); !strings.HasPrefix(got, "handler 4 ") {
		t.Errorf("the target says %q", got)
	}
}

func TestFaultWhileSuspendedWaits(t *testing.T) {
	x := startTarget(t, "fault")
	x.ready()
	events := make(chan Event, 4)
	answer := make(chan Action)
	err := x.tr.SetHandler(func(e Event) Action { events <- e; return <-answer }, Watch{Signals: Exceptions})
	if err != nil {
		t.Fatal(err)
	}
	x.Ask("t")
	e := receive(t, events)
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	answer <- Suppress
	time.Sleep(20 * time.Millisecond)
	if s, _ := x.p.ThreadStat(e.TID); s.State != 't' {
		t.Errorf("the suspended thread went on: state %c", s.State)
	}
	r, err := x.tr.Registers(e.TID)
	if err != nil {
		t.Fatal(err)
	}
	skipFault(&r, e.Signal)
	if err := x.tr.SetRegisters(e.TID, &r); err != nil {
		t.Fatal(err)
	}
	if err := x.tr.Resume(); err != nil {
		t.Fatal(err)
	}
	if got := x.Line(); got != "survived" {
		t.Error(got)
	}
}

func TestThreadEvents(t *testing.T) {
	x := startTarget(t, "churn", "2")
	var starts, exits atomic.Int64
	err := x.tr.SetHandler(func(e Event) Action {
		switch e.Kind {
		case EventThreadStart:
			starts.Add(1)
		case EventThreadExit:
			exits.Add(1)
		default:
			t.Errorf("%+v", e)
		}
		return Deliver
	}, Watch{ThreadStart: true, ThreadExit: true})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "threads come and go", func() bool { return starts.Load() > 100 && exits.Load() > 100 })
	x.progresses()
	if err := x.tr.SetHandler(nil, Watch{}); err != nil {
		t.Fatal(err)
	}
	x.progresses()
}

func TestExecEvent(t *testing.T) {
	x := startTarget(t, "exec")
	x.ready()
	tids, _ := x.p.ThreadIDs(nil)
	events := make(chan Event, 4)
	gate := make(chan struct{})
	err := x.tr.SetHandler(func(e Event) Action { events <- e; <-gate; return Deliver }, Watch{Exec: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := x.p.MappingAt(0); err != nil { // opens files of the old image
		t.Fatal(err)
	}
	x.Ask("x")
	e := receive(t, events)
	if e.Kind != EventExec || e.TID != x.p.PID() || e.FormerTID != tids[1] {
		t.Errorf("%+v, threads were %v", e, tids)
	}
	r, err := x.tr.Registers(e.TID)
	if err != nil {
		t.Fatal(err)
	}
	if m, found, err := x.p.MappingAt(r.PC()); err != nil || !found || !strings.Contains(string(m.Path), "ld-") {
		t.Errorf("the new program begins at %#x in %s, %v", r.PC(), m.Path, err)
	}
	close(gate)
	x.ready()
}

// An execve ends the process's other threads, and waits until each has been
// reaped, which only their tracer can do (zap_other_threads and de_thread in
// the kernel's fs/exec.c; ptrace(2), "execve(2) under ptrace"). A tracer that
// watches for other things, or for the end of threads, must not hold it up, nor
// one that has merely dumped or suspended the process before.
func TestExecWithoutWatching(t *testing.T) {
	for name, w := range map[string]*Watch{
		"nothing":     nil,
		"signals":     {Signals: Exceptions},
		"thread exit": {ThreadExit: true},
		"start, exit": {Signals: Exceptions, ThreadStart: true, ThreadExit: true, Exit: true},
	} {
		t.Run(name, func(t *testing.T) {
			x := startTarget(t, "exec", "6")
			x.ready()
			tids, err := x.p.ThreadIDs(nil)
			if err != nil || len(tids) < 7 {
				t.Fatal(tids, err)
			}
			if w != nil {
				err := x.tr.SetHandler(func(e Event) Action {
					if e.Kind == EventThreadExit {
						_, _ = x.tr.Registers(e.TID) // it may have to go before its turn comes
					}
					return Deliver
				}, *w)
				if err != nil {
					t.Fatal(err)
				}
			}
			if _, err := x.tr.Dump(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if err := x.tr.Suspend(t.Context()); err != nil {
				t.Fatal(err)
			}
			x.Ask("x")
			if err := x.tr.Resume(); err != nil {
				t.Fatal(err)
			}
			x.ready() // the new program
			regs, err := x.tr.Dump(t.Context(), nil)
			if err != nil || len(regs) != 1 || regs[0].TID != x.PID() {
				t.Errorf("the new program has %d threads, %v", len(regs), err)
			}
		})
	}
}

func TestExitEvent(t *testing.T) {
	for _, killed := range []bool{false, true} {
		x := startTarget(t, "exit", "42")
		x.ready()
		events := make(chan Event, 4)
		if err := x.tr.SetHandler(func(e Event) Action { events <- e; return Deliver }, Watch{Exit: true}); err != nil {
			t.Fatal(err)
		}
		want := 42
		if killed {
			x.Cmd.Process.Signal(unix.SIGKILL)
			want = int(unix.SIGKILL)
		} else {
			x.Ask("x")
		}
		if e := receive(t, events); e.Kind != EventExit || e.Status != want || e.Killed != killed {
			t.Errorf("%+v", e)
		}
		// Our own child is still there to be waited for.
		if err := x.Cmd.Wait(); x.Cmd.ProcessState == nil {
			t.Error(err)
		} else if !killed && x.Cmd.ProcessState.ExitCode() != 42 {
			t.Error(x.Cmd.ProcessState)
		}
	}
}

func TestSuspendedProcessCanBeKilledAndReaped(t *testing.T) {
	x := startTarget(t, "park", "20")
	x.ready()
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	x.Cmd.Process.Signal(unix.SIGKILL)
	done := make(chan error, 1)
	go func() { done <- x.Cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the parent cannot reap a suspended process that was killed; states " + x.states())
	}
	if _, err := x.tr.Registers(x.p.PID()); !isThreadGone(err) {
		t.Error(err)
	}
}
