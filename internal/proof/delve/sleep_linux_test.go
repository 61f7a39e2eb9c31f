package delve

import (
	"runtime"
	"syscall"
	"time"

	"github.com/gomach/mach/task"
)

// longSleep sleeps in a single system call.
func longSleep() error {
	ts := syscall.NsecToTimespec(int64(time.Hour))
	return syscall.Nanosleep(&ts, nil)
}

// interrupted tells whether a stopped thread is in a system call that starts
// again when it goes on. On amd64 the result says so; arm64 has gone back to
// the call's instruction already.
func interrupted(r *task.Registers) bool {
	if runtime.GOARCH == "arm64" {
		return true
	}
	rax, _ := r.Get("rax")
	return -int64(rax) >= 512 && -int64(rax) <= 516
}
