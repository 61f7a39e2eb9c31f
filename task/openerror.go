package task

import (
	"fmt"

	"github.com/gomach/mach"
)

// OpenError says that a process's task port was not to be had. It is an [Error]
// to errors.As, and a [Refusal] where it is known or can be guessed why.
type OpenError struct {
	Call string // the C name of the function
	PID  int
	Err  error // usually a mach.KernReturn, or a Refusal with one
}

// ExplainOpen makes an [OpenError] of the error of task_for_pid or
// task_name_for_pid. The kernel answers [mach.KERN_FAILURE] for nearly every
// cause, so the error has what the system tells, or what to check, and is a
// [Refusal] then. Errors that say what they mean, such as that there is no Mach
// kernel here, get no advice. [ForPID] and [NameForPID] do that themselves.
//
// Ask at once: see [Explain].
func ExplainOpen(call string, pid int, err error) *OpenError {
	return &OpenError{call, pid, explainOpen(call, pid, err)}
}

// Error names the call and the process, and ends with advice on lines of its
// own if there is any.
func (e *OpenError) Error() string {
	err := e.Err
	if err == nil {
		err = mach.KERN_FAILURE
	}
	return fmt.Sprintf("%s of process %d: %v", e.Call, e.PID, err)
}

// Unwrap returns an [Error] with Call and Err.
func (e *OpenError) Unwrap() error { return failed(e.Call, e.Err) }
