//go:build linux && (amd64 || arm64)

package libsystem

import (
	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Requests of ptrace (xnu bsd/sys/ptrace.h).
const (
	ptTraceMe   = 0
	PTContinue  = 7
	PTKill      = 8
	PTDetach    = 11
	ptSigExc    = 12
	PTThUpdate  = 13
	PTAttachExc = 14
)

// Tracing says how a process is traced by ptrace.
type Tracing struct {
	On         bool
	Exceptions bool // its signals become exceptions
}

// stoppedByTrap is the status of a traced process at the end of its execve.
const stoppedByTrap = proc.SIGTRAP<<8 | 0x7f

func init() {
	// A stop by a signal that is no exception would be told by wait, which knows of the stop at
	// the end of execve alone: so a process can be traced in that way only until it has begun.
	onAsync("ptrace", func(c *proc.Call) {
		s := of(c)
		request, pid, addr, data := c.Int(0), c.Int(1), c.Arg(2), c.Int(3)
		if s.Kernel == nil {
			c.Fail(proc.EPERM)
			return
		}
		e := proc.Errno(0)
		switch request {
		case ptTraceMe:
			e = proc.ENOTSUP
			c.Process.Sync(func() {
				if s.child != nil {
					s.child.traced.On = true
					e = 0
				}
			})
		case ptSigExc:
			e = proc.EINVAL
			c.Process.Sync(func() {
				switch {
				case s.child != nil && s.child.traced.On:
					s.child.traced.Exceptions = true
					e = 0
				case s.child == nil && s.Kernel.TraceExceptions():
					e = 0
				}
			})
		case PTContinue, PTKill, PTDetach, PTThUpdate, PTAttachExc:
			switch {
			case pid < 2:
				e = proc.EPERM
			case request == PTContinue && addr != 1:
				e = proc.ENOTSUP
			case (request == PTContinue || request == PTThUpdate) && (data < 0 || data >= 32):
				e = proc.EINVAL
			default:
				e = s.Kernel.Ptrace(c.Process, pid, request, uint32(addr), int32(data))
			}
		default:
			e = proc.ENOTSUP
		}
		if e != 0 {
			c.Fail(e)
		}
	})
}

// stoppedAtExec notes that a traced child stands at the end of its execve, for wait.
func (s *State) stoppedAtExec(p *proc.Process, pid int) {
	s.mu.Lock()
	s.stops[pid] = stoppedByTrap
	s.mu.Unlock()
	p.Post(func() { p.SignalFromOutside(proc.SignalInfo{Signal: proc.SIGCHLD, PID: int32(pid)}) })
}

// takeStop is a status that wait has to tell.
func (s *State) takeStop(pid int) (which int, status uint32, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for which, status := range s.stops {
		if pid == which || pid == -1 || pid <= 0 && inGroup(which, -pid) {
			delete(s.stops, which)
			return which, status, true
		}
	}
	return 0, 0, false
}

// inGroup says whether a process is of a group; 0 is the caller's.
func inGroup(pid, group int) bool {
	if group == 0 {
		group = unix.Getpgrp()
	}
	is, err := unix.Getpgid(pid)
	return err == nil && is == group
}
