package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/gomach/mach"
)

// task_for_pid says KERN_FAILURE for nearly every cause, so the cause is
// looked for here: exists, ended and advice ask the system.

var (
	errNoProcess    = errors.New("no such process")
	errNotPermitted = errors.New("not permitted")
)

// explain says why the task port of a process could not be had.
func explain(pid int32, err error) error {
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return err // no kernel on this system
	case !exists(pid):
		return fmt.Errorf("process %d: %w", pid, errNoProcess)
	case ended(pid):
		return fmt.Errorf("process %d: %w: it has ended, and its parent has not waited for it", pid, errNoProcess)
	}
	return fmt.Errorf("process %d: %w (%v)\n%s", pid, errNotPermitted, err, advice(os.Geteuid() == 0))
}

func errGone(pid int32) error {
	return fmt.Errorf("process %d ended while it was being dumped", pid)
}

// failed says why a call on a task failed that had a port already.
func failed(pid int32, task mach.MachPort, err error) error {
	switch {
	case gone(pid, task):
		return errGone(pid)
	case errors.Is(err, mach.KERN_NO_ACCESS):
		return fmt.Errorf("process %d: %w (%v)\n%s", pid, errNotPermitted, err, advice(os.Geteuid() == 0))
	}
	return fmt.Errorf("process %d: %w", pid, err)
}
