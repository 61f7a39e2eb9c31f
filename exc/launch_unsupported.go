//go:build !darwin && !linux

package exc

import (
	"errors"
	"os/exec"
)

func startStopped(*exec.Cmd) (func() error, error) { return nil, errors.ErrUnsupported }
