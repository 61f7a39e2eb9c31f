package exc

import (
	"context"
	"errors"
	"slices"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// Breakpoint is an instruction in the process that stops the thread which
// reaches it. It belongs to its debugger.
type Breakpoint struct {
	Address  uint64
	original []byte
	debugger *Debugger
}

// SetBreakpoint puts a breakpoint on the instruction at an address. Two at one
// address are one.
//
// Mach calls: those of [task.Task.Patch].
func (d *Debugger) SetBreakpoint(address uint64) (*Breakpoint, error) {
	if err := d.lock(); err != nil {
		return nil, err
	}
	defer d.mu.Unlock()
	if d.closed {
		return nil, port.ErrClosed
	}
	if p := d.points[address]; p != nil {
		return p, nil
	}
	p := &Breakpoint{Address: address, original: make([]byte, len(trapInstruction)), debugger: d}
	if _, err := d.task.ReadAt(p.original, int64(address)); err != nil {
		return nil, err
	}
	if err := d.write(p, trapInstruction); err != nil {
		return nil, err
	}
	d.points[address] = p
	return p, nil
}

// Clear takes the breakpoint out. A second Clear does nothing.
//
// Mach calls: those of [task.Task.Patch].
func (p *Breakpoint) Clear() error {
	if p == nil || p.debugger == nil {
		return nil
	}
	d := p.debugger
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.points[p.Address] != p {
		return nil
	}
	if err := d.write(p, p.original); err != nil {
		return err
	}
	delete(d.points, p.Address)
	d.cleared[p.Address] = true
	return nil
}

// write changes the instruction while nobody executes the page.
func (d *Debugger) write(p *Breakpoint, code []byte) error {
	still, err := d.task.Suspend()
	if err == nil {
		err = errors.Join(d.task.Patch(p.Address, code), still.Resume())
	}
	if err != nil && d.exited() {
		return ErrExited
	}
	return err
}

// lifted is a step in progress: the threads that wait for it, and the
// breakpoint that had to make way.
type lifted struct {
	id     mach.MachPort // of the thread that steps
	thread *task.Thread
	point  *Breakpoint
	others *task.Threads
	held   []*task.Thread
}

// step lets the stopped thread execute one instruction while the others wait.
func (d *Debugger) step(s *Stop) error {
	l := &lifted{id: s.Thread.Name(), point: d.points[s.Address]}
	d.lift = l
	err := func() (err error) {
		if l.thread, err = sameThread(s.Thread, d.task); err != nil {
			return err
		}
		if l.others, err = d.task.Threads(); err != nil {
			return err
		}
		for _, th := range l.others.All() {
			if th.Name() == l.thread.Name() {
				continue
			}
			if th.Suspend() == nil { // one that has just ended needs none
				l.held = append(l.held, th)
			}
		}
		if l.point != nil {
			if err := d.write(l.point, l.point.original); err != nil {
				return err
			}
		}
		return setStepping(l.thread, true)
	}()
	if err != nil {
		return errors.Join(err, l.undo(d, true))
	}
	return d.release(s, Handled)
}

// undo ends a step, with the breakpoint put back or not.
func (l *lifted) undo(d *Debugger, putBack bool) error {
	d.lift = nil
	var errs []error
	if l.thread != nil {
		errs = append(errs, setStepping(l.thread, false))
	}
	if l.point != nil && putBack && d.points[l.point.Address] == l.point {
		errs = append(errs, d.write(l.point, trapInstruction))
	}
	for _, th := range l.held {
		th.Resume()
	}
	errs = append(errs, l.others.Close(), l.thread.Close())
	return errors.Join(errs...)
}

// sameThread is another owner of a thread's port.
func sameThread(th *task.Thread, t *task.Task) (*task.Thread, error) {
	s, err := port.CopySend(th.Name())
	if err != nil {
		return nil, err
	}
	return task.OwnThread(s.Relinquish(), t), nil
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

// Step has the thread of the stop execute one instruction, all others waiting,
// and returns the next stop: as a rule that is [Stepped]. An exception of the
// instruction comes out instead. It fails like [Debugger.Wait].
//
// Mach calls: task_threads, thread_suspend, thread_resume, thread_get_state,
// thread_set_state, and those of [Debugger.Wait] and [task.Task.Patch].
func (d *Debugger) Step(ctx context.Context) (*Stop, error) {
	if err := d.lock(); err != nil {
		return nil, err
	}
	s, err := d.current()
	if err == nil {
		err = d.step(s)
	}
	d.mu.Unlock()
	if err != nil {
		if d.exited() {
			return nil, ErrExited
		}
		return nil, err
	}
	return d.Wait(ctx)
}

// Continue lets the process run on from where it stopped. At a breakpoint it
// executes the instruction below first. A crash happens again, unless the
// registers or the memory were changed: see [Debugger.Pass].
//
// Mach calls: those of [Debugger.Step], and task_resume2.
func (d *Debugger) Continue(ctx context.Context) error {
	if err := d.lock(); err != nil {
		return err
	}
	s, err := d.current()
	over := err == nil && d.points[s.Address] != nil
	if err == nil && !over {
		err = d.release(s, Handled)
	}
	d.mu.Unlock()
	if err != nil || !over {
		return err
	}
	next, err := d.Step(ctx)
	if err != nil || next.Reason != Stepped {
		return err // the next Wait returns what came in between
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, err := d.current(); err != nil || s != next {
		return err
	}
	return d.release(next, Handled)
}

// Pass lets the process run on and leaves the exception to it: to its own
// handler, or to the signal that the exception becomes. It fails if the process
// is not stopped.
//
// Mach calls: task_resume2.
func (d *Debugger) Pass() error {
	if err := d.lock(); err != nil {
		return err
	}
	defer d.mu.Unlock()
	s, err := d.current()
	if err != nil {
		return err
	}
	return d.release(s, Pass)
}

// Breakpoints lists the addresses that have one, in order.
func (d *Debugger) Breakpoints() []uint64 {
	if d.lock() != nil {
		return nil
	}
	defer d.mu.Unlock()
	var list []uint64
	for a := range d.points {
		list = append(list, a)
	}
	slices.Sort(list)
	return list
}
