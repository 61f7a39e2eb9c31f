package exc

import (
	"fmt"
	"os/exec"
	"syscall"
)

// startStopped starts a program that the kernel stops at the end of its execve:
// a traced process sends itself SIGTRAP there (xnu bsd/kern/kern_exec.c,
// exec_mach_imgact), and its tracer, which is its parent, sees a stop. letGo ends
// that; the process may have been killed meanwhile.
func startStopped(cmd *exec.Cmd) (letGo func() error, err error) {
	if err := startTraced(cmd); err != nil {
		return nil, err
	}
	pid := cmd.Process.Pid
	if err := traceStop(pid); err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, err
	}
	return func() error {
		if err := syscall.PtraceDetach(pid); err != nil {
			return fmt.Errorf("exc: ptrace(PT_DETACH): %w", err)
		}
		return nil
	}, nil
}
