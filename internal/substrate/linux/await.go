//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The methods in this file run on the tracer's thread.

const (
	patience     = 20 * time.Millisecond // before asking why a thread does not stop
	longPatience = 10 * time.Second      // for a thread that wants a CPU
)

// awaitAll waits for interrupted threads to stop, and returns those that have
// not after a while. It looks at all of them in turn and sleeps once for all:
// whoever sleeps for each pays for a thousand awakenings.
func (t *Tracer) awaitAll(waiting []*tracee) []*tracee {
	for begin := time.Now(); ; {
		left := waiting[:0]
		for _, x := range waiting {
			if t.threads[x.tid] == x && !x.stopped {
				if s, found := x.poll(); found {
					t.note(x, s)
				}
			}
			if t.threads[x.tid] == x && !x.stopped {
				left = append(left, x)
			}
		}
		waiting = left
		spent := time.Since(begin)
		if len(waiting) == 0 || spent > patience {
			return waiting
		}
		// Some microseconds for each, or as much again as it has taken.
		nanosleep(min(max(time.Duration(len(waiting))*5*time.Microsecond, spent/4), time.Millisecond))
	}
}

// await waits for an interrupted thread to stop. It gives up with ErrBusy on
// one that sleeps uninterruptibly: such a thread runs no user code, and will
// stop by itself before it does.
func (t *Tracer) await(x *tracee) error { return t.awaitFor(x, longPatience, true) }

// awaitFor waits for a thread to stop, for at most so long, and, if
// impatient, gives up early on one that sleeps uninterruptibly. One that has
// ended is given up in any case.
func (t *Tracer) awaitFor(x *tracee, limit time.Duration, impatient bool) error {
	return t.awaitSince(x, time.Time{}, limit, impatient)
}

func (t *Tracer) awaitSince(x *tracee, begin time.Time, limit time.Duration, impatient bool) error {
	for round := 0; ; round++ {
		if t.threads[x.tid] != x {
			return unix.ESRCH
		}
		if x.stopped {
			return nil
		}
		if s, found := x.poll(); found {
			t.note(x, s)
			continue
		}
		pause(round)
		if round < 20 {
			continue
		}
		now := time.Now()
		if begin.IsZero() {
			begin = now
		}
		if now.Sub(begin) > limit {
			return ErrBusy
		}
		if impatient && t.ctx != nil && t.ctx.Err() != nil {
			return context.Cause(t.ctx)
		}
		if now.Sub(begin) < patience {
			continue
		}
		s, err := t.p.ThreadStat(x.tid)
		if err == nil && (s.State == 'Z' || s.State == 'X') {
			// A first thread that ended before the others: its end is told
			// last, when nobody waits for it any more.
			return unix.ESRCH
		}
		switch {
		case !impatient || err != nil || s.State != 'D':
		case t.inExec(x.tid):
			// It waits for the others to be reaped.
			if err := t.attend(); err != nil {
				return err
			}
		default:
			return ErrBusy
		}
	}
}

// inExec tells whether a thread that has been seen asleep is so in execve, or
// sleeps no more, or has another id now.
func (t *Tracer) inExec(tid int) bool {
	text, err := t.p.readProc("task/"+strconv.Itoa(tid)+"/syscall", make([]byte, 0, 256))
	if err != nil {
		return err == unix.ESRCH || err == unix.ENOENT
	}
	number, _, _ := strings.Cut(string(text), " ")
	return strings.HasPrefix(number, "running") || number == execveNumber || number == execveatNumber
}

var execveNumber, execveatNumber = strconv.Itoa(unix.SYS_EXECVE), strconv.Itoa(unix.SYS_EXECVEAT)
