package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Mach's codes say too little for advice: package task asks the system why.

// explain says why the task port of a process could not be had.
func explain(pid int32, err error) error { return task.ExplainOpen("task_for_pid", int(pid), err) }

func errGone(pid int32) error {
	return fmt.Errorf("process %d ended while it was being dumped", pid)
}

// failed says why a call on a task failed that had a port already.
func failed(pid int32, port mach.MachPort, err error) error {
	err = task.Explain(int(pid), err)
	if errors.Is(err, fs.ErrNotExist) || gone(pid, port) {
		return errGone(pid)
	}
	return fmt.Errorf("process %d: %w", pid, err)
}
