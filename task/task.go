package task

import (
	"context"
	"fmt"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
)

// Task owns a reference to a port of a task. Its methods may be called by
// several goroutines at once.
type Task struct {
	h     handle
	self  bool
	facts facts

	of  *Task           // the owner of the reference, of which this is a view
	ctx context.Context // of a view; see WithContext
}

var self = &Task{self: true}

// Self is the program's own task. Its right is not counted: there is nothing to
// close, and Close does nothing.
//
// Mach calls: mach_task_self.
func Self() *Task { return self }

// Own takes over one reference to a task port, such as a message brought; the
// caller must own it. It does not check the name. For the program's own task
// port it returns [Self], and gives the reference back.
func Own(name mach.MachPort) *Task {
	if name != mach.MACH_PORT_NULL && name == mach.MachTaskSelf() {
		release(name)
		return self
	}
	t := new(Task)
	t.h.init(name)
	return t
}

// Name borrows the port's name: MACH_PORT_NULL once it is closed. Do not release
// it.
func (t *Task) Name() mach.MachPort {
	switch {
	case t == nil:
		return mach.MACH_PORT_NULL
	case t.self:
		return mach.MachTaskSelf()
	}
	return t.root().h.name()
}

// Close gives the reference back. A second Close does nothing, nor does the
// Close of [Self], whose right the kernel does not let go of.
//
// Mach calls: mach_port_deallocate.
func (t *Task) Close() error {
	if t == nil || t.self || t.of != nil {
		return nil
	}
	return t.h.close()
}

// Relinquish hands the reference over to the caller, who has to release it by
// mach_port_deallocate. It is MACH_PORT_NULL if t is closed, [Self] or a
// view ([Task.WithContext]).
func (t *Task) Relinquish() mach.MachPort {
	if t == nil || t.self || t.of != nil {
		return mach.MACH_PORT_NULL
	}
	return t.h.take()
}

// use returns the name for one call; done must follow.
func (t *Task) use() (mach.MachPort, error) {
	switch {
	case t == nil:
		return 0, unusable.New("task", "Task", unusable.Nil)
	case t.self:
		return mach.MachTaskSelf(), nil
	}
	return t.root().h.use("Task")
}

func (t *Task) done() {
	if !t.self {
		t.root().h.done()
	}
}

// IsSelf reports whether t is the program's own task.
//
// Mach calls: mach_task_is_self, for a task that is not [Self].
func (t *Task) IsSelf() bool {
	name, err := t.use()
	if err != nil {
		return false
	}
	defer t.done()
	return t.self || mach.MachTaskIsSelf(name).Bool()
}

// PID is the process's number. It fails when the task has ended.
//
// Mach calls: pid_for_task.
func (t *Task) PID() (int, error) {
	name, err := t.use()
	if err != nil {
		return 0, err
	}
	defer t.done()
	var pid int32
	if err := mach.PIDForTask(name, &pid); err != nil {
		return 0, failed("pid_for_task", err)
	}
	return int(pid), nil
}

// String names the task for people.
func (t *Task) String() string {
	if t != nil && t.self {
		return "own task"
	}
	return fmt.Sprintf("task %#x", uint32(t.Name()))
}
