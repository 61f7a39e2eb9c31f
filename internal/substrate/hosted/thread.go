//go:build linux && (amd64 || arm64)

package hosted

import (
	"errors"

	"github.com/gomach/mach"
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
	return tr.SuspendThread(t.id)
}

func (t *thread) Resume() error {
	tr, err := t.tracer()
	if err != nil {
		return err
	}
	return tr.ResumeThread(t.id)
}

func (t *thread) GetState(flavor mach.ThreadStateFlavor) (words []uint32, err error) {
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
	return words, err
}

func (t *thread) SetState(flavor mach.ThreadStateFlavor, words []uint32) error {
	tr, err := t.task.trace()
	if err != nil {
		return err
	}
	return tr.With(t.id, func(s *linux.Stopped) error {
		if err := t.same(); err != nil {
			return err
		}
		return writeState(s, flavor, words)
	})
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
