//go:build !amd64 && !arm64

package exc

import (
	"errors"

	"github.com/gomach/mach/task"
)

var trapInstruction = []byte{0}

const breakpointSkid = 0

func stepEnded(*Exception) bool { return false }

func setStepping(*task.Thread, bool) error { return errors.ErrUnsupported }
