package task

import "github.com/gomach/mach"

// ReadPort opens the task again with its read port, which permits everything
// that changes nothing. To hand that to somebody is safer than the control port.
// The caller has to close it. It takes the read or control port.
//
// Mach calls: task_get_special_port with TASK_READ_PORT.
func (t *Task) ReadPort() (*Task, error) { return t.special(mach.TASK_READ_PORT) }

// InspectPort is ReadPort for the inspect port, which permits figures, but no
// look into memory and registers. It takes the inspect port or a greater one.
//
// Mach calls: task_get_special_port with TASK_INSPECT_PORT.
func (t *Task) InspectPort() (*Task, error) { return t.special(mach.TASK_INSPECT_PORT) }

func (t *Task) special(which mach.TaskSpecialPort) (*Task, error) {
	name, err := t.use()
	if err != nil {
		return nil, err
	}
	defer t.done()
	var p mach.MachPort
	if err := mach.TaskGetSpecialPort(name, which, &p); err != nil {
		return nil, failed("task_get_special_port", err)
	}
	if p == mach.MACH_PORT_NULL {
		return nil, failed("task_get_special_port", mach.KERN_FAILURE)
	}
	return Own(p), nil
}

// Terminate ends a task that has no process, such as a corpse, and fails with
// [mach.KERN_FAILURE] for one that has: send that a signal. It takes the control
// port.
//
// Mach calls: task_terminate.
func (t *Task) Terminate() error {
	if t.IsSelf() {
		return failed("task_terminate", mach.KERN_INVALID_ARGUMENT) // end with os.Exit
	}
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	return failed("task_terminate", mach.TaskTerminate(name))
}
