package exc

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// ErrExited says that the debugged process has ended.
var ErrExited = errors.New("exc: the process has ended")

// debugMask is what a debugger wants to know.
const debugMask = mach.EXC_MASK_BAD_ACCESS | mach.EXC_MASK_BAD_INSTRUCTION | mach.EXC_MASK_ARITHMETIC |
	mach.EXC_MASK_BREAKPOINT

// Debugger watches another process: it sets breakpoints, steps threads and
// catches crashes. It owns the process's task port, its exception handler, and
// the suspension while the process is stopped.
//
// The process runs, or it is stopped by a [Stop], which [Debugger.Wait] returns;
// [Debugger.Continue], [Debugger.Step] and [Debugger.Pass] use that up. If the
// debugger goes away, in whatever way, the kernel lets the process run: its
// suspension and its handler are rights of the debugger. Breakpoints stay
// behind then, unless Close took them out.
//
// Methods may be called from any goroutine, one at a time.
type Debugger struct {
	task     *task.Task
	server   *Server
	notifier *port.Notifier
	death    *port.Send // watched
	stops    chan *Stop
	dead     chan struct{}
	done     chan struct{} // closed when the debugger goes
	served   chan struct{}

	raised atomic.Uint32 // exceptions so far
	busy   atomic.Int32  // those that are not judged yet

	mu      sync.Mutex
	points  map[uint64]*Breakpoint
	cleared map[uint64]bool // had a breakpoint once: threads may have reached it
	stop    *Stop           // the process is stopped by it
	lift    *lifted         // a step in progress
	closed  bool
}

// Stop says why the process stands still. It is good until it is used up.
type Stop struct {
	Reason    Reason
	Thread    *task.Thread // lent
	Address   uint64       // of the instruction that is next
	Exception Exception    // without rights
	Point     *Breakpoint  // at a breakpoint

	verdict    chan Verdict
	suspension *task.Suspension
}

// Reason is why a process stopped.
type Reason uint8

// The reasons.
const (
	Crashed Reason = iota // an exception that is no doing of the debugger
	AtBreakpoint
	Stepped
	stray // of a step or breakpoint that is over: nobody is told
)

// String is the reason in a word.
func (r Reason) String() string {
	switch r {
	case Crashed:
		return "crashed"
	case AtBreakpoint:
		return "breakpoint"
	case Stepped:
		return "stepped"
	}
	return "invalid"
}

// String says why the process stopped, and where.
func (s *Stop) String() string {
	if s == nil {
		return "no stop"
	}
	return fmt.Sprintf("%v at %#x: %v", s.Reason, s.Address, &s.Exception)
}

// Debug begins to watch a process, which goes on running. The caller closes the
// debugger. The context is for the beginning only, which may have to wait for a
// user's consent; see [task.ForPID] about what it takes.
//
// Mach calls: task_for_pid, task_swap_exception_ports, and those of
// [NewServer], [Server.Attach] and [port.Notifier].
func Debug(ctx context.Context, pid int) (*Debugger, error) {
	t, err := task.ForPID(ctx, pid)
	if err != nil {
		return nil, err
	}
	d := &Debugger{
		task: t, stops: make(chan *Stop), dead: make(chan struct{}), done: make(chan struct{}),
		served: make(chan struct{}), points: map[uint64]*Breakpoint{}, cleared: map[uint64]bool{},
	}
	if err := d.attach(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Debugger) attach() (err error) {
	if d.task.IsSelf() {
		close(d.served)
		return errors.New("exc: a process cannot debug itself: its own stop would stop the debugger")
	}
	if d.server, err = NewServer(HandlerFunc(d.exception)); err != nil {
		close(d.served)
		return err
	}
	go func() {
		defer close(d.served)
		d.server.Serve(context.Background())
	}()
	died := sync.OnceFunc(func() { close(d.dead) })
	if d.notifier, err = port.NewNotifier(func(n port.Notification) {
		if _, is := n.(port.DeadName); is {
			died()
		}
	}); err != nil {
		return err
	}
	if d.death, err = port.CopySend(d.task.Name()); err != nil {
		return err
	}
	if err = d.notifier.DeadName(d.death); err != nil {
		return err
	}
	_, err = d.server.Attach(Task(d.task.Name()), debugMask, 0, mach.EXCEPTION_DEFAULT|mach.MACH_EXCEPTION_CODES)
	return err
}

// lock keeps others out until d.mu is unlocked. It fails if there is no debugger.
func (d *Debugger) lock() error {
	if d == nil || d.task == nil {
		return port.ErrClosed
	}
	d.mu.Lock()
	return nil
}

// Task is the process's task. It is lent: Close closes it.
func (d *Debugger) Task() *task.Task {
	if d == nil {
		return nil
	}
	return d.task
}

// Close takes the breakpoints out, lets the process run, and leaves it to
// itself. An exception that it is stopped by is passed on if it is a crash. A
// second Close does nothing. It waits for threads that are at a breakpoint, a
// second at most. The error tells what could not be undone; of a process that
// has ended, that is nothing.
//
// Mach calls: those of [task.Task.Patch] and [Server.Close], thread_resume,
// thread_set_state, task_resume2, mach_port_deallocate.
func (d *Debugger) Close() error {
	if d.lock() != nil {
		return nil
	}
	if d.closed {
		d.mu.Unlock()
		return nil
	}
	d.closed = true
	var errs []error
	exited := d.exited()
	if !exited {
		for _, p := range d.points {
			errs = append(errs, d.write(p, p.original))
		}
	}
	if l := d.lift; l != nil { // its rights are ours, whether the process lives or not
		errs = append(errs, l.undo(d, false))
	}
	if s := d.stop; s != nil {
		v := Handled
		if s.Reason == Crashed {
			v = Refuse
		}
		errs = append(errs, d.release(s, v))
	}
	close(d.done)
	d.mu.Unlock()
	exited = exited || errors.Join(errs...) != nil && d.dying()
	if !exited && len(d.points)+len(d.cleared) > 0 {
		d.calm()
	}
	errs = append(errs, d.notifier.Close())
	if d.server != nil {
		errs = append(errs, d.server.Close())
	}
	<-d.served
	errs = append(errs, d.death.Close(), d.task.Close())
	if exited {
		return nil // what belongs to a process that has ended cannot be undone
	}
	return errors.Join(errs...)
}

// calm waits until the threads that had reached a breakpoint before it was
// taken out have been sent back to try again. Without a handler that would end
// the process.
func (d *Debugger) calm() {
	for start := time.Now(); time.Since(start) < time.Second; {
		n := d.raised.Load()
		time.Sleep(20 * time.Millisecond)
		if d.busy.Load() == 0 && d.raised.Load() == n {
			return
		}
	}
}

// dying tells, after a failure, whether the process was just going: its memory
// is gone a moment before its port is.
func (d *Debugger) dying() bool {
	select {
	case <-d.dead:
		return true
	case <-time.After(time.Second / 2):
		return false
	}
}

func (d *Debugger) exited() bool {
	select {
	case <-d.dead:
		return true
	default:
		return false
	}
}

// exception is the handler: it holds the thread until somebody says how to go
// on.
func (d *Debugger) exception(ctx context.Context, e *Exception) Verdict {
	d.busy.Add(1)
	defer d.busy.Add(-1)
	d.raised.Add(1)
	own, err := port.CopySend(e.Thread)
	if err != nil {
		return Pass
	}
	th := task.OwnThread(own.Relinquish(), d.task)
	defer th.Close()
	s := &Stop{Thread: th, verdict: make(chan Verdict, 1)}
	s.Exception = *e
	s.Exception.Codes = append([]int64(nil), e.Codes...)
	s.Exception.Thread, s.Exception.Task = 0, 0
	select {
	case d.stops <- s:
	case <-d.done:
		return d.late(s)
	case <-d.dead:
		return Refuse
	}
	select {
	case v := <-s.verdict:
		return v
	case <-d.dead:
		return Refuse
	}
}

// late judges what happened when the debugger was going: a breakpoint that is
// gone by now is tried again.
func (d *Debugger) late(s *Stop) Verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.classify(s) == nil && s.Reason != Crashed {
		return Handled
	}
	return Refuse
}

// Wait waits until the process stops, and stops all its threads. It returns
// [ErrExited] when the process has ended, and the context's error when that
// ends first. While the process is stopped it returns the same stop again.
//
// Mach calls: task_suspend2, thread_get_state, thread_set_state.
func (d *Debugger) Wait(ctx context.Context) (*Stop, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	if err := d.lock(); err != nil {
		return nil, err
	}
	s, closed := d.stop, d.closed
	d.mu.Unlock()
	if closed {
		return nil, port.ErrClosed
	}
	if s != nil {
		return s, nil
	}
	for {
		select {
		case s = <-d.stops:
		case <-d.dead:
			return nil, ErrExited
		case <-d.done:
			return nil, port.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if err := d.arrived(s); err != nil {
			return nil, err
		}
		if s.Reason != stray {
			return s, nil
		}
	}
}

// arrived stops the process at s, or has it go on if s is a stray.
func (d *Debugger) arrived(s *Stop) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := d.begin(s)
	if err == nil && s.Reason == stray {
		return d.release(s, Handled)
	}
	if err != nil {
		s.suspension.Resume()
		s.verdict <- Refuse
		if d.dying() {
			return ErrExited
		}
	}
	return err
}

// begin makes s the process's stop.
func (d *Debugger) begin(s *Stop) (err error) {
	if s.suspension, err = d.task.Suspend(); err != nil {
		return err
	}
	if err := d.classify(s); err != nil {
		return err
	}
	if l := d.lift; l != nil && s.Reason != stray {
		if err := l.undo(d, true); err != nil {
			return err
		}
	}
	d.stop = s
	return nil
}

// classify finds out what a stop is.
func (d *Debugger) classify(s *Stop) error {
	regs, err := s.Thread.Registers()
	if err != nil {
		return err
	}
	s.Address = regs.PC()
	if s.Exception.Type != mach.EXC_BREAKPOINT {
		return nil
	}
	if stepEnded(&s.Exception) {
		if d.lift != nil && d.lift.id == s.Thread.Name() {
			s.Reason = Stepped
			return nil
		}
		s.Reason = stray // the step was given up for something else
		return setStepping(s.Thread, false)
	}
	at := s.Address - breakpointSkid
	switch p := d.points[at]; {
	case p != nil:
		s.Reason, s.Point = AtBreakpoint, p
	case d.cleared[at]:
		s.Reason = stray
	default:
		return nil // an instruction of its own
	}
	s.Address = at
	if breakpointSkid == 0 {
		return nil
	}
	regs.SetPC(at)
	return s.Thread.SetRegisters(regs)
}

// release lets the process go on from a stop.
func (d *Debugger) release(s *Stop, v Verdict) error {
	d.stop = nil
	s.verdict <- v
	return s.suspension.Resume()
}
