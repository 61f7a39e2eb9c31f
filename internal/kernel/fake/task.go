package fake

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// ThreadID is the id of a task's one thread.
const ThreadID = 1

// Task is a task of a Machine. It lives until the kernel ends it.
type Task struct {
	pid int
	cpu mach.CPUType
	Mem *Memory
}

// PID implements core.TaskSub, as the methods below do.
func (t *Task) PID() int                  { return t.pid }
func (t *Task) Self() bool                { return false }
func (t *Task) CPU() mach.CPUType         { return t.cpu }
func (t *Task) Control() error            { return nil }
func (t *Task) Memory() core.AddressSpace { return t.Mem }
func (t *Task) Threads() ([]int, error)   { return []int{ThreadID}, nil }
func (t *Task) Suspend() error            { return nil }
func (t *Task) Resume() error             { return nil }
func (t *Task) Terminate() error          { return errors.ErrUnsupported }
func (t *Task) Wait(done <-chan struct{}) { <-done }
func (t *Task) Close() error              { return nil }

// Usage implements core.TaskSub: a task of root's that has used nothing.
func (t *Task) Usage() (core.Usage, error) {
	return core.Usage{Name: fmt.Sprint("fake", t.pid), Threads: 1, SixtyFour: true}, nil
}

// OpenThread implements core.TaskSub.
func (t *Task) OpenThread(id int) (core.ThreadSub, error) {
	if id != ThreadID {
		return nil, fmt.Errorf("thread %d: %w", id, fs.ErrNotExist)
	}
	return thread{}, nil
}

// Exceptions implements core.Excepter: none ever happens.
func (t *Task) Exceptions(func(core.Exception) bool) error { return nil }

// thread has no registers and never runs.
type thread struct{}

func (thread) Suspend() error   { return nil }
func (thread) Resume() error    { return nil }
func (thread) Abort() error     { return nil }
func (thread) Terminate() error { return errors.ErrUnsupported }

func (thread) GetState(mach.ThreadStateFlavor) ([]uint32, error) {
	return nil, errors.ErrUnsupported
}

func (thread) SetState(mach.ThreadStateFlavor, []uint32) error { return errors.ErrUnsupported }

func (thread) Usage() (core.ThreadUsage, error) {
	return core.ThreadUsage{UniqueID: ThreadID}, nil
}
