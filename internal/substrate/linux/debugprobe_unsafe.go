//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Some hypervisors let the debug registers take values and never stop a thread
// for them. Nothing but a try tells: a child watches a word that it writes.

// probeChild clones a child that shares the memory and has itself traced by the
// calling thread, stops, writes to the word, and exits: with 0, or with 1 if it
// could not be traced. It uses no stack and runs no code of Go. All signals must
// be blocked. The result is the pid or a negative errno.
func probeChild(word *uint64) int

var debugWorks struct {
	sync.Mutex
	known, yes bool
}

// DebugRegistersWork tells whether the processor stops a thread at a watchpoint
// in its debug registers. The first answer counts for good. An error says that
// it could not be tried.
func DebugRegistersWork() (bool, error) {
	debugWorks.Lock()
	defer debugWorks.Unlock()
	if debugWorks.known {
		return debugWorks.yes, nil
	}
	yes, err := probeDebugRegisters()
	if err != nil {
		return false, wrap("try debug registers in a child of", unix.Getpid(), 0, err)
	}
	debugWorks.known, debugWorks.yes = true, yes
	return yes, nil
}

func probeDebugRegisters() (works bool, err error) {
	runtime.LockOSThread() // it is the child's tracer
	defer runtime.UnlockOSThread()
	word := new(uint64)
	defer runtime.KeepAlive(word)
	var mask uint64
	all := ^uint64(0)
	// The child inherits the mask: a handler must not run in it.
	_, _, e := unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&mask)), 8, 0, 0)
	if e != 0 {
		return false, e
	}
	pid := probeChild(word)
	unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&mask)), 0, 8, 0, 0)
	if pid < 0 {
		return false, unix.Errno(-pid)
	}
	gone := false
	defer func() {
		if !gone {
			unix.Kill(pid, unix.SIGKILL)
			awaitProbe(pid)
		}
	}()
	status, err := awaitProbe(pid)
	if err == nil && status.Stopped() {
		s := &Stopped{x: &tracee{tid: pid}}
		err = s.SetDebug(watchWord(uint64(uintptr(unsafe.Pointer(word)))))
	}
	for err == nil && status.Stopped() && !works {
		if err = ptrace(unix.PTRACE_CONT, pid, 0, 0); err != nil {
			break
		}
		status, err = awaitProbe(pid)
		works = err == nil && status.Stopped() && status.StopSignal() == unix.SIGTRAP
	}
	if err != nil || works {
		return works, err
	}
	gone = status.Exited() || status.Signaled()
	switch {
	case !status.Exited():
		return false, errors.New("the child was killed")
	case status.ExitStatus() != 0:
		return false, &filteredCall{"ptrace"}
	}
	return false, nil
}

// awaitProbe waits for the child's next stop or its end. Each is near: the child
// waits for nothing.
func awaitProbe(pid int) (status unix.WaitStatus, err error) {
	for {
		_, err = unix.Wait4(pid, &status, unix.WALL|unix.WNOTHREAD, nil)
		if err != unix.EINTR {
			return status, err
		}
	}
}
