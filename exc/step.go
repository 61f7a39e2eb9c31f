package exc

import (
	"context"
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// lifted is a step in progress: the threads that wait for it, and the
// breakpoint that had to make way.
type lifted struct {
	id      mach.MachPort // of the thread that steps
	number  uint64        // of that thread
	thread  *task.Thread
	point   *Breakpoint
	told    bool // that the thread is at the breakpoint
	others  *task.Threads
	held    []*task.Thread
	through bool        // the process goes on after it
	ahead   *Watchpoint // what the instruction uses, which is not watched meanwhile
}

// Step has the thread of the stop execute one instruction, all others waiting,
// and returns the next stop: as a rule that is [Stepped]. An exception of the
// instruction comes out instead. It fails like [Debugger.Wait]. If the context
// ends, the step goes on, and the next Wait returns its end; if it ends before
// the step has begun, the process is stopped as before, and Wait returns the
// same stop.
//
// An instruction that waits, such as a system call, waits here too:
// [Debugger.Interrupt] and the context end that.
//
// Mach calls: task_threads, thread_suspend, thread_resume, thread_get_state,
// thread_set_state, and those of [Debugger.Wait] and [task.Task.Patch].
func (d *Debugger) Step(ctx context.Context) (*Stop, error) { return d.StepThread(ctx, nil) }

// StepThread is [Debugger.Step] of any thread of the process, whichever the
// process was stopped by; nil is the thread of the stop. A thread that was at a
// breakpoint executes the instruction there when it goes on, and is not told
// again.
//
// Mach calls: those of Step.
func (d *Debugger) StepThread(ctx context.Context, th *task.Thread) (*Stop, error) {
	if err := d.lock(ctx); err != nil {
		return nil, err
	}
	s, err := d.current()
	if err == nil {
		if th == nil || th.Name() == s.Thread.Name() {
			th = s.Thread
		} else if s.Reason == AtBreakpoint {
			err = d.remember(s)
		}
	}
	if err == nil && d.watching() {
		err = d.rewatch(ctx)
	}
	if err == nil {
		d.unask()
		err = d.step(ctx, s, th, false)
	}
	d.unlock()
	if err != nil {
		return nil, d.ended(err)
	}
	return d.Wait(ctx)
}

// gaveWay notes, when a step is given up for another stop, that its thread may
// come to the breakpoint again that it has been told at. The thread of a stop
// without an exception is any that there is, so it may be this one.
func (d *Debugger) gaveWay(l *lifted, s *Stop) {
	if l.point != nil && l.told && (s.verdict == nil || s.Thread.Name() != l.id) {
		d.told[l.number] = l.point.Address
	}
}

// remember notes that a thread goes back to a breakpoint which was told.
func (d *Debugger) remember(s *Stop) error {
	id, err := s.Thread.ID()
	if err == nil {
		d.told[id] = s.Address
	}
	return err
}

// step lets a thread of the stopped process execute one instruction while the
// others wait. If it fails, the process is stopped as before.
func (d *Debugger) step(ctx context.Context, s *Stop, th *task.Thread, through bool) error {
	regs, err := th.Registers()
	if err != nil {
		return err
	}
	number, err := th.ID()
	if err != nil {
		return err
	}
	at := regs.PC()
	l := &lifted{id: th.Name(), number: number, point: d.points[at], through: through}
	was, known := d.told[number]
	l.told = known && was == at || th == s.Thread && s.verdict != nil
	d.lift = l
	err = func() (err error) {
		if l.thread, err = copyThread(th); err != nil {
			return err
		}
		if l.others, err = d.task.Threads(); err != nil {
			return err
		}
		for _, other := range l.others.All() {
			if other.Name() == l.id {
				continue
			}
			if err := other.Suspend(ctx); err == nil { // one that has just ended needs none
				l.held = append(l.held, other)
			} else if ctx != nil && ctx.Err() != nil {
				return err
			}
		}
		if l.point != nil {
			if err := d.patch(l.point.Address, l.point.original); err != nil {
				return err
			}
		}
		if s.ahead && th == s.Thread {
			l.ahead = s.Watch
			if err := setWatches(l.thread, [maxWatches]*Watchpoint{}); err != nil {
				return err
			}
		}
		return setStepping(l.thread, true)
	}()
	if err != nil {
		return errors.Join(err, d.undo(l, true))
	}
	return d.release(s, nil)
}

// undo ends a step, with the breakpoint put back or not. The process is
// suspended if it is.
func (d *Debugger) undo(l *lifted, putBack bool) error {
	d.lift = nil
	d.pending, d.waiting = append(d.pending, d.waiting...), nil
	d.change()
	var errs []error
	if l.thread != nil {
		errs = append(errs, setStepping(l.thread, false))
		if l.ahead != nil {
			errs = append(errs, setWatches(l.thread, d.watches))
		}
	}
	if l.point != nil && putBack && d.points[l.point.Address] == l.point {
		errs = append(errs, d.patch(l.point.Address, trapInstruction))
	}
	for _, th := range l.held {
		th.Resume()
	}
	errs = append(errs, l.others.Close(), l.thread.Close())
	return errors.Join(errs...)
}

// current returns the stop that the process stands at.
func (d *Debugger) current() (*Stop, error) {
	switch {
	case d.closed:
		return nil, port.ErrClosed
	case d.stop == nil:
		return nil, errors.New("exc: the process is not stopped")
	}
	return d.stop, nil
}
