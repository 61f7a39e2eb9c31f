//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	targets "github.com/gomach/mach/internal/substrate/target"
)

const stormSource = "../target/testdata/storm.c"

// works has a storm say how far it is.
func (x *target) works() int64 {
	x.t.Helper()
	x.Ask("\n")
	line := x.Line()
	n, err := strconv.ParseInt(strings.TrimPrefix(line, "ok "), 10, 64)
	if err != nil {
		x.t.Fatalf("the storm says %q; states %s", line, x.states())
	}
	return n
}

// goesOn checks that a storm makes progress.
func (x *target) goesOn() {
	x.t.Helper()
	was := x.works()
	eventually(x.t, "the storm goes on", func() bool { return x.works() > was })
}

// A process in a storm is dumped, suspended and watched by one Tracer: nothing
// hangs, nothing is refused, and the process goes on.
func TestStorms(t *testing.T) {
	for _, kind := range []string{"exec", "clone", "fork", "signal"} {
		for _, watch := range []string{"", "exits", "all"} {
			t.Run(kind+" "+watch, func(t *testing.T) {
				x := held(t, targets.StartProgram(t, stormSource, kind, "1"))
				x.goesOn()
				w := Watch{ThreadExit: true}
				if watch == "all" {
					w = Watch{Signals: Exceptions, ThreadStart: true, ThreadExit: true, Exec: true, Exit: true}
				}
				if watch != "" {
					err := x.tr.SetHandler(func(e Event) Action {
						if e.Kind == EventThreadExit && e.TID%4 == 0 {
							_, _ = x.tr.Registers(e.TID) // it may have to go before its turn comes
						}
						return Deliver
					}, w)
					if err != nil {
						t.Fatal(err)
					}
				}
				broken := 0
				for range rounds(t, 80) {
					limit := 20 * time.Second
					if rand.IntN(4) == 0 {
						limit = time.Duration(rand.IntN(3000)) * time.Microsecond
					}
					ctx, cancel := context.WithTimeout(t.Context(), limit)
					var err error
					if rand.IntN(2) == 0 {
						var regs []ThreadRegisters
						if regs, err = x.tr.Dump(ctx, nil); err == nil && len(regs) == 0 {
							t.Error("a dump without threads")
						}
					} else if err = x.tr.Suspend(ctx); err == nil {
						_, _ = x.tr.Registers(x.PID()) // in an execve the first thread is none
						err = x.tr.Resume()
					}
					if errors.Is(err, context.DeadlineExceeded) {
						broken++
					} else if err != nil {
						t.Fatalf("%v; states %s", err, x.states())
					}
					cancel()
				}
				x.goesOn()
				if watch != "" {
					if err := x.tr.SetHandler(nil, Watch{}); err != nil {
						t.Fatal(err)
					}
				}
				eventually(t, "nothing is held", func() bool {
					s, err := x.p.Status()
					return err == nil && s.TracerPID == 0 && !strings.Contains(x.states(), "t")
				})
				x.goesOn()
				t.Logf("%d broken off", broken)
			})
		}
	}
}

// An execve that another tracer holds up, which does not reap one of its
// threads, holds up whoever would attach as well. That ends with the context,
// and the execve goes on when the other lets it.
func TestExecThatAnotherTracerHoldsUp(t *testing.T) {
	x := startTarget(t, "exec", "1")
	x.ready()
	tids, err := x.p.ThreadIDs(nil)
	if err != nil || len(tids) != 3 {
		t.Fatal(tids, err)
	}
	other, err := x.p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	hold, held := make(chan struct{}), make(chan struct{})
	let := sync.OnceFunc(func() { close(hold) })
	defer let()
	go other.With(tids[2], func(*Stopped) error {
		close(held)
		<-hold
		return nil
	})
	<-held
	x.Ask("x")
	eventually(t, "the execve waits", func() bool {
		s, err := x.p.ThreadStat(tids[1])
		return err == nil && s.State == 'D' && x.p.EndedThread(tids[2])
	})
	for _, f := range []func(context.Context) error{
		x.tr.Suspend,
		func(ctx context.Context) error { _, err := x.tr.Dump(ctx, nil); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		begin := time.Now()
		err := f(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	}
	let()
	x.ready() // the new program
	if regs, err := x.tr.Dump(t.Context(), nil); err != nil || len(regs) != 1 {
		t.Errorf("%d threads, %v", len(regs), err)
	}
}
