//go:build linux && (amd64 || arm64)

package hosted

import (
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

type substrate struct{}

// New makes the substrate of this system's processes.
func New() core.Substrate { return substrate{} }

// OpenTask opens a process, whoever it belongs to. A process that has ended
// and waits for its parent is none: Mach tasks end with their last thread.
func (substrate) OpenTask(pid int) (core.TaskSub, error) {
	p, err := linux.Open(pid)
	if err != nil {
		return nil, told(pid, err)
	}
	if p.Exited() {
		p.Close()
		ended(pid)
		return nil, linux.ErrNoProcess
	}
	return newTask(p), nil
}

func (substrate) PIDs() ([]int, error) { return linux.PIDs() }
