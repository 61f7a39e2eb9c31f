//go:build !linux

package delve

import (
	"time"

	"github.com/gomach/mach/task"
)

func longSleep() error {
	time.Sleep(time.Hour)
	return nil
}

func interrupted(*task.Registers) bool { return false }
