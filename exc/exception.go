package exc

import (
	"fmt"
	"strings"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
)

// Exception is one exception of a thread. Its rights are lent: they are good
// until the handler returns.
type Exception struct {
	Type  mach.ExceptionType
	Codes []int64 // two words as a rule; see Detail
	// Behavior is the form in which the exception came, with
	// MACH_EXCEPTION_CODES if its codes have 64 bits.
	Behavior mach.ExceptionBehavior

	// Thread and Task name send rights, in the behaviors that bring them:
	// EXCEPTION_DEFAULT and EXCEPTION_STATE_IDENTITY.
	Thread, Task mach.MachPort
	// ThreadID and TaskToken stand in their place in the identity-protected
	// behaviors. See TaskOf.
	ThreadID  uint64
	TaskToken mach.MachPort
	// Corpse is the kernel's report in MACH_EXCEPTION_BACKTRACE_PREFERRED.
	Corpse mach.MachPort

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

// TaskOf returns a send right to the task, of that flavor, which the caller
// owns: a copy of Task, or what the kernel gives for TaskToken.
//
// It fails with [port.ErrKind] if the behavior tells no task, and with
// [mach.KERN_DENIED] or [mach.KERN_NOT_FOUND] if the kernel gives none.
//
// Mach calls: mach_port_mod_refs or task_identity_token_get_task_port.
func (e *Exception) TaskOf(flavor mach.MachTaskFlavor) (*port.Send, error) {
	if e == nil {
		return nil, port.ErrKind
	}
	if e.Task != mach.MACH_PORT_NULL {
		return port.CopySend(e.Task)
	}
	if e.TaskToken == mach.MACH_PORT_NULL {
		return nil, port.ErrKind
	}
	var name mach.MachPort
	err := mach.TaskIdentityTokenGetTaskPort(e.TaskToken, mach.TaskFlavor(flavor), &name)
	if err != nil {
		return nil, &port.Error{Call: "task_identity_token_get_task_port", Err: err}
	}
	return port.OwnSend(name), nil
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
