package task

import (
	"errors"
	"io/fs"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/cause"
)

// Refusal is an error of a call on another process with what the system tells
// about it: Mach's codes say too little. It is Err, and fs.ErrNotExist or
// fs.ErrPermission where that is the reason.
type Refusal struct {
	Err    error  // of the call, usually a mach.KernReturn
	Reason string // such as "no such process"
	// Advice is what helps, on one or more lines: "" if there is nothing to do.
	Advice string

	class error // fs.ErrNotExist, fs.ErrPermission or nil
}

// Error is the reason, the code in parentheses and, from the next line on, the
// advice.
func (e *Refusal) Error() string {
	if e == nil || e.Err == nil {
		return "task: no refusal"
	}
	s := e.Reason + " (" + e.Err.Error() + ")"
	if e.Advice != "" {
		s += "\n" + e.Advice
	}
	return s
}

// Unwrap returns Err, and the class of the reason.
func (e *Refusal) Unwrap() []error {
	switch {
	case e == nil || e.Err == nil:
		return nil
	case e.class == nil:
		return []error{e.Err}
	}
	return []error{e.Err, e.class}
}

// Explain makes a [Refusal] of the error of a Mach call on a process or one of
// its threads, if the system tells why it was refused. Any other error comes back
// as it is. The functions of this package do that themselves; Explain is for
// programs that make the calls.
//
// The hosted kernel keeps the last refusal of each process: ask at once, and
// before another goroutine has made a call on the same process. Darwin's kernel
// tells nothing; for task_for_pid see [ExplainOpen].
func Explain(pid int, err error) error {
	if !vague(err) {
		return err
	}
	c := cause.Of(pid)
	if c == nil {
		return err
	}
	r := refusalBy(c)
	r.Err = err
	return r
}

// vague reports whether the code is one of those that stand for many causes.
func vague(err error) bool {
	var known *Refusal
	if errors.As(err, &known) {
		return false
	}
	for _, code := range []error{mach.KERN_FAILURE, mach.KERN_NO_ACCESS, mach.KERN_RESOURCE_SHORTAGE, mach.KERN_ABORTED} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// noProcess and notPermitted are the two classes that most refusals are of.

func noProcess(reason string) *Refusal { return &Refusal{Reason: reason, class: fs.ErrNotExist} }

func notPermitted(reason, advice string) *Refusal {
	return &Refusal{Reason: "not permitted: " + reason, Advice: advice, class: fs.ErrPermission}
}

// refused names the call of an error, and says why if the system tells, or if the task
// has ended meanwhile: XNU answers KERN_FAILURE while its port lives, as
// task_suspend2 does (osfmk/kern/task.c, place_task_hold).
func (t *Task) refused(call string, err error) error {
	if t != nil && vague(err) {
		if pid, e := t.PID(); e == nil {
			err = Explain(pid, err)
		} else if t.died() {
			r := noProcess("no such process: it has ended")
			r.Err = err
			err = r
		}
	}
	return failed(call, err)
}

// died reports whether the task's port has died.
func (t *Task) died() bool {
	name, err := t.use()
	if err != nil {
		return false
	}
	defer t.done()
	return isDead(name)
}

// isDead reports whether a name is a dead one: its port has died.
func isDead(name mach.MachPortName) bool {
	var kind mach.MachPortType_t
	return mach.MachPortType(mach.MachTaskSelf(), name, &kind) == nil && kind&mach.MACH_PORT_TYPE_DEAD_NAME != 0
}
