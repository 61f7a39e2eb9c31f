//go:build linux && (amd64 || arm64)

package hosted

import (
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/linux"
)

// ownThread is a thread of this process.
type ownThread struct {
	task  *task
	id    int
	start uint64
}

func openOwnThread(t *task, id int) (*ownThread, error) {
	s, err := t.p.ThreadStat(id)
	if err != nil {
		return nil, err
	}
	return &ownThread{task: t, id: id, start: s.StartTime}, nil
}

func (t *ownThread) same() error {
	if !t.task.p.HasThread(t.id, t.start) {
		return linux.ErrThreadGone
	}
	return nil
}

func (t *ownThread) unsupported() error {
	if err := t.same(); err != nil {
		return err
	}
	return errors.ErrUnsupported
}

func (t *ownThread) Suspend() error   { return t.unsupported() }
func (t *ownThread) Resume() error    { return t.unsupported() }
func (t *ownThread) Abort() error     { return t.unsupported() }
func (t *ownThread) Terminate() error { return t.unsupported() }
func (t *ownThread) GetState(mach.ThreadStateFlavor) ([]uint32, error) {
	return nil, t.unsupported()
}
func (t *ownThread) SetState(mach.ThreadStateFlavor, []uint32) error { return t.unsupported() }
