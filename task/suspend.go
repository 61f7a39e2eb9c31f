package task

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/await"
)

// Suspension keeps a task from running. It owns a right that stands for that:
// if the program ends in whatever way, the right goes, and the kernel resumes
// the task.
type Suspension struct {
	mu    sync.Mutex
	token mach.MachPort
}

// Suspend stops the task's threads until the suspension is resumed. Suspensions
// add up: the task runs again when all are resumed. Suspending [Self] stops the
// program; somebody else has to resume it.
//
// Prefer [Task.Suspended], which resumes whatever happens. The read port will
// do. Suspend waits until the threads have left the kernel's calls that cannot
// be stopped: for long, if one hangs there. If the context ends first, Suspend
// fails with its error at once, and the task is resumed as soon as it is
// suspended after all.
//
// Mach calls: task_suspend2; those of [Suspension.Resume] if the context ends.
func (t *Task) Suspend(ctx context.Context) (*Suspension, error) {
	s, err := await.Value(ctx, func() (*Suspension, error) {
		name, err := t.use()
		if err != nil {
			return nil, err
		}
		defer t.done()
		s := new(Suspension)
		if err := mach.TaskSuspend2(name, &s.token); err != nil {
			return nil, t.refused("task_suspend2", err)
		}
		return s, nil
	}, func(s *Suspension) { s.Resume() })
	if await.Ended(ctx, err) {
		return nil, failed("task_suspend2", err)
	}
	return s, err
}

// Resume lets the task run on as far as this suspension goes. A second Resume
// does nothing, and that of a task that has ended, or that somebody else has
// resumed, succeeds.
//
// Mach calls: task_resume2, mach_port_type, mach_port_deallocate.
func (s *Suspension) Resume() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == mach.MACH_PORT_NULL {
		return nil
	}
	token := s.token
	s.token = mach.MACH_PORT_NULL
	err := mach.TaskResume2(token)
	switch {
	case errors.Is(err, mach.KERN_FAILURE), errors.Is(err, mach.KERN_INVALID_ARGUMENT), errors.Is(err, mach.KERN_TERMINATED):
		return nil // there is nothing to resume any more
	case !errors.Is(err, mach.MACH_SEND_INVALID_DEST):
		return failed("task_resume2", err) // the token went with the call
	}
	// The task is no more, and the token a dead name, which is left here.
	if isDead(token) {
		return release(token)
	}
	return nil
}

// Close is [Suspension.Resume].
//
// Mach calls: those of Resume.
func (s *Suspension) Close() error { return s.Resume() }

// SignalError is why the context of [Task.Suspended] ended: a signal came.
type SignalError struct{ Signal os.Signal }

// Error names the signal.
func (e *SignalError) Error() string {
	return "signal " + e.Signal.String() + " while a task was suspended"
}

// Suspended suspends the task for the time of f, and resumes it whatever
// happens: when f returns or panics, when the context ends, when the program is
// told by a signal to end (interrupt, hangup, terminate), and, by the kernel,
// when it is killed.
//
// A signal or the end of ctx ends the wait for the suspension (see
// [Task.Suspend]), resumes the task at once and ends the context that f is
// given; f should return then, as the target runs. After f has returned, the
// signal is delivered to the program again, which by default ends it; a program
// that handles the signal itself sees it twice.
//
// The error is f's, joined with that of the resumption if it fails. It is
// [mach.KERN_INVALID_ARGUMENT] for [Self], which nobody would resume, and
// without f. It is a [SignalError] if a signal came before the task was
// suspended; f is not called then.
//
// Mach calls: task_suspend2, task_resume2.
func (t *Task) Suspended(ctx context.Context, f func(context.Context) error) (err error) {
	if ctx == nil {
		ctx = context.Background()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if f == nil || t.IsSelf() {
		return failed("task_suspend2", mach.KERN_INVALID_ARGUMENT)
	}
	// The signals are watched first: none may come between.
	w := watch(ctx)
	defer func() { err = errors.Join(err, w.end()) }()
	s, err := t.Suspend(w.ctx)
	if err != nil {
		return err
	}
	w.suspension.Store(s)
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx) // end resumes
	}
	return f(w.ctx)
}

// watcher resumes a task when a signal comes or a context ends.
type watcher struct {
	ctx        context.Context // of f
	cancel     context.CancelCauseFunc
	suspension atomic.Pointer[Suspension] // nil until there is one
	signals    chan os.Signal
	done       chan os.Signal // the signal that ended ctx, if one did
}

func watch(ctx context.Context) *watcher {
	w := &watcher{signals: make(chan os.Signal, 2*len(fatalSignals)), done: make(chan os.Signal, 1)}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	notify(w.signals)
	go func() {
		var sig os.Signal
		select {
		case sig = <-w.signals:
			w.suspension.Load().Resume()
			w.cancel(&SignalError{sig})
		case <-w.ctx.Done():
		}
		// Whoever stores a suspension after this sees that the context has
		// ended.
		w.suspension.Load().Resume()
		w.done <- sig
	}()
	return w
}

// end resumes the task and hands on the signals that were kept from the
// program.
func (w *watcher) end() error {
	err := w.suspension.Load().Resume()
	w.cancel(nil)
	var kept []os.Signal
	if sig := <-w.done; sig != nil {
		kept = append(kept, sig)
	}
	// No signal comes to the watcher behind this: what is raised is not kept
	// again.
	signal.Stop(w.signals)
	for {
		select {
		case sig := <-w.signals:
			kept = append(kept, sig)
			continue
		default:
		}
		break
	}
	for _, sig := range kept {
		raise(sig)
	}
	return err
}

// notify watches the signals that the program does not ignore, as one that
// nohup started ignores a hangup.
func notify(c chan<- os.Signal) {
	for _, sig := range fatalSignals {
		if !signal.Ignored(sig) {
			signal.Notify(c, sig)
		}
	}
}

// raise sends the program a signal that it was kept from.
func raise(sig os.Signal) {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		p.Signal(sig)
	}
}
