//go:build darwin || linux

package exc

import (
	"fmt"
	"os/exec"
	"syscall"
)

// startTraced starts a program that has asked to be traced by this process.
func startTraced(cmd *exec.Cmd) error {
	was := cmd.SysProcAttr
	defer func() { cmd.SysProcAttr = was }()
	attr := syscall.SysProcAttr{Ptrace: true}
	if was != nil {
		attr = *was
		attr.Ptrace = true
	}
	cmd.SysProcAttr = &attr
	return cmd.Start()
}

// traceStop waits for a child's next stop.
func traceStop(pid int) error {
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(pid, &status, syscall.WUNTRACED, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return fmt.Errorf("exc: wait for process %d: %w", pid, err)
		case !status.Stopped():
			return fmt.Errorf("exc: process %d has ended before its program began: wait status %#x", pid, uint32(status))
		}
		return nil
	}
}
