package exc

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
)

// startStopped starts a program that stands still at the end of its execve. Its
// tracer has to be the hosted kernel, so this one exchanges its own stop for one
// of job control there, which letGo ends.
func startStopped(cmd *exec.Cmd) (letGo func() error, err error) {
	runtime.LockOSThread() // it is the thread that traces
	defer runtime.UnlockOSThread()
	if err := startTraced(cmd); err != nil {
		return nil, err
	}
	pid := cmd.Process.Pid
	if err = traceStop(pid); err == nil {
		_, _, e := syscall.Syscall6(syscall.SYS_PTRACE, syscall.PTRACE_DETACH, uintptr(pid), 0, uintptr(syscall.SIGSTOP), 0, 0)
		if e != 0 {
			err = fmt.Errorf("exc: ptrace(PTRACE_DETACH): %w", e)
		} else {
			err = traceStop(pid)
		}
	}
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
		return nil, err
	}
	return func() error { return syscall.Kill(pid, syscall.SIGCONT) }, nil
}
