//go:build linux && (amd64 || arm64)

package linux

import (
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// Tracer stops, inspects and steers the threads of one process.
//
// ptrace belongs to the OS thread that attached, so each Tracer has a locked
// thread of its own, and its methods are requests to that thread. Nothing is
// attached until a method needs it, and threads that nobody wants stopped or
// watched are let go at once.
//
// A thread is stopped while the process is suspended (Suspend), while it is
// suspended itself (SuspendThread), or while an event handler looks at it.
// There are no counts: one Resume undoes any number of Suspends.
type Tracer struct {
	p     *Process
	calls chan func()
	ended chan struct{}
	once  sync.Once
	cache registerCache

	// What follows belongs to the tracer's thread.
	self      int // its tid
	threads   map[int]*tracee
	suspended bool
	handler   Handler
	watch     Watch
	scratch   []int
	closing   bool
	left      map[int]*leftCalls
	leftLimit int    // ask whose threads have ended when there are so many
	gadget    uint64 // a system call instruction in the target, 0 if unknown
	dead      bool
}

// Trace makes a Tracer for the process. It touches nothing yet and asks for
// no right; so it fails only for the own process (ErrSelf). Close it after
// use; that resumes the target.
func (p *Process) Trace() (*Tracer, error) {
	if p.self {
		return nil, wrap("trace", p.pid, 0, ErrSelf)
	}
	t := &Tracer{
		p:       p,
		calls:   make(chan func()),
		ended:   make(chan struct{}),
		threads: map[int]*tracee{},
		left:    map[int]*leftCalls{},
	}
	go t.run()
	return t, nil
}

// Process gives the traced process.
func (t *Tracer) Process() *Process { return t.p }

// run is the tracer's thread. It ends locked, so Go ends the OS thread too,
// whereupon Linux detaches whatever might be left.
func (t *Tracer) run() {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		// The main thread is the one that Go never ends. Occupy it for as
		// long as it takes another goroutine to start on another thread.
		started := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(started)
			t.serve()
		}()
		<-started
		runtime.UnlockOSThread()
		return
	}
	t.serve()
}

func (t *Tracer) serve() {
	defer close(t.ended)
	t.self = unix.Gettid()
	// Short sleeps are to be short (see pause); 50 µs is the usual slack.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	bell := newBell()
	defer bell.leave()
	for !t.closing {
		if len(t.threads) == 0 {
			// Nothing is attached: no event can come.
			bell.rest()
			f := <-t.calls
			f()
			continue
		}
		if bell.ring() {
			t.collect() // what came while it was not heard
		}
		select {
		case f := <-t.calls:
			f()
		case <-bell.rings:
			t.collect()
		case <-bell.tick.C:
			t.collect()
		}
	}
}

// do runs f on the tracer's thread.
func (t *Tracer) do(f func() error) error {
	result := make(chan error, 1)
	select {
	case t.calls <- func() { result <- f() }:
		return <-result
	case <-t.ended:
		return ErrClosed
	}
}

// Close resumes and detaches all threads and ends the tracer. A second Close
// does nothing.
func (t *Tracer) Close() error {
	t.once.Do(func() {
		_ = t.do(func() error {
			t.handler, t.watch, t.suspended = nil, Watch{}, false
			for _, x := range t.threads {
				x.held, x.judged = false, 0
			}
			t.settle()
			t.closing = true
			return nil
		})
	})
	return nil
}
