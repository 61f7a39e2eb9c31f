package exc

import (
	"context"
	"errors"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// A child of vfork runs in the memory of the process until it executes a program
// or ends (Linux's vfork(2); Darwin's makes a copy, as fork does). So the
// breakpoints in it are those of the process: they stay, and the child is led
// over those that it comes to. It has no debugger of its own before its memory is
// its own.

// crossing is a step of a child in the process's memory.
type crossing struct {
	stepped chan bool     // whether the memory is still the process's, at the end of the step
	over    chan struct{} // closed when the breakpoint is back
}

// crossed tells of the end of a child's step, if it is in one, and waits until the
// breakpoint is back.
func (d *Debugger) crossed(e *Exception, shared bool) {
	id, err := e.Thread.ID()
	if err != nil {
		return
	}
	d.mu.Lock()
	c := d.crossings[id]
	d.mu.Unlock()
	if c != nil {
		select {
		case c.stepped <- shared:
		default: // it has been told
		}
		<-c.over
	}
}

// beyond is how far below a thread's stack nothing is in use: past the red zone of
// both CPUs' conventions.
const beyond = 512

// shares tells whether a child runs in the process's memory: whether it sees there
// what is written to its own. The place is below its stack, where nobody keeps
// anything; the child stands in its exception.
func (d *Debugger) shares(e *Exception) bool {
	regs, err := e.Thread.Registers()
	if err != nil {
		return false
	}
	at := (regs.SP() - beyond) &^ 7
	var was, now, theirs [8]byte
	if _, err := e.Task.ReadMemory(was[:], at); err != nil {
		return false
	}
	if _, err := d.task.ReadMemory(theirs[:], at); err != nil || was != theirs {
		return false
	}
	for i := range now {
		now[i] = ^was[i]
	}
	if _, err := e.Task.WriteMemory(now[:], at); err != nil {
		return false
	}
	_, err = d.task.ReadMemory(theirs[:], at)
	_, back := e.Task.WriteMemory(was[:], at)
	return err == nil && back == nil && theirs == now
}

// lead says how a child in the process's memory goes on.
func (d *Debugger) lead(e *Exception) error {
	if e.Type != mach.EXC_BREAKPOINT {
		return Pass
	}
	if stepEnded(e) {
		return orPass(setStepping(e.Thread, false))
	}
	id, err := e.Thread.ID()
	if err != nil {
		return Pass
	}
	regs, err := e.Thread.Registers()
	if err != nil {
		return Pass
	}
	ctx, cancel := context.WithTimeout(context.Background(), childPatience)
	defer cancel()
	if d.lock(ctx) != nil {
		return Pass
	}
	at := regs.PC() - breakpointSkid
	p := d.points[at]
	if p == nil || d.closed {
		d.unlock()
		if p == nil && d.cleared[at] == nil {
			return Pass // an instruction of its own
		}
		return orPass(skipBack(e.Thread, regs, at))
	}
	if err := d.cross(ctx, e, id, regs, p); err != nil {
		d.unlock()
		return Pass
	}
	return nil
}

// cross has the child's thread step over a breakpoint, the process standing still.
// The turn is handed on to the goroutine that puts the breakpoint back, unless it
// fails.
func (d *Debugger) cross(ctx context.Context, e *Exception, id uint64, regs *task.Registers, p *Breakpoint) error {
	of, err := copyTask(e.Task)
	if err != nil {
		return err
	}
	still, err := d.task.Suspend(ctx)
	if err == nil {
		err = skipBack(e.Thread, regs, p.Address)
		if err == nil {
			err = of.Patch(p.Address, p.original)
		}
		if err == nil {
			if err = setStepping(e.Thread, true); err != nil {
				err = errors.Join(err, of.Patch(p.Address, trapInstruction))
			}
		}
		if err != nil {
			err = errors.Join(err, still.Resume())
		}
	}
	if err != nil {
		return errors.Join(err, of.Close())
	}
	c := &crossing{stepped: make(chan bool, 1), over: make(chan struct{})}
	d.mu.Lock()
	d.crossings[id] = c
	d.mu.Unlock()
	d.serving.Go(func() {
		defer d.unlock()
		defer of.Close()
		d.putBack(of, p.Address, d.await(of, c.stepped))
		still.Resume()
		d.mu.Lock()
		delete(d.crossings, id)
		d.mu.Unlock()
		close(c.over)
	})
	return nil
}

// putBack puts a breakpoint back that a child was led over. The first thread of the
// process waits for the child as long as that shares its memory, and can change
// nothing then, so the child does.
func (d *Debugger) putBack(child *task.Task, at uint64, shared bool) {
	if d.points[at] == nil {
		return
	}
	if !shared && d.patch(at, trapInstruction) == nil {
		return
	}
	child.Patch(at, trapInstruction)
}

// await waits for the end of a child's step, and says whether the child stands at it
// in the process's memory. Its instruction may be the end of it, or one that waits.
func (d *Debugger) await(child *task.Task, stepped <-chan bool) (shared bool) {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	limit := time.After(childPatience)
	for {
		select {
		case shared = <-stepped:
			return shared
		case <-limit:
			return false
		case <-d.dead:
			return false
		case <-look.C:
			if _, err := child.PID(); err != nil {
				return false
			}
		}
	}
}
