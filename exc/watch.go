package exc

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
)

// Access is what a watchpoint looks for.
type Access uint8

// What a watchpoint looks for.
const (
	OnWrite  Access = 1 // writes
	OnAccess Access = 3 // reads and writes
)

// Watchpoint is memory of the process that stops the thread which uses it. It
// belongs to its debugger.
type Watchpoint struct {
	Address uint64
	Size    int // in bytes
	Access  Access

	debugger *Debugger
	slot     int
}

// maxWatches is how many the processor has registers for.
const maxWatches = 4

// Watch has the process stop behind an instruction that writes to memory, or
// uses it. The size is 1, 2, 4 or 8 bytes, and the address a multiple of it. The
// processor watches, so the process runs at full speed; it can watch four places
// at once. Threads that begin later are watched from the next stop on.
// The context ends the wait for the debugger's turn and for the process's
// suspension.
//
// It fails with [mach.KERN_INVALID_ARGUMENT] for another size, address or
// access; with [mach.KERN_NO_SPACE] if all registers are in use; and with
// [errors.ErrUnsupported] (the hosted kernel's [mach.KERN_NOT_SUPPORTED]) on a
// machine whose debug registers stop no thread, as those of some virtual
// machines do: nothing is watched then.
//
// In darwinrun's guests the emulator watches, which costs nothing until there is a
// watchpoint; then each access to its page of 4 KiB is slow.
//
// An arm64 processor stops the thread before the access. The debugger has it
// execute the instruction then, all others waiting, before it tells.
//
// Mach calls: task_suspend2, task_resume2, task_threads, thread_get_state,
// thread_set_state.
func (d *Debugger) Watch(ctx context.Context, address uint64, size int, access Access) (*Watchpoint, error) {
	if err := d.lock(ctx); err != nil {
		return nil, err
	}
	defer d.unlock()
	switch {
	case d.closed:
		return nil, port.ErrClosed
	case size != 1 && size != 2 && size != 4 && size != 8 || address%uint64(size) != 0 || access != OnWrite && access != OnAccess:
		return nil, fmt.Errorf("exc: %d bytes at %#x cannot be watched: %w", size, address, mach.KERN_INVALID_ARGUMENT)
	}
	for i, w := range d.watches {
		if w == nil {
			w = &Watchpoint{Address: address, Size: size, Access: access, debugger: d, slot: i}
			d.watches[i], d.hadWatches = w, true
			if err := d.rewatch(ctx); err != nil {
				d.watches[i] = nil
				if errors.Is(err, mach.KERN_NOT_SUPPORTED) {
					err = fmt.Errorf("exc: nothing can be watched: this machine's debug registers stop no thread, as those of some virtual machines: %w", err)
				}
				return nil, errors.Join(err, d.rewatch(ctx))
			}
			return w, nil
		}
	}
	return nil, fmt.Errorf("exc: %d places are watched already: %w", len(d.watches), mach.KERN_NO_SPACE)
}

// Clear ends the watching. A second Clear does nothing. The context is that of
// [Debugger.Watch].
//
// Mach calls: those of Watch.
func (w *Watchpoint) Clear(ctx context.Context) error {
	if w == nil || w.debugger == nil {
		return nil
	}
	d := w.debugger
	if err := d.lock(ctx); err != nil {
		return err
	}
	defer d.unlock()
	if d.closed || d.watches[w.slot] != w {
		return nil
	}
	d.watches[w.slot] = nil
	err := d.rewatch(ctx)
	d.sendStrays()
	d.change()
	return err
}

func (d *Debugger) watching() bool { return d.watches != [maxWatches]*Watchpoint{} }

// rewatch sets the watchpoints of all threads while the process is suspended.
func (d *Debugger) rewatch(ctx context.Context) error {
	if d.stop != nil {
		return d.ended(d.watchThreads())
	}
	still, err := d.task.Suspend(ctx)
	if err == nil {
		err = errors.Join(d.watchThreads(), still.Resume())
	}
	return d.ended(err)
}

func (d *Debugger) watchThreads() error {
	list, err := d.task.Threads()
	if err != nil {
		return err
	}
	var errs []error
	for _, th := range list.All() {
		if err := setWatches(th, d.watches); err != nil {
			if _, gone := th.ID(); gone == nil { // it has not just ended
				errs = append(errs, err)
			}
			if errors.Is(err, mach.KERN_NOT_SUPPORTED) {
				break // the machine cannot, whatever the thread
			}
		}
	}
	return errors.Join(append(errs, list.Close())...)
}

// watched finds the watchpoint that a thread has come to, if it is one.
func (d *Debugger) watched(s *Stop) (*Watchpoint, error) {
	if !d.watching() {
		return nil, nil
	}
	slot, err := hitWatch(s, d.watches)
	if err != nil || slot < 0 {
		return nil, err
	}
	return d.watches[slot], clearHits(s.Thread)
}
