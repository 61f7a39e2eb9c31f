//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Tracer stops, inspects and steers the threads of one process.
//
// ptrace belongs to the OS thread that attached, so a Tracer has a locked
// thread, which it shares with those of the process's children alone, and its
// methods are requests to that thread. Nothing is
// attached until a method needs it, and threads that nobody wants stopped or
// watched are let go at once.
//
// A thread is stopped while the process is suspended (Suspend), while it is
// suspended itself (SuspendThread), or while an event handler looks at it.
// There are no counts: one Resume undoes any number of Suspends.
type Tracer struct {
	*loop
	p      *Process
	ended  chan struct{} // closed by Close
	once   sync.Once
	cache  registerCache
	gadget atomic.Uint64 // a system call instruction in the target, 0 if unknown

	// What follows belongs to the tracer's thread.
	ctx         context.Context // of the request that is served, or nil
	waiting     time.Time       // when that began to wait, or zero
	urgent      bool            // it has waited for long
	attached    int             // how many threads have ever been
	lost        bool            // threads have ended: there may be strays
	searched    time.Time       // when strays were last looked for
	threads     map[int]*tracee
	suspended   bool
	handler     Handler
	watch       Watch
	scratch     []int
	closing     bool
	left        map[int]*leftCalls
	restarts    map[int]restart // see startAgain
	restartTime time.Duration   // how long calls with a time limit are started again
	leftLimit   int             // ask whose threads have ended when there are so many
	dead        bool
}

// Trace makes a Tracer for the process. It touches nothing yet and asks for
// no right; so it fails only for the own process (ErrSelf). Close it after
// use; that resumes the target.
func (p *Process) Trace() (*Tracer, error) {
	if p.self {
		return nil, wrap("trace", p.pid, 0, ErrSelf)
	}
	l := &loop{calls: make(chan func()), answers: make(chan func())}
	t := l.add(p)
	go l.run()
	return t, nil
}

// add makes a tracer of the loop.
func (l *loop) add(p *Process) *Tracer {
	t := &Tracer{
		loop:    l,
		p:       p,
		ended:   make(chan struct{}),
		threads: map[int]*tracee{},
		left:    map[int]*leftCalls{},

		restartTime: time.Second,
	}
	l.tracers = append(l.tracers, t)
	return t
}

// Process gives the traced process.
func (t *Tracer) Process() *Process { return t.p }

// do runs f on the tracer's thread.
func (t *Tracer) do(f func() error) error { return t.doContext(context.Background(), f) }

// doContext runs f on the tracer's thread unless ctx ends before it begins.
// Once it has begun, it is f that gives up when ctx ends (see impatient), so
// that there is never a doubt about what was done.
func (t *Tracer) doContext(ctx context.Context, f func() error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	result := make(chan error, 1)
	call := func() {
		if t.closing {
			result <- ErrClosed
			return
		}
		t.ctx, t.waiting, t.urgent = ctx, time.Time{}, false
		err := f()
		t.ctx, t.urgent = nil, false
		result <- err
	}
	select {
	case t.calls <- call:
		return <-result
	case <-ctx.Done():
		return context.Cause(ctx)
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
			close(t.ended)
			return nil
		})
	})
	return nil
}
