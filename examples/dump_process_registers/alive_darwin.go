package main

import (
	"errors"
	"syscall"
)

// ended: whether a process is a zombie is not asked for here.
func ended(int32) bool { return false }

// exists tells whether there is such a process, whoever it belongs to.
func exists(pid int32) bool {
	err := syscall.Kill(int(pid), 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
