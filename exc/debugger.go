package exc

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// ErrExited says that the debugged process has ended.
var ErrExited = errors.New("exc: the process has ended")

// debugMask is what a debugger wants to know.
const debugMask = mach.EXC_MASK_BAD_ACCESS | mach.EXC_MASK_BAD_INSTRUCTION | mach.EXC_MASK_ARITHMETIC |
	mach.EXC_MASK_BREAKPOINT | mach.EXC_MASK_SOFTWARE

// Debugger watches another process: it sets breakpoints, steps threads and
// catches crashes. It owns the process's task port, its exception handler, and
// the suspension while the process is stopped.
//
// The process runs, or it is stopped by a [Stop], which [Debugger.Wait] returns;
// [Debugger.Continue], [Debugger.Step] and [Debugger.Pass] use that up. If the
// debugger goes away, in whatever way, the kernel lets the process run: its
// suspension and its handler are rights of the debugger. Breakpoints stay
// behind then, unless Detach or Close took them out.
//
// A child that the process forks has the same breakpoints and the same handler.
// It is left to itself as soon as it comes to one of them, unless it is followed:
// see [Debugger.Follow]. One that comes to a breakpoint when the debugger has gone
// ends by SIGTRAP. A program that the process executes in its own place has another
// task: that is the end of the process for the debugger.
//
// Unix signals are stops, for the reason [Signalled], if the debugger's process
// has attached to the process by ptrace with PT_ATTACHEXC, which is its business:
// the kernel makes them exceptions then (EXC_SOFTWARE with EXC_SOFT_SIGNAL; the
// number is the Signal of [Software]). ptrace with PT_THUPDATE says which signal
// the thread shall get, before Continue. The hosted kernel has no ptrace, and
// leaves signals alone; darwinrun has it.
//
// Methods may be called from any goroutine, at the same time; each waits for its
// turn. What may wait takes a context, which ends the wait.
type Debugger struct {
	task     *task.Task
	server   *Server
	notifier *port.Notifier
	death    *port.Send // watched
	stops    chan *Stop
	asked    chan struct{} // by Interrupt
	dead     chan struct{}
	done     chan struct{} // closed when the debugger goes
	serving  sync.WaitGroup

	raised atomic.Uint32 // exceptions so far
	busy   atomic.Int32  // those that are not judged yet

	turn chan struct{} // full while a method is at work, which has the fields below

	stop       *Stop   // the process is stopped by it
	pending    []*Stop // they have come, but the process is not stopped by them yet
	waiting    []*Stop // they are for the end of the step in progress
	lift       *lifted // a step in progress
	watches    [maxWatches]*Watchpoint
	hadWatches bool              // threads may have reached one that is gone
	told       map[uint64]uint64 // threads, by number, that run to a breakpoint that was told
	changed    chan struct{}     // closed and replaced when stop or lift changes
	closed     bool

	mu      sync.Mutex // for those below, which change in turn only
	points  map[uint64]*Breakpoint
	cleared map[uint64][]byte // what was at breakpoints that are gone: threads may have reached them
	follow  func(*Debugger)

	crossings map[uint64]*crossing // by thread, see vfork.go
}

// Debug begins to watch a process, which goes on running. The caller closes the
// debugger. The context is for the beginning only, which may have to wait for a
// user's consent; see [task.ForPID] about what it takes.
//
// It fails with [errors.ErrUnsupported] if the process is a program of another
// CPU than the debugger, such as one that Rosetta translates.
//
// Mach calls: task_for_pid, task_swap_exception_ports, mach_vm_region_recurse,
// mach_vm_read_overwrite, and those of [NewServer], [Server.Attach] and
// [port.Notifier].
func Debug(ctx context.Context, pid int) (*Debugger, error) {
	t, err := task.ForPID(ctx, pid)
	if err != nil {
		return nil, err
	}
	return debug(ctx, t)
}

// debug takes the task, also when it fails.
func debug(ctx context.Context, t *task.Task) (*Debugger, error) {
	d := &Debugger{
		task: t, stops: make(chan *Stop), asked: make(chan struct{}, 1), dead: make(chan struct{}),
		done: make(chan struct{}), turn: make(chan struct{}, 1), changed: make(chan struct{}),
		told: map[uint64]uint64{}, points: map[uint64]*Breakpoint{}, cleared: map[uint64][]byte{},
		crossings: map[uint64]*crossing{},
	}
	if err := d.attach(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func (d *Debugger) attach(ctx context.Context) (err error) {
	if d.task.IsSelf() {
		return errors.New("exc: a process cannot debug itself: its own stop would stop the debugger")
	}
	if err := sameCPU(ctx, d.task); err != nil {
		return err
	}
	if d.server, err = NewServer(d.exception); err != nil {
		return err
	}
	d.serving.Go(func() { d.server.Serve(context.Background()) })
	died := sync.OnceFunc(func() { close(d.dead) })
	if d.notifier, err = port.NewNotifier(func(n port.Notification) {
		if _, is := n.(port.DeadName); is {
			died()
		}
	}); err != nil {
		return err
	}
	if d.death, err = port.CopySend(d.task.Name()); err != nil {
		return err
	}
	if err = d.notifier.DeadName(d.death); err != nil {
		return err
	}
	_, err = d.server.Attach(Task(d.task), debugMask, 0, mach.EXCEPTION_DEFAULT|mach.MACH_EXCEPTION_CODES)
	return err
}

// lock waits for its turn, and keeps others out until unlock. It fails if there
// is no debugger, and when the context ends.
func (d *Debugger) lock(ctx context.Context) error {
	if d == nil || d.task == nil {
		return port.ErrClosed
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case d.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (d *Debugger) unlock() { <-d.turn }

// Task is the process's task. It is lent: Close closes it.
func (d *Debugger) Task() *task.Task {
	if d == nil {
		return nil
	}
	return d.task
}

// Close is [Debugger.Detach] that waits no longer than five seconds.
//
// Mach calls: those of Detach.
func (d *Debugger) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return d.Detach(ctx)
}

// Detach takes the breakpoints out, lets the process run, and leaves it to
// itself. An exception that it is stopped by is passed on if it is a crash. It
// waits for its turn, for the process's suspension, and for threads that are at
// a breakpoint, a watchpoint or the end of a step, a second at most. If the
// context ends before its turn comes, the debugger stays; later, the debugger is
// gone in any case, and the error tells what could not be undone. Of a process
// that has ended, that is nothing. A second Detach does nothing.
//
// Mach calls: those of [task.Task.Patch] and [Server.Close], task_suspend2,
// thread_resume, thread_set_state, task_resume2, mach_port_deallocate.
func (d *Debugger) Detach(ctx context.Context) error {
	if d == nil || d.task == nil {
		return nil
	}
	if err := d.lock(ctx); err != nil {
		return err
	}
	if d.closed {
		d.unlock()
		return nil
	}
	d.closed = true
	errs := d.withdraw(ctx)
	close(d.done)
	d.unlock()
	exited := d.exited() || errors.Join(errs...) != nil && d.dying()
	if !exited {
		d.calm(ctx)
	}
	if d.server != nil {
		errs = append(errs, d.server.Close())
	}
	exited = exited || errors.Join(errs...) != nil && d.dying() // before nobody would tell of it any more
	errs = append(errs, d.notifier.Close())
	d.serving.Wait()
	errs = append(errs, d.death.Close(), d.task.Close())
	if exited {
		return nil // what belongs to a process that has ended cannot be undone
	}
	return errors.Join(errs...)
}

// withdraw undoes what was done to the process.
func (d *Debugger) withdraw(ctx context.Context) (errs []error) {
	if !d.exited() {
		for _, p := range d.points {
			errs = append(errs, d.write(ctx, p.Address, p.original))
		}
	}
	if d.watching() && !d.exited() {
		d.watches = [maxWatches]*Watchpoint{}
		errs = append(errs, d.rewatch(ctx))
	}
	if l := d.lift; l != nil { // its rights are ours, whether the process lives or not
		errs = append(errs, d.undo(l, false))
	}
	for _, s := range d.pending {
		s.verdict <- d.late(s)
	}
	d.pending = nil
	if s := d.stop; s != nil {
		var v error
		if s.Reason == Crashed {
			v = Refuse
		}
		errs = append(errs, d.release(s, v))
	}
	return errs
}

// calm waits until the threads that had reached a breakpoint or a watchpoint
// before it was taken out, or the end of a step, have been sent on. Without a
// handler that would end the process.
func (d *Debugger) calm(ctx context.Context) {
	if ctx == nil {
		ctx = context.Background()
	}
	for start := time.Now(); time.Since(start) < time.Second; {
		n := d.raised.Load()
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return
		}
		if d.busy.Load() == 0 && d.raised.Load() == n {
			return
		}
	}
}

// dying tells, after a failure, whether the process was just going: its memory
// is gone a moment before its port is.
func (d *Debugger) dying() bool {
	select {
	case <-d.dead:
		return true
	case <-time.After(time.Second / 2):
		return false
	}
}

func (d *Debugger) exited() bool {
	select {
	case <-d.dead:
		return true
	default:
		return false
	}
}
