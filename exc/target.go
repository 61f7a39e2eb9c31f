package exc

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// Target is what has exception handlers: a thread, a task or the host. It
// borrows the right of its control port, which must stay open while the target
// is used. The zero Target is nobody: its methods fail with [port.ErrClosed].
type Target struct {
	level  level
	thread *task.Thread
	task   *task.Task
	host   *port.Send
}

type level uint8

const (
	threadLevel level = iota
	taskLevel
	hostLevel
)

// Thread is the handlers of a thread. They belong to the thread of the operating
// system, not to a goroutine.
func Thread(th *task.Thread) Target { return Target{level: threadLevel, thread: th} }

// Task is the handlers of a task.
func Task(t *task.Task) Target { return Target{level: taskLevel, task: t} }

// Host is the handlers of the host, by a right to its privileged port.
func Host(priv *port.Send) Target { return Target{level: hostLevel, host: priv} }

// name borrows the control port's name.
func (t Target) name() (mach.MachPort, error) {
	name := t.host.Name()
	switch t.level {
	case threadLevel:
		name = t.thread.Name()
	case taskLevel:
		name = t.task.Name()
	}
	if name == mach.MACH_PORT_NULL {
		return 0, port.ErrClosed
	}
	return name, nil
}

// keep is the target with a reference of its own.
func (t Target) keep() (Target, error) {
	if _, err := t.name(); err != nil {
		return t, err
	}
	var err error
	switch t.level {
	case threadLevel:
		t.thread, err = copyThread(t.thread)
	case taskLevel:
		t.task, err = copyTask(t.task)
	case hostLevel:
		t.host, err = t.host.Copy()
	}
	return t, err
}

// release gives up what keep has made.
func (t Target) release() error {
	switch t.level {
	case threadLevel:
		return t.thread.Close()
	case taskLevel:
		return t.task.Close()
	}
	return t.host.Close()
}
