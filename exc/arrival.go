package exc

import (
	"context"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// exception is the handler: it holds the thread until somebody says how to go
// on. Others are served meanwhile.
func (d *Debugger) exception(_ context.Context, e *Exception) error {
	if e.Task.Name() != d.task.Name() {
		return d.foreign(e)
	}
	return d.hold(e)
}

// hold has a thread of the process wait for its verdict.
func (d *Debugger) hold(e *Exception) error {
	d.busy.Add(1)
	d.raised.Add(1)
	d.serving.Add(1)
	s := &Stop{Thread: task.OwnThread(e.Thread.Relinquish(), d.task), verdict: make(chan error, 1)}
	s.Exception = *e
	s.Exception.Codes = append([]int64(nil), e.Codes...)
	s.Exception.Thread, s.Exception.Task = nil, nil
	return &later{
		judge: func() error { return d.judged(s) },
		over: func() {
			s.Thread.Close()
			d.busy.Add(-1)
			d.serving.Done()
		},
	}
}

// judged waits for the verdict. Somebody in Wait gives it, but a stray is sent on
// whether somebody waits or not, also one that becomes a stray meanwhile.
func (d *Debugger) judged(s *Stop) error {
	for told := false; !told; {
		var changed <-chan struct{}
		select {
		case d.stops <- s:
			told = true
			continue
		case d.turn <- struct{}{}:
			changed = d.changed
			astray := !d.closed && d.astray(s)
			d.unlock()
			if astray {
				return nil
			}
		case <-d.dead:
			return Refuse
		}
		select {
		case d.stops <- s:
			told = true
		case <-changed:
		case <-d.done:
			d.turn <- struct{}{}
			defer d.unlock()
			return d.late(s)
		case <-d.dead:
			return Refuse
		}
	}
	select {
	case v := <-s.verdict:
		return v
	case <-d.dead:
		return Refuse
	}
}

// astray says whether an exception is of a step, a breakpoint or a watchpoint that
// is over, and has the thread go on as if that had never been.
func (d *Debugger) astray(s *Stop) bool {
	astray, _ := d.sendOn(s)
	return astray
}

// sendOn is astray that gives the thread's registers if it had to read them. They
// are good for as long as the turn lasts: the thread may be another's stop after it.
func (d *Debugger) sendOn(s *Stop) (astray bool, regs *task.Registers) {
	if s.again { // it was looked at before
		return d.points[s.Address] != s.Point, nil
	}
	if s.Exception.Type != mach.EXC_BREAKPOINT {
		return false, nil
	}
	if d.watching() {
		if slot, err := hitWatch(s, d.watches); err != nil || slot >= 0 {
			return false, nil
		}
	}
	if d.hadWatches && leftWatch(&s.Exception) {
		return d.forget(s), nil
	}
	if stepEnded(&s.Exception) { // or the step was given up for something else
		if d.lift != nil && d.lift.id == s.Thread.Name() {
			return false, nil
		}
		return setStepping(s.Thread, false) == nil && d.forget(s), nil
	}
	if len(d.cleared) == 0 {
		return false, nil
	}
	regs, err := s.Thread.Registers()
	if err != nil {
		return false, nil
	}
	at := regs.PC() - breakpointSkid
	return d.points[at] == nil && d.cleared[at] != nil && skipBack(s.Thread, regs, at) == nil && d.forget(s), regs
}

// forget gives up that a thread was told of a breakpoint: it has come further.
func (d *Debugger) forget(s *Stop) bool {
	if id, err := s.Thread.ID(); err == nil {
		delete(d.told, id)
	}
	return true
}

// sendStrays lets those go on that have come, nobody having waited since, and that
// are strays by now.
func (d *Debugger) sendStrays() {
	kept := d.pending[:0]
	for _, s := range d.pending {
		if s.verdict != nil && d.astray(s) {
			s.verdict <- nil
			continue
		}
		kept = append(kept, s)
	}
	clear(d.pending[len(kept):])
	d.pending = kept
}

// late judges what happened when the debugger was going: a breakpoint that is
// gone by now is tried again.
func (d *Debugger) late(s *Stop) error {
	if d.classify(s) == nil && s.Reason != Crashed {
		return nil
	}
	return Refuse
}

// Wait waits until the process stops, and stops all its threads. It returns
// [ErrExited] when the process has ended, and the context's error when that
// ends first. While the process is stopped it returns the same stop again.
//
// Mach calls: task_suspend2, thread_get_state, thread_set_state, task_threads.
func (d *Debugger) Wait(ctx context.Context) (*Stop, error) { return d.wait(ctx, nil) }

// wait is Wait that also ends when the step l is over.
func (d *Debugger) wait(ctx context.Context, l *lifted) (*Stop, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	for {
		if err := d.lock(ctx); err != nil {
			return nil, err
		}
		s, pending, changed, closed := d.stop, d.pending, d.changed, d.closed
		over := l != nil && d.lift != l
		if s == nil && !over && !closed && len(pending) > 0 {
			d.pending = pending[1:]
		}
		d.unlock()
		switch {
		case closed:
			return nil, port.ErrClosed
		case s != nil || over:
			return s, nil
		case len(pending) > 0:
			s = pending[0]
		default:
			var err error
			if s, err = d.next(ctx, changed); err != nil {
				return nil, err
			}
		}
		if s != nil {
			if err := d.arrived(ctx, s); err != nil {
				return nil, err
			}
		}
	}
}

// next waits for something that may be a stop. It is nil when somebody else had
// one.
func (d *Debugger) next(ctx context.Context, changed <-chan struct{}) (*Stop, error) {
	select {
	case s := <-d.stops:
		return s, nil
	case <-d.asked:
		return &Stop{Reason: Interrupted}, nil
	case <-changed:
		return nil, nil
	case <-d.dead:
		return nil, ErrExited
	case <-d.done:
		return nil, port.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// arrived stops the process at s, or has it go on if s is a stray.
func (d *Debugger) arrived(ctx context.Context, s *Stop) error {
	// Whoever has s has to do something about it: its turn comes.
	d.turn <- struct{}{}
	defer d.unlock()
	if d.closed || d.stop != nil && s.verdict == nil {
		if s.verdict != nil {
			s.verdict <- d.late(s)
		}
		return nil
	}
	if d.stop != nil {
		d.pending = append(d.pending, s) // another came in between
		return nil
	}
	return d.arrive(ctx, s)
}

func (d *Debugger) arrive(ctx context.Context, s *Stop) (err error) {
	if s.suspension, err = d.task.Suspend(ctx); err != nil {
		if ctx.Err() != nil && !d.exited() { // it is for the next Wait
			if s.verdict != nil {
				d.pending = append(d.pending, s)
			} else {
				d.Interrupt()
			}
			return err
		}
		return d.failed(s, err)
	}
	if s.verdict == nil {
		err = d.place(s)
	} else {
		err = d.classify(s)
	}
	if err == nil && s.Reason != stray {
		err = d.tell(ctx, s)
	} else if err == nil {
		return d.release(s, nil)
	}
	if err != nil {
		return d.failed(s, err)
	}
	return nil
}

// failed lets go of a stop that could not be made.
func (d *Debugger) failed(s *Stop, err error) error {
	s.suspension.Resume()
	if s.verdict != nil {
		s.verdict <- Refuse
	} else {
		s.Thread.Close()
	}
	if d.dying() {
		return ErrExited
	}
	return err
}

// tell makes s the process's stop, unless nobody has to know.
func (d *Debugger) tell(ctx context.Context, s *Stop) error {
	l := d.lift
	if s.again && l != nil {
		d.waiting = append(d.waiting, s)
		still := s.suspension
		s.suspension = nil
		return still.Resume()
	}
	if s.ahead && l != nil { // its own step comes first
		d.gaveWay(l, s)
		if err := d.undo(l, true); err != nil {
			return err
		}
		l = nil
	}
	if s.again || s.ahead {
		d.stop = s
		err := d.step(ctx, s, s.Thread, s.again)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil && !d.exited() { // the next Wait has it step
			still := s.suspension
			d.stop, s.suspension = nil, nil
			d.pending = append(d.pending, s)
			return still.Resume()
		}
		s.again, s.ahead = false, false // so it is told
	}
	through := l != nil && l.through && s.Reason == Stepped
	if l != nil {
		d.gaveWay(l, s)
		if err := d.undo(l, true); err != nil {
			return err
		}
	}
	if through {
		return d.release(s, nil)
	}
	d.stop = s
	d.change()
	return nil
}

// change tells those who wait that the process has stopped, or that a step, a
// breakpoint or a watchpoint is gone.
func (d *Debugger) change() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// place finds a thread for a stop without an exception.
func (d *Debugger) place(s *Stop) error {
	list, err := d.task.Threads()
	if err != nil {
		return err
	}
	defer list.Close()
	for _, th := range list.All() {
		var regs *task.Registers
		if regs, err = th.Registers(); err != nil {
			continue // it is just ending
		}
		s.Address = regs.PC()
		s.Thread, err = copyThread(th)
		return err
	}
	if err == nil {
		err = ErrExited
	}
	return err
}

// classify finds out what a stop is.
func (d *Debugger) classify(s *Stop) error {
	astray, regs := d.sendOn(s)
	if astray {
		s.Reason = stray
		return nil
	}
	if s.again {
		return nil
	}
	if regs == nil {
		var err error
		if regs, err = s.Thread.Registers(); err != nil {
			return err
		}
	}
	id, err := s.Thread.ID()
	if err != nil {
		return err
	}
	told, known := d.told[id]
	delete(d.told, id)
	s.Reason, s.Address = Crashed, regs.PC()
	if s.Exception.Type == mach.EXC_SOFTWARE && s.Exception.code(0) == mach.EXC_SOFT_SIGNAL {
		s.Reason = Signalled
	}
	if s.Exception.Type != mach.EXC_BREAKPOINT {
		return nil
	}
	if s.Watch, err = d.watched(s); err != nil {
		return err
	}
	if s.Watch != nil {
		s.Reason, s.ahead = AtWatchpoint, watchesAhead
		return nil
	}
	if stepEnded(&s.Exception) { // of the step in progress, or it would be a stray
		s.Reason = Stepped
		if s.Watch = d.lift.ahead; s.Watch != nil {
			s.Reason = AtWatchpoint
		}
		return nil
	}
	at := s.Address - breakpointSkid
	p := d.points[at]
	if p == nil {
		return nil // an instruction of its own
	}
	s.Reason, s.Point, s.again, s.Address = AtBreakpoint, p, known && told == at, at
	return skipBack(s.Thread, regs, at)
}

// skipBack has a thread that has executed a trap go on at it.
func skipBack(th *task.Thread, regs *task.Registers, at uint64) error {
	if breakpointSkid == 0 {
		return nil
	}
	regs.SetPC(at)
	return th.SetRegisters(regs)
}

// release lets the process go on from a stop.
func (d *Debugger) release(s *Stop, v error) error {
	if d.stop == s {
		d.stop = nil
	}
	if s.verdict != nil {
		s.verdict <- v
	} else {
		s.Thread.Close()
	}
	return s.suspension.Resume()
}
