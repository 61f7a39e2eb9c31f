//go:build linux && (amd64 || arm64)

package hosted

import "golang.org/x/sys/unix"

// The scheduling of threads, for the policies that a program asks for. Linux
// lets everybody give CPU time up, and only the privileged get more.

func (t *thread) SetImportance(n int) error { return t.task.setImportance(t.id, n) }
func (t *thread) SetFixed(on bool) error    { return setFixed(t.id, on) }

func (t *ownThread) SetImportance(n int) error { return t.task.setImportance(t.id, n) }
func (t *ownThread) SetFixed(on bool) error    { return setFixed(t.id, on) }

// setImportance: an importance counts from the task's priority (thread_policy.h), which
// is the process's niceness before the first one is set. Linux counts the other way
// round, from 19 to -20.
func (t *task) setImportance(tid, importance int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.niceness == nil {
		n, err := unix.Getpriority(unix.PRIO_PROCESS, t.PID())
		if err != nil {
			return err
		}
		n = 20 - n // what the system call tells is never negative
		t.niceness = &n
	}
	return unix.Setpriority(unix.PRIO_PROCESS, tid, min(max(*t.niceness-importance, -20), 19))
}

// setFixed: the lowest of the real-time priorities, not passed on to threads
// that the thread makes.
func setFixed(tid int, on bool) error {
	attr, err := unix.SchedGetAttr(tid, 0)
	if err != nil {
		return err
	}
	if on == (attr.Policy == unix.SCHED_RR) {
		return nil
	}
	next := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: attr.Nice}
	if on {
		next.Policy, next.Nice, next.Priority, next.Flags = unix.SCHED_RR, 0, 1, unix.SCHED_FLAG_RESET_ON_FORK
	}
	return unix.SchedSetAttr(tid, &next, 0)
}
