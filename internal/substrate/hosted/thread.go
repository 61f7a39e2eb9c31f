//go:build linux && (amd64 || arm64)

package hosted

import (
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// thread is a thread of another process.
type thread struct {
	task  *task
	id    int
	start uint64 // ticks after boot: ids are used again
}

// same fails if the thread has ended, also if another got its id.
func (t *thread) same() error {
	if !t.task.p.HasThread(t.id, t.start) {
		return linux.ErrThreadGone
	}
	return nil
}

func (t *thread) tracer() (*linux.Tracer, error) {
	tr, err := t.task.trace()
	if err != nil {
		return nil, err
	}
	return tr, t.same()
}

func (t *thread) Suspend() error {
	tr, err := t.tracer()
	if err != nil {
		return err
	}
	return told(t.task.PID(), tr.SuspendThread(t.id))
}

func (t *thread) Resume() error {
	tr, err := t.tracer()
	if err != nil {
		return err
	}
	return tr.ResumeThread(t.id)
}

// standing gives the general registers if the whole process is suspended.
func (t *thread) standing() (r linux.Registers, ok bool, err error) {
	t.task.mu.Lock()
	tr := t.task.tracer
	t.task.mu.Unlock()
	if tr == nil {
		return r, false, nil
	}
	r, start, ok := tr.Standing(t.id)
	if ok && start != t.start {
		return r, false, linux.ErrThreadGone
	}
	return r, ok, nil
}

// Identity implements core.Identifier.
func (t *thread) Identity() (core.ThreadUsage, error) {
	_, ok, err := t.standing()
	if !ok && err == nil {
		err = t.same()
	}
	return core.ThreadUsage{UniqueID: uint64(t.id)}, err
}

func (t *thread) GetState(flavor mach.ThreadStateFlavor) (words []uint32, err error) {
	if flavor == generalFlavor {
		if r, ok, err := t.standing(); ok || err != nil {
			return wordsOf(ptr(generalState(&r))), err
		}
	}
	// Stopping a thread pins its id, so its identity is checked inside.
	tr, err := t.task.trace()
	if err != nil {
		return nil, err
	}
	err = tr.With(t.id, func(s *linux.Stopped) (err error) {
		if err = t.same(); err == nil {
			words, err = readState(s, flavor, t.task.lastFault(t.id))
		}
		return err
	})
	return words, told(t.task.PID(), err)
}

func (t *thread) SetState(flavor mach.ThreadStateFlavor, words []uint32) error {
	tr, err := t.task.trace()
	if err != nil {
		return err
	}
	err = tr.With(t.id, func(s *linux.Stopped) error {
		if err := t.same(); err != nil {
			return err
		}
		return writeState(s, flavor, words)
	})
	return told(t.task.PID(), err)
}

// debugRegisters refuses registers that are on where they stop no thread.
func debugRegisters(on bool) error {
	if !on {
		return nil
	}
	works, err := linux.DebugRegistersWork()
	if err == nil && !works {
		err = core.ErrNoDebugRegisters
	}
	return err
}

// Abort brings a thread out of the system call it waits in: a stop does, and
// the kernel restarts the call or lets it fail as it would for a debugger.
func (t *thread) Abort() error {
	tr, err := t.tracer()
	if err != nil {
		return err
	}
	return tr.With(t.id, abortCall)
}

// Terminate fails: Linux ends single threads only from inside.
func (t *thread) Terminate() error {
	if err := t.same(); err != nil {
		return err
	}
	return errors.ErrUnsupported
}
