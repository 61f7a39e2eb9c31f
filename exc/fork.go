package exc

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Follow says what becomes of a child that the process forks, when it comes to a
// breakpoint or crashes: the kernel tells of no child before that. f gets a
// debugger of the child, with copies of the breakpoints, whose Wait returns what
// the child has come to. f runs in a goroutine of its own and owns the debugger.
//
// Without f, which is how it is at first, the breakpoints are taken out of the
// child, its handlers are those that the process had before, and it runs on.
// A child that runs in the process's memory, as after vfork on Linux, is led over the
// breakpoints that it comes to, and not followed, until it has a memory of its own.
// Follow waits for its turn; the context ends that.
func (d *Debugger) Follow(ctx context.Context, f func(child *Debugger)) error {
	if err := d.lock(ctx); err != nil {
		return err
	}
	defer d.unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.follow = f
	return nil
}

// childPatience is how long a child may take to stand still.
const childPatience = 5 * time.Second

// foreign is the handler of another task than the debugger's: a fork, which has
// inherited the handler (xnu osfmk/kern/ipc_tt.c, ipc_task_init), or one that
// was given it by hand.
func (d *Debugger) foreign(e *Exception) error {
	if e.Task == nil || e.Thread == nil {
		return Pass
	}
	d.mu.Lock()
	f := d.follow
	d.mu.Unlock()
	judge := d.leave
	shared := d.shares(e)
	if shared {
		judge = d.lead
	} else if f != nil && !d.exited() {
		d.crossed(e, false)
		if child, err := d.adopt(e); err == nil {
			go f(child)
			return child.hold(e)
		}
	}
	d.busy.Add(1)
	d.serving.Add(1)
	return &later{
		judge: func() error {
			d.crossed(e, shared)
			return judge(e)
		},
		over: func() {
			d.busy.Add(-1)
			d.serving.Done()
		},
	}
}

// originals is what was at the breakpoints that there are and were.
func (d *Debugger) originals() map[uint64][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := maps.Clone(d.cleared)
	for at, p := range d.points {
		all[at] = p.original
	}
	return all
}

// leave leaves a child to itself, and says how its thread goes on.
func (d *Debugger) leave(e *Exception) error {
	all := d.originals()
	ctx, cancel := context.WithTimeout(context.Background(), childPatience)
	defer cancel()
	still, err := e.Task.Suspend(ctx)
	if err != nil {
		return Pass
	}
	defer still.Resume()
	for at, original := range all {
		if holdsTrap(e.Task, at) {
			err = errors.Join(err, e.Task.Patch(at, original))
		}
	}
	// Its handlers become what they would be without the debugger.
	err = errors.Join(err, d.server.restoreBefore(Task(e.Task)))
	regs, e2 := e.Thread.Registers()
	if err = errors.Join(err, e2); err != nil || e.Type != mach.EXC_BREAKPOINT {
		return Pass
	}
	if stepEnded(e) { // it was forked in a step
		return orPass(setStepping(e.Thread, false))
	}
	at := regs.PC() - breakpointSkid
	if all[at] == nil {
		return Pass
	}
	return orPass(skipBack(e.Thread, regs, at))
}

// orPass has the exception go on to others if something failed.
func orPass(err error) error {
	if err != nil {
		return Pass
	}
	return nil
}

func holdsTrap(t *task.Task, at uint64) bool {
	b := make([]byte, len(trapInstruction))
	_, err := t.ReadMemory(b, at)
	return err == nil && bytes.Equal(b, trapInstruction)
}

// adopt makes a debugger of a child.
func (d *Debugger) adopt(e *Exception) (*Debugger, error) {
	t, err := copyTask(e.Task)
	if err != nil {
		return nil, err
	}
	if err := d.server.restoreBefore(Task(t)); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	ctx, cancel := context.WithTimeout(context.Background(), childPatience)
	defer cancel()
	child, err := debug(ctx, t)
	if err != nil {
		return nil, err
	}
	child.cleared = d.originals()
	d.mu.Lock()
	defer d.mu.Unlock()
	for at, p := range d.points {
		if holdsTrap(t, at) {
			child.points[at] = &Breakpoint{Address: at, original: p.original, debugger: child}
			delete(child.cleared, at)
		}
	}
	return child, nil
}
