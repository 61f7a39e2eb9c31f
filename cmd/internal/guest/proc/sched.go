//go:build linux && (amd64 || arm64)

package proc

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// slice is how many basic blocks a thread may execute before another one gets its turn:
// about half a millisecond.
const slice = 50_000

// scheduler runs guest threads on the one processor, in turn. Everything that changes
// threads happens on the goroutine that executes loop; others post functions to it.
type scheduler struct {
	p     *Process
	ready []*Thread
	only  *Thread // if set, the one thread that may run
	held  int     // above zero none may

	mu      sync.Mutex
	posted  []func()
	wake    chan struct{}
	running atomic.Bool    // the processor is executing
	owner   atomic.Uintptr // the goroutine of loop
	looping atomic.Bool
}

func (s *scheduler) init(p *Process) {
	s.p = p
	s.wake = make(chan struct{}, 1)
}

// post hands a function to the loop and makes a running thread give way.
func (s *scheduler) post(f func()) {
	s.mu.Lock()
	s.posted = append(s.posted, f)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	if s.running.Load() {
		s.p.Machine.Interrupt()
	}
}

// Post hands a function to the processor's goroutine.
func (p *Process) Post(f func()) { p.sched.post(f) }

// stopped runs a function while the processor stands still. On the processor's own
// goroutine, and before the loop starts, that is at once.
func (s *scheduler) stopped(f func()) {
	if s.onProcessor() {
		f()
		return
	}
	done := make(chan struct{})
	s.post(func() {
		defer close(done)
		f()
	})
	<-done
}

// onProcessor says whether the caller may touch what only the processor's goroutine may.
func (s *scheduler) onProcessor() bool { return !s.looping.Load() || s.owner.Load() == goroutine() }

func (s *scheduler) takePosted() []func() {
	s.mu.Lock()
	fs := s.posted
	s.posted = nil
	s.mu.Unlock()
	return fs
}

// makeReady lets a thread run again.
func (s *scheduler) makeReady(t *Thread) {
	if t.state == stateReady || t.state == stateDead {
		return
	}
	t.state = stateReady
	if t.suspended == 0 {
		s.ready = append(s.ready, t)
	}
}

func (s *scheduler) loop() {
	// The goroutine is not tied to a thread: to hand a call to another goroutine and take its
	// answer would cost two switches of threads.
	s.owner.Store(goroutine())
	s.looping.Store(true)
	defer s.looping.Store(false)
	for !s.p.exited {
		for _, f := range s.takePosted() {
			f()
		}
		if s.p.exited {
			return
		}
		if len(s.ready) == 0 {
			<-s.wake
			continue
		}
		t := s.pick()
		if t == nil {
			<-s.wake
			continue
		}
		if t.state != stateReady || t.suspended > 0 {
			continue
		}
		t.state = stateRunning
		s.turn(t)
		if t.state == stateRunning {
			t.state = stateWaiting
			s.makeReady(t)
		}
	}
}

// pick takes the next thread from the queue.
func (s *scheduler) pick() *Thread {
	if s.held > 0 {
		return nil
	}
	for i, t := range s.ready {
		if s.only == nil || s.only == t {
			s.ready = append(s.ready[:i], s.ready[i+1:]...)
			return t
		}
	}
	return nil
}

// turn runs a thread until its slice is used up or it waits.
func (s *scheduler) turn(t *Thread) {
	p := s.p
	start := time.Now()
	defer func() { t.time.Add(int64(time.Since(start))) }()
	budget := int64(slice)
	for t.state == stateRunning && !p.exited {
		p.deliverSignals(t)
		if t.state != stateRunning || p.exited || t.suspended > 0 {
			return
		}
		s.running.Store(true)
		s.mu.Lock()
		if len(s.posted) > 0 {
			budget = 0
		}
		s.mu.Unlock()
		before := p.Machine.Instructions()
		ev, err := s.execute(t, budget)
		s.running.Store(false)
		t.Instructions += p.Machine.Instructions() - before
		if err != nil {
			p.Exit(125, err)
			return
		}
		switch ev.Stop {
		case cpu.StopCall:
			p.enter(t, ev.Address)
		case cpu.StopBudget:
			return
		default:
			p.fault(t, ev)
		}
		if t.Stepping {
			return
		}
		// A thread that calls much has its turn too; calls cost about as much as 100 blocks.
		if budget -= 100; budget <= 0 {
			return
		}
	}
}

// execute lets a thread run: one instruction, where somebody wants to see each. A call of
// libSystem counts as one: its step ends when it returns.
func (s *scheduler) execute(t *Thread, budget int64) (cpu.Event, error) {
	if !t.Stepping {
		t.called = false
		for {
			ev, err := s.p.Machine.Run(&t.ctx, budget)
			if err != nil || !s.metWatch(ev) {
				return ev, err
			}
			if ev, err = s.accessWatched(t); err != nil || ev.Stop != cpu.StopStep {
				return ev, err
			}
			if budget -= watchCost; budget <= 0 {
				return cpu.Event{Stop: cpu.StopBudget}, nil
			}
		}
	}
	if t.called {
		t.called = false
		return cpu.Event{Stop: cpu.StopStep}, nil
	}
	ev, err := s.p.Machine.Step(&t.ctx)
	if err == nil && s.metWatch(ev) {
		ev, err = s.accessWatched(t)
	}
	t.called = ev.Stop == cpu.StopCall
	return ev, err
}

// watchCost is about how many blocks an access to a page with something that is watched
// takes the time of.
const watchCost = 1000

// metWatch says whether an access is a fault because its page is hidden.
func (s *scheduler) metWatch(ev cpu.Event) bool {
	return ev.Stop == cpu.StopMemory && s.p.watching && !ev.Host && s.p.Space.MetWatch()
}

// fatal ends the process because of something that the runner cannot do.
func (p *Process) fatal(t *Thread, format string, args ...any) {
	p.Exit(125, fmt.Errorf(format, args...))
	if t != nil {
		t.state = stateWaiting
	}
}
