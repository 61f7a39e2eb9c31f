package exc

import (
	"fmt"
	"strings"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// Exception is one exception of a thread. It owns the rights that its message
// brought until the handler returns; the server closes what is left of them. A
// handler keeps a right by moving it out, with Relinquish, or by setting the
// field to nil; the exception cannot be passed on then.
type Exception struct {
	Type  mach.ExceptionType
	Codes []int64 // two words as a rule; see Detail
	// Behavior is the form in which the exception came, with
	// MACH_EXCEPTION_CODES if its codes have 64 bits.
	Behavior mach.ExceptionBehavior

	// Thread and Task come in the behaviors EXCEPTION_DEFAULT and
	// EXCEPTION_STATE_IDENTITY, and are nil in the others.
	Thread *task.Thread
	Task   *task.Task
	// ThreadID and TaskToken stand in their place in the identity-protected
	// behaviors. See TaskOf.
	ThreadID  uint64
	TaskToken *port.Send
	// Backtrace is the object with the kernel's report (kcdata) in
	// MACH_EXCEPTION_BACKTRACE_PREFERRED.
	Backtrace *port.Send

	// Flavor and State are the thread's registers, in the behaviors that bring
	// them. A handler that answers Handled may change both: the thread goes on
	// with what they are then.
	Flavor mach.ThreadStateFlavor
	State  []mach.Natural

	request int32       // of the message
	form    form        // of the message
	sender  port.Sender // who sent it
}

// Sender is who sent the message. An exception that the kernel raised comes
// from PID 0: anybody else who holds a right to the port can send one, too.
func (e *Exception) Sender() port.Sender {
	if e == nil {
		return port.Sender{}
	}
	return e.sender
}

// TaskOf returns another owner of the task: a copy of Task, whatever the
// flavor, or the port of that flavor that the kernel gives for TaskToken. The
// caller closes it.
//
// It fails with [port.ErrKind] if the behavior tells no task, and with
// [mach.KERN_DENIED] or [mach.KERN_NOT_FOUND] if the kernel gives none.
//
// Mach calls: mach_port_mod_refs or task_identity_token_get_task_port.
func (e *Exception) TaskOf(flavor mach.MachTaskFlavor) (*task.Task, error) {
	if e == nil {
		return nil, port.ErrKind
	}
	if e.Task.Name() != mach.MACH_PORT_NULL {
		return copyTask(e.Task)
	}
	token := e.TaskToken.Name()
	if token == mach.MACH_PORT_NULL {
		return nil, port.ErrKind
	}
	var name mach.MachPort
	err := mach.TaskIdentityTokenGetTaskPort(token, mach.TaskFlavor(flavor), &name)
	if err != nil {
		return nil, failed("task_identity_token_get_task_port", err)
	}
	return task.Own(name), nil
}

// release closes what is left of the rights.
func (e *Exception) release() {
	e.Thread.Close()
	e.Task.Close()
	e.TaskToken.Close()
	e.Backtrace.Close()
	e.Thread, e.Task, e.TaskToken, e.Backtrace = nil, nil, nil, nil
}

// copyTask is another owner of a task's port.
func copyTask(t *task.Task) (*task.Task, error) {
	if t.IsSelf() {
		return task.Self(), nil
	}
	s, err := port.CopySend(t.Name())
	if err != nil {
		return nil, err
	}
	return task.Own(s.Relinquish()), nil
}

// copyThread is another owner of a thread's port.
func copyThread(th *task.Thread) (*task.Thread, error) {
	s, err := port.CopySend(th.Name())
	if err != nil {
		return nil, err
	}
	return task.OwnThread(s.Relinquish(), th.Task()), nil
}

// code is word i of the codes, or 0.
func (e *Exception) code(i int) int64 {
	if i < len(e.Codes) {
		return e.Codes[i]
	}
	return 0
}

// String is the type's C name with the codes.
func (e *Exception) String() string {
	if e == nil {
		return "no exception"
	}
	var b strings.Builder
	b.WriteString(e.Type.String())
	for i, c := range e.Codes {
		sep := ", "
		if i == 0 {
			sep = " ("
		}
		fmt.Fprintf(&b, "%s%#x", sep, uint64(c))
	}
	if len(e.Codes) > 0 {
		b.WriteByte(')')
	}
	return b.String()
}
