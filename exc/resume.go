package exc

import (
	"context"

	"github.com/gomach/mach/port"
)

// Continue lets the process run on from where it stopped. At a breakpoint it
// executes the instruction below first; if the context ends meanwhile, it fails
// with its error, and the next Wait has the process run on. A crash happens
// again, unless the registers or the memory were changed: see [Debugger.Pass].
//
// Mach calls: those of [Debugger.Step], and task_resume2.
func (d *Debugger) Continue(ctx context.Context) error {
	l, err := d.resume(ctx)
	if err != nil || l == nil {
		return err
	}
	_, err = d.wait(ctx, l) // the next Wait returns what came in between
	return err
}

// resume lets the process go on. It returns the step that comes first, or nil.
func (d *Debugger) resume(ctx context.Context) (*lifted, error) {
	if err := d.lock(ctx); err != nil {
		return nil, err
	}
	defer d.unlock()
	s, err := d.current()
	if err != nil {
		return nil, err
	}
	d.unask()
	if d.watching() { // threads that are new, too
		if err := d.rewatch(ctx); err != nil {
			return nil, err
		}
	}
	// A thread that stands right before a breakpoint without having reached it is
	// still to be stopped by it.
	if d.points[s.Address] == nil || s.verdict == nil {
		return nil, d.release(s, nil)
	}
	if err := d.step(ctx, s, s.Thread, true); err != nil {
		return nil, d.ended(err)
	}
	return d.lift, nil
}

// Pass lets the process run on and leaves the exception to it: to its own
// handler, or to the signal that the exception becomes. It fails if the process
// is not stopped. The context ends the wait for its turn.
//
// Mach calls: task_resume2.
func (d *Debugger) Pass(ctx context.Context) error {
	if err := d.lock(ctx); err != nil {
		return err
	}
	defer d.unlock()
	s, err := d.current()
	if err != nil {
		return err
	}
	d.unask()
	return d.release(s, Pass)
}

// Interrupt has the process stop, at the next moment that somebody waits: Wait
// returns a stop for the reason [Interrupted], unless another one comes first.
// So Interrupt and then Wait stop a process that runs. It ends a step as well.
// It does nothing while the process is stopped; it does not wait, and may be
// called from any goroutine.
func (d *Debugger) Interrupt() error {
	if d == nil || d.task == nil {
		return port.ErrClosed
	}
	select {
	case <-d.done:
		return port.ErrClosed
	default:
	}
	if d.exited() {
		return ErrExited
	}
	select {
	case d.asked <- struct{}{}:
	default: // it has been asked already
	}
	return nil
}

// unask forgets an Interrupt from before: the process has stopped, which was
// wanted.
func (d *Debugger) unask() {
	select {
	case <-d.asked:
	default:
	}
}
