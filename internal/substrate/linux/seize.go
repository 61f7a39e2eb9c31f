//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// The methods in this file run on the tracer's thread.

// seize attaches a thread without stopping it. A thread that is just ending
// gives (nil, nil): it can be neither attached nor counted. The caller knows
// that the thread is the process's, and has armed the alarm.
func (t *Tracer) seize(tid int) (*tracee, error) {
	if len(t.threads) == 0 {
		if err := waitThread(tid, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT, new(childInfo)); err != nil && err != unix.ECHILD {
			return nil, &filteredCall{"waitid"} // its stops could not be seen
		}
	}
	for tries := 0; ; tries++ {
		if x := t.threads[tid]; x != nil {
			return x, nil
		}
		switch err := t.alarm.seizeThread(tid, t.options()); err {
		case nil:
			return t.adopt(tid), nil
		case unix.ESRCH:
			return nil, nil
		case unix.EINTR:
			// The process is in execve, which may wait for threads that only
			// we can reap or let go.
			if err := t.attend(); err != nil {
				return nil, err
			}
		default:
			x, err := t.refused(tid, err, tries)
			if err != errAgain {
				return x, err
			}
			if err := t.attend(); err != nil {
				return nil, err
			}
			pause(tries)
		}
	}
}

// adopt takes charge of a thread that has been attached.
func (t *Tracer) adopt(tid int) *tracee {
	x := &tracee{tid: tid, shared: tid == t.p.pid && t.p.ownChild()}
	t.threads[tid] = x
	t.attached++
	return x
}

var errAgain = errors.New("try again")

// refused finds out what a refusal of PTRACE_SEIZE means. The kernel says
// EPERM of what may not be traced, of what is traced, and of what has ended
// (ptrace_attach in its ptrace.c); and a thread that had ended when it was
// asked may be alive when it is looked at, since execve gives the first
// thread's id to its caller. So a refusal counts only if it is explained, or
// stays.
func (t *Tracer) refused(tid int, refusal error, tries int) (*tracee, error) {
	status, err := t.p.ThreadStatus(tid)
	if err != nil {
		if errors.Is(err, unix.ESRCH) {
			return nil, nil
		}
		return nil, err
	}
	switch {
	case t.p.EndedThread(tid):
		// Ours too, if it is our own child and its starter has not waited for it:
		// to adopt that again and again would never end.
		return nil, nil
	case status.TracerPID == t.self:
		// Attached by the kernel, as the child of an attached thread, or
		// under another id before an execve.
		return t.adopt(tid), nil
	case refusal != unix.EPERM:
		return nil, refusal
	case status.TracerPID != 0 && tries >= 3:
		return nil, ErrTraced
	case status.TracerPID != 0:
		return nil, errAgain
	}
	// The same right is asked by reading memory: PTRACE_MODE_ATTACH_REALCREDS
	// in both.
	var local [1]unix.Iovec
	var b [1]byte
	local[0].Base = &b[0]
	local[0].SetLen(1)
	_, err = unix.ProcessVMReadv(tid, local[:], []unix.RemoteIovec{{Base: 0, Len: 1}}, 0)
	enough := 20
	switch {
	case err == nil || err == unix.EFAULT:
		enough = 1000 // the right is there
		if tries%10 == 9 && filteredName() == "ptrace" {
			return nil, &filteredCall{"ptrace"}
		}
	case err == unix.EPERM:
		enough = 3
	}
	if tries < enough {
		return nil, errAgain
	}
	return nil, refusal
}

// EndedThread tells whether a thread has ended, be it reaped or not.
func (p *Process) EndedThread(tid int) bool {
	s, err := p.ThreadStat(tid)
	return errors.Is(err, unix.ESRCH) || err == nil && (s.State == 'Z' || s.State == 'X')
}

// attend does what only the tracer can while a request waits: it reaps, lets
// threads go on that nobody wants stopped, and takes charge of what the kernel
// has attached. It fails when the request should give up.
func (t *Tracer) attend() error {
	if err := t.impatient(); err != nil {
		return err
	}
	for _, x := range t.threads {
		if s, found := x.poll(); found {
			t.note(x, s)
		}
	}
	t.adoptStrays()
	for more := true; more; {
		select {
		case f := <-t.answers:
			f()
		default:
			more = false
		}
	}
	for _, x := range t.threads {
		if x.stopped && !t.wanted(x) {
			t.release(x)
		}
	}
	return nil
}

// adoptStrays takes charge of the process's threads that the kernel has
// attached for us without our knowing: children of one that was killed before
// it could tell, and the caller of an execve, which changes its id. Nobody
// else can reap them.
func (t *Tracer) adoptStrays() {
	t.lost, t.searched = false, time.Now()
	tids, err := t.p.ThreadIDs(nil)
	if err != nil {
		return
	}
	for _, tid := range tids {
		if t.threads[tid] != nil {
			continue
		}
		if s, err := t.p.ThreadStatus(tid); err == nil && s.TracerPID == t.self {
			x := t.adopt(tid)
			x.fresh = tid != t.p.pid
			if s, found := x.poll(); found {
				t.note(x, s)
			}
		}
	}
	// Or it has the id of a first thread that is known, and has ended.
	if x := t.threads[t.p.pid]; x != nil && !x.stopped {
		if s, found := x.poll(); found {
			t.note(x, s)
		}
	}
}

// releaseForeign lets go of what the kernel has attached for us in other
// processes and has never told: a clone that is no thread, of a thread that was
// killed in the middle of it. It looks when nothing else is attached, as
// only then every stop that there is to be found is such a one's.
func (t *Tracer) releaseForeign() {
	for range 1000 {
		if t.loop.attached() > 0 {
			return
		}
		var info childInfo
		if waitAny(&info) != nil || info.PID == 0 || int(info.PID) == t.p.pid && t.p.ownChild() {
			return // an own child that has ended stays for whoever started it
		}
		x := t.adopt(int(info.PID))
		x.foreign = !t.p.HasThread(x.tid, 0)
		if s, found := x.poll(); found {
			t.note(x, s)
		}
		if t.threads[x.tid] == x {
			t.detach(x)
		}
	}
}
