//go:build amd64 || arm64

package exc_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// A child of this mode has new threads write to the watched words.
const writers = 6

func init() {
	before["new threads"] = func() {
		after = func() {
			var all, done sync.WaitGroup
			all.Add(writers)
			for range writers {
				done.Go(func() {
					runtime.LockOSThread()
					all.Done()
					all.Wait() // so each has a thread of its own
					atomic.AddUint32(&written[0], 1)
				})
			}
			done.Wait()
			println(written[0])
		}
	}
}

// startWriters starts a child of that mode, and gives its task and the address of the
// watched words.
func startWriters(t *testing.T) (p *process, of *task.Task, at uint64) {
	t.Helper()
	p = start(t, "new threads")
	of, err := task.ForPID(within(t), p.cmd.Process.Pid)
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		t.Skip(err)
	}
	ok(t, err)
	t.Cleanup(func() { of.Close() })
	at, err = strconv.ParseUint(p.line(t), 10, 64)
	ok(t, err)
	return p, of, at
}

// Debug registers of a task are those that its new threads begin with, and no others
// (xnu osfmk/kern/thread.c thread_create_internal, machine_thread_inherit_taskwide in
// osfmk/i386/machine_task.c and osfmk/arm64/machine_task.c).
func TestDebugRegistersOfNewThreads(t *testing.T) {
	porttest.LeakCheck(t)
	p, of, at := startWriters(t)

	old := map[uint64]bool{}
	threads, err := of.Threads()
	ok(t, err)
	for _, th := range threads.All() {
		id, err := th.ID()
		ok(t, err)
		old[id] = true
	}
	ok(t, threads.Close())

	want := watchWord(at)
	err = mach.TaskSetState(of.Name(), debugFlavor, mach.State(&want), debugCount)
	if errors.Is(err, mach.KERN_NOT_SUPPORTED) {
		t.Skip("no debug registers here: ", err)
	}
	ok(t, err)
	var got debugState
	count := mach.MachMsgTypeNumber(debugCount)
	ok(t, mach.TaskGetState(of.Name(), debugFlavor, mach.State(&got), &count))
	if got != want || count != debugCount {
		t.Errorf("the task has %+v, %d words", got, count)
	}

	var hits atomic.Int32
	s, err := exc.NewServer(func(_ context.Context, e *exc.Exception) error {
		id, err := e.Thread.ID()
		if err != nil || old[id] {
			t.Errorf("an exception of thread %d, which is old: %v", id, err)
		}
		have, err := task.State[debugState](e.Thread)
		if err != nil || !sameWatch(&have, &want) {
			t.Errorf("thread %d has %+v, %v", id, have, err)
		}
		hits.Add(1)
		return task.SetState(e.Thread, debugState{})
	})
	ok(t, err)
	defer s.Close()
	go s.Serve(bg)
	_, err = s.Attach(exc.Task(of), mach.EXC_MASK_BREAKPOINT, 0)
	ok(t, err)
	io.WriteString(p.in, "\n")
	ok(t, p.wait())
	if n := hits.Load(); n == 0 || n > writers {
		t.Errorf("%d of %d threads have met what is watched", n, writers)
	}
}

// What was set can be taken back, once (THREAD_STATE_NONE of machine_task_set_state).
func TestDebugRegistersOfNoThreads(t *testing.T) {
	porttest.LeakCheck(t)
	p, of, at := startWriters(t)
	want := watchWord(at)
	err := mach.TaskSetState(of.Name(), debugFlavor, mach.State(&want), debugCount)
	if errors.Is(err, mach.KERN_NOT_SUPPORTED) {
		t.Skip("no debug registers here: ", err)
	}
	ok(t, err)
	ok(t, mach.TaskSetState(of.Name(), mach.THREAD_STATE_NONE, mach.State(&want), 0))
	if err := mach.TaskSetState(of.Name(), mach.THREAD_STATE_NONE, mach.State(&want), 0); !errors.Is(err, mach.KERN_FAILURE) {
		t.Errorf("taken back twice: %v", err)
	}
	io.WriteString(p.in, "\n")
	ok(t, p.wait()) // nobody handles an exception
}
