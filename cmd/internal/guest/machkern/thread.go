//go:build linux && (amd64 || arm64)

package machkern

import (
	"errors"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
)

// thread is a thread of the guest. Its state is looked at and changed while the processor
// executes nothing.
type thread struct {
	t *proc.Thread
	// running is set during a call that does not wait for anything: such a thread does not
	// count as waiting.
	running atomic.Bool

	// only on the processor's goroutine:
	sampled sample
	last    lastFault
	debug   map[mach.ThreadStateFlavor][]uint32 // debug registers, kept for who reads them back
}

// waitsAfterAll tells of a call that was taken for one that does not wait that it is going to:
// a routine goes to a port that a program serves.
func (t *thread) waitsAfterAll() {
	t.running.Store(false)
	if p := t.t.Process; p.Count {
		p.Post(func() { p.Only(nil) })
	}
}

// lastFault is what the CPU told of the thread's last exception.
type lastFault struct {
	trap, code uint32 // trap number and error code on amd64
	esr        uint32 // syndrome on arm64
	addr       uint64
}

// with runs f while the processor stands still, if the thread lives.
func (t *thread) with(f func() error) (err error) {
	t.t.Process.Sync(func() {
		if t.t.Ended {
			err = fs.ErrNotExist
			return
		}
		err = f()
	})
	return err
}

func (t *thread) Suspend() error {
	return t.with(func() error { t.t.Suspend(); return nil })
}

func (t *thread) Resume() error {
	return t.with(func() error { t.t.Unsuspend(); return nil })
}

func (t *thread) GetState(f mach.ThreadStateFlavor) (words []uint32, err error) {
	err = t.with(func() (err error) {
		if t.t.Process.Arch == cpu.ARM64 {
			words, err = t.armState(f)
		} else {
			words, err = t.x86State(f)
		}
		return err
	})
	return words, err
}

func (t *thread) SetState(f mach.ThreadStateFlavor, words []uint32) error {
	return t.with(func() error {
		if t.t.Process.Arch == cpu.ARM64 {
			return t.setARMState(f, words)
		}
		return t.setX86State(f, words)
	})
}

// Abort breaks off what the thread waits in. The kernel's own waits have been told already;
// their end is awaited, so that a state that is set next is not overtaken by a result.
func (t *thread) Abort() error {
	for range 100 {
		waits := false
		if err := t.with(func() error {
			t.t.BreakOff()
			waits = t.t.Waits() && t.t.Suspended()
			return nil
		}); err != nil {
			return err
		}
		if !waits {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// Terminate: threads of the C library are not ended from outside.
func (t *thread) Terminate() error { return errors.ErrUnsupported }

// sample is a thread's CPU time at some moment.
type sample struct {
	at      time.Time
	used    time.Duration
	percent float64
}

// percentAt gives the share of a CPU that the thread had since it was asked last. A first
// question has nothing to go by, one that follows at once gets the answer of the last.
func (s *sample) percentAt(now time.Time, used time.Duration) float64 {
	if s.at.IsZero() {
		*s = sample{at: now, used: used}
	} else if since := now.Sub(s.at); since >= 50*time.Millisecond {
		*s = sample{now, used, min(100, 100*float64(used-s.used)/float64(since))}
	}
	return s.percent
}

func (t *thread) Usage() (u core.ThreadUsage, err error) {
	err = t.with(func() error {
		state := mach.Integer(t.t.State())
		if state == mach.TH_STATE_WAITING && t.running.Load() {
			state = mach.TH_STATE_RUNNING
		}
		u = core.ThreadUsage{
			Name: t.t.Name, User: t.t.CPUTime(), State: state,
			Priority: 31, BasePriority: 31, Handle: t.t.Pthread, UniqueID: t.t.UniqueID(),
			CPUPercent: t.sampled.percentAt(time.Now(), t.t.CPUTime()),
		}
		return nil
	})
	return u, err
}
