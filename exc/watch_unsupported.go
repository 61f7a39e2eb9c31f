//go:build !amd64 && !arm64

package exc

import (
	"errors"

	"github.com/gomach/mach/task"
)

const watchesAhead = false

func setWatches(*task.Thread, [maxWatches]*Watchpoint) error { return errors.ErrUnsupported }

func hitWatch(*Stop, [maxWatches]*Watchpoint) (int, error) { return -1, nil }

func clearHits(*task.Thread) error { return nil }

// leftWatch tells a watchpoint that is gone from other exceptions: here it looks
// as the end of a step does.
func leftWatch(*Exception) bool { return false }
