//go:build linux && (amd64 || arm64)

package linux

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// loop is an OS thread that traces. ptrace belongs to the thread that attached,
// and the kernel attaches what a process forks to the tracer of that process: so
// a loop serves the tracers of a process and of those that come of it.
type loop struct {
	calls chan func()
	// answers are handlers' decisions, which are taken also while a request
	// waits.
	answers chan func()

	// What follows belongs to the thread.
	self    int // its tid
	alarm   *alarm
	tracers []*Tracer
}

// run ends locked, so Go ends the OS thread too, whereupon Linux detaches
// whatever might be left.
func (l *loop) run() {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		// The main thread is the one that Go never ends. Occupy it for as
		// long as it takes another goroutine to start on another thread.
		started := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(started)
			l.serve()
		}()
		<-started
		runtime.UnlockOSThread()
		return
	}
	l.serve()
}

func (l *loop) serve() {
	l.self = unix.Gettid()
	// Short sleeps are to be short (see pause); 50 µs is the usual slack.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	l.alarm = newAlarm()
	defer l.alarm.close()
	bell := newBell()
	defer bell.leave()
	for l.open() {
		if l.attached() == 0 {
			// No event can come.
			bell.rest()
			select {
			case f := <-l.calls:
				f()
			case f := <-l.answers:
				f()
			}
			continue
		}
		if bell.ring() {
			l.collect() // what came while it was not heard
		}
		select {
		case f := <-l.calls:
			f()
		case f := <-l.answers:
			f()
		case <-bell.rings:
			l.collect()
		case <-bell.tick.C:
			l.collect()
		}
	}
}

// open tells whether any tracer is not closed, and forgets those that are and
// have let go of everything.
func (l *loop) open() (open bool) {
	kept := l.tracers[:0]
	for _, t := range l.tracers {
		if !t.closing || len(t.threads) > 0 {
			kept = append(kept, t)
		}
		open = open || !t.closing
	}
	clear(l.tracers[len(kept):])
	l.tracers = kept
	return open
}

// attached counts the threads of all tracers.
func (l *loop) attached() (n int) {
	for _, t := range l.tracers {
		n += len(t.threads)
	}
	return n
}

func (l *loop) collect() {
	for _, t := range l.tracers[:len(l.tracers):len(l.tracers)] { // a fork appends to them
		t.collect()
	}
}
