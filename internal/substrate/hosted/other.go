//go:build !linux || !(amd64 || arm64)

package hosted

import (
	"errors"

	"github.com/gomach/mach/internal/kernel/core"
)

type substrate struct{}

// New makes a substrate that has no processes: on this system none can be
// reached.
func New() core.Substrate { return substrate{} }

func (substrate) OpenTask(int) (core.TaskSub, error) { return nil, errors.ErrUnsupported }
func (substrate) PIDs() ([]int, error)               { return nil, errors.ErrUnsupported }
