package exc

import (
	"context"
	"errors"
	"slices"

	"github.com/gomach/mach/port"
)

// Breakpoint is an instruction in the process that stops the thread which
// reaches it. It belongs to its debugger.
type Breakpoint struct {
	Address  uint64
	original []byte
	debugger *Debugger
}

// SetBreakpoint puts a breakpoint on the instruction at an address. Two at one
// address are one. Unless the process is stopped, it is suspended for a moment;
// the context ends the wait for that. On Darwin a process that enforces code
// signatures is killed when it comes there, unless ptrace has been attached to it
// once, as [Launch] does: see [task.Task.Patch].
//
// Mach calls: task_suspend2, task_resume2, and those of [task.Task.Patch].
func (d *Debugger) SetBreakpoint(ctx context.Context, address uint64) (*Breakpoint, error) {
	if err := d.lock(ctx); err != nil {
		return nil, err
	}
	defer d.unlock()
	if d.closed {
		return nil, port.ErrClosed
	}
	if p := d.points[address]; p != nil {
		return p, nil
	}
	p := &Breakpoint{Address: address, original: make([]byte, len(trapInstruction)), debugger: d}
	if _, err := d.task.ReadMemory(p.original, address); err != nil {
		return nil, err
	}
	if err := d.write(ctx, p.Address, trapInstruction); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.points[address] = p
	return p, nil
}

// Clear takes the breakpoint out. A second Clear does nothing. The context is
// that of [Debugger.SetBreakpoint].
//
// Mach calls: those of SetBreakpoint.
func (p *Breakpoint) Clear(ctx context.Context) error {
	if p == nil || p.debugger == nil {
		return nil
	}
	d := p.debugger
	if err := d.lock(ctx); err != nil {
		return err
	}
	defer d.unlock()
	if d.closed || d.points[p.Address] != p {
		return nil
	}
	if err := d.write(ctx, p.Address, p.original); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.points, p.Address)
	d.cleared[p.Address] = p.original
	d.sendStrays()
	d.change()
	return nil
}

// write changes an instruction while nobody executes the page.
func (d *Debugger) write(ctx context.Context, address uint64, code []byte) error {
	if d.stop != nil {
		return d.patch(address, code)
	}
	still, err := d.task.Suspend(ctx)
	if err == nil {
		err = errors.Join(d.task.Patch(address, code), still.Resume())
	}
	return d.ended(err)
}

// patch is write for a process that is suspended.
func (d *Debugger) patch(address uint64, code []byte) error {
	return d.ended(d.task.Patch(address, code))
}

// ended is ErrExited in place of an error that comes of the process's end.
func (d *Debugger) ended(err error) error {
	if err != nil && d.exited() {
		return ErrExited
	}
	return err
}

// Breakpoints lists the addresses that have one, in order.
func (d *Debugger) Breakpoints() []uint64 {
	if d == nil || d.task == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []uint64
	for a := range d.points {
		list = append(list, a)
	}
	slices.Sort(list)
	return list
}
