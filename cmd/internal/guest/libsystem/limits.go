//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// hostLimits are the limits of xnu bsd/sys/resource.h by the host's numbers. Those of files' sizes
// and of time are the host's to keep, that of descriptors ours; the others Darwin does not hold
// programs to either, or only when it starts them.
var hostLimits = map[int]int{
	0: unix.RLIMIT_CPU, 1: unix.RLIMIT_FSIZE, 2: unix.RLIMIT_DATA, 3: unix.RLIMIT_STACK, 4: unix.RLIMIT_CORE, 5: unix.RLIMIT_AS,
	6: unix.RLIMIT_MEMLOCK, 7: unix.RLIMIT_NPROC, 8: unix.RLIMIT_NOFILE,
}

const limitInfinity = 1<<63 - 1 // RLIM_INFINITY

// limit is a resource's limit now.
func (s *State) limit(which int) [2]uint64 {
	if v, ok := s.limits[which]; ok {
		return v
	}
	var l unix.Rlimit
	_ = unix.Getrlimit(which, &l)
	v := [2]uint64{min(l.Cur, limitInfinity), min(l.Max, limitInfinity)}
	if which == unix.RLIMIT_NOFILE {
		v = [2]uint64{min(v[0], maxFiles), maxFiles}
	}
	return v
}

// setLimit follows dosetrlimit (xnu bsd/kern/kern_resource.c).
func (s *State) setLimit(which int, v [2]uint64) proc.Errno {
	switch old := s.limit(which); {
	case v[0] > v[1]:
		return proc.EINVAL
	case v[1] > old[1] && os.Geteuid() != 0:
		return proc.EPERM
	}
	switch which {
	case unix.RLIMIT_CPU, unix.RLIMIT_FSIZE:
		if s.child != nil {
			break // the host's are the parent's; the program gets them that the child becomes
		}
		if err := unix.Setrlimit(which, hostLimit(v)); err != nil {
			return proc.FromHost(err)
		}
	}
	s.limits[which] = v
	s.fds.limitTo(s.limits)
	return 0
}

func hostLimit(v [2]uint64) *unix.Rlimit {
	h := unix.Rlimit{Cur: v[0], Max: v[1]}
	for _, n := range []*uint64{&h.Cur, &h.Max} {
		if *n >= limitInfinity {
			*n = unix.RLIM_INFINITY
		}
	}
	return &h
}

// limitChild gives a process what a forked child has set for it.
func (s *State) limitChild(pid int) {
	for _, which := range []int{unix.RLIMIT_CPU, unix.RLIMIT_FSIZE} {
		if v, ok := s.limits[which]; ok {
			_ = unix.Prlimit(pid, which, hostLimit(v), nil)
		}
	}
}

// limitTo keeps to RLIMIT_NOFILE.
func (t *fdTable) limitTo(limits map[int][2]uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.most = 0
	if v, ok := limits[unix.RLIMIT_NOFILE]; ok {
		t.most = int(min(max(v[0], 1), maxFiles))
	}
}

// Whose priority (xnu bsd/sys/resource.h).
const (
	prioProcess = 0
	prioGroup   = 1
	prioUser    = 2
	prioMax     = 20
)

// mine lists the processes that which and who mean, among those that are there for the guest:
// itself and its children.
func (s *State) mine(which int, who uint32) (pids []int, e proc.Errno) {
	if who > 0x7fffffff {
		return nil, proc.EINVAL
	}
	s.mu.Lock()
	all := []int{os.Getpid()}
	for pid := range s.procs {
		all = append(all, pid)
	}
	s.mu.Unlock()
	group, user := unix.Getpgrp(), os.Getuid()
	if who != 0 {
		group, user = int(who), int(who)
	}
	for _, pid := range all {
		switch which {
		case prioProcess:
			if who == 0 && pid == os.Getpid() || int(who) == pid {
				pids = append(pids, pid)
			}
		case prioGroup:
			if g, err := unix.Getpgid(pid); err == nil && g == group {
				pids = append(pids, pid)
			}
		case prioUser:
			if user == os.Getuid() { // children are of the same user
				pids = append(pids, pid)
			}
		default:
			return nil, proc.EINVAL
		}
	}
	if len(pids) == 0 {
		return nil, proc.ESRCH
	}
	return pids, 0
}

// nice is a process's priority on the host.
func nice(pid int) (int, error) {
	n, err := unix.Getpriority(unix.PRIO_PROCESS, pid)
	return 20 - n, err
}

// setNice sets it: on Linux it is each thread's own.
func setNice(pid, n int) error {
	threads, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	if err != nil {
		return proc.ESRCH
	}
	for _, t := range threads {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := unix.Setpriority(unix.PRIO_PROCESS, tid, n); err != nil && err != unix.ESRCH {
			return err
		}
	}
	return nil
}

func init() {
	on("getpriority", func(c *proc.Call) {
		pids, e := of(c).mine(c.Int(0), c.Uint32(1))
		lowest := prioMax + 1
		for _, pid := range pids {
			if n, err := nice(pid); err == nil {
				lowest = min(lowest, n)
			}
		}
		switch {
		case e != 0:
			c.Fail(e)
		case lowest > prioMax:
			c.Fail(proc.ESRCH)
		default:
			c.ReturnInt(lowest)
		}
	})
	on("setpriority", func(c *proc.Call) {
		pids, e := of(c).mine(c.Int(0), c.Uint32(1))
		if e != 0 {
			c.Fail(e)
			return
		}
		n := min(max(c.Int(2), -prioMax), prioMax-1) // PRIO_MAX itself is one more than the host has
		for _, pid := range pids {
			if err := setNice(pid, n); err != nil {
				c.Fail(proc.FromHost(err))
				return
			}
		}
	})
	on("nice", func(c *proc.Call) { // of itself; libc says EPERM where the call says EACCES
		n, err := nice(os.Getpid())
		if err == nil {
			n = min(max(n+c.Int(0), -prioMax), prioMax-1)
			err = setNice(os.Getpid(), n)
		}
		switch err {
		case nil:
			c.ReturnInt(n)
		case unix.EACCES:
			c.Fail(proc.EPERM)
		default:
			c.Fail(proc.FromHost(err))
		}
	})
	on("getrlimit", func(c *proc.Call) {
		which, ok := hostLimits[c.Int(0)&^0x1000] // _RLIMIT_POSIX_FLAG
		p := proc.At[[2]uint64](c, c.Arg(1))
		switch {
		case !ok:
			c.Fail(proc.EINVAL)
		case p == nil:
			c.Fail(proc.EFAULT)
		default:
			*p = of(c).limit(which)
		}
	})
	on("setrlimit", func(c *proc.Call) {
		which, ok := hostLimits[c.Int(0)&^0x1000]
		p := proc.Read[[2]uint64](c, c.Arg(1))
		switch {
		case !ok:
			c.Fail(proc.EINVAL)
		case p == nil:
			c.Fail(proc.EFAULT)
		default:
			if e := of(c).setLimit(which, *p); e != 0 {
				c.Fail(e)
			}
		}
	})
}
