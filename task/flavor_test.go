package task_test

import (
	"errors"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

func TestLesserPorts(t *testing.T) {
	begin(t)
	a := spawn(t)
	r, err := a.ReadPort()
	must(t, err)
	defer r.Close()
	i, err := a.InspectPort()
	must(t, err)
	defer i.Close()
	for name, x := range map[string]*task.Task{"read": r, "inspect": i} {
		if pid, err := x.PID(); err != nil || pid != a.cmd.Process.Pid {
			t.Errorf("%s port is of process %d, %v", name, pid, err)
		}
		if _, err := x.Footprint(); err != nil {
			t.Errorf("%s port: %v", name, err)
		}
		l, err := x.Threads()
		must(t, err)
		if l.Len() == 0 {
			t.Errorf("%s port: no threads", name)
		}
		must(t, l.Close())
		if _, err := x.WriteMemory([]byte{1}, a.pattern); err == nil {
			t.Errorf("the %s port permits writing", name)
		}
	}
	if v, err := r.Uint32(a.pattern); err != nil || byte(v) != pattern(0) {
		t.Errorf("through the read port: %d, %v", v, err)
	}
	if _, err := i.Uint32(a.pattern); err == nil {
		t.Error("the inspect port permits reading")
	}
	for _, err := range r.Regions() {
		must(t, err)
	}
}

// TASK_DYLD_INFO is for the read port, every other flavor for the name port
// (task_info_from_user of xnu osfmk/kern/task.c).
func TestInfoByPort(t *testing.T) {
	begin(t)
	a := spawn(t)
	r, err := a.ReadPort()
	must(t, err)
	defer r.Close()
	i, err := a.InspectPort()
	must(t, err)
	defer i.Close()
	n, err := task.NameForPID(t.Context(), a.cmd.Process.Pid)
	must(t, err)
	defer n.Close()
	for _, x := range []*task.Task{task.Self(), a.Task, r} {
		must2(t, second(task.Info[mach.TaskDyldInfo](x)))
	}
	for _, x := range []*task.Task{i, n} {
		wantErr(t, second(task.Info[mach.TaskDyldInfo](x)), mach.KERN_INVALID_ARGUMENT)
		must2(t, second(task.Info[mach.MachTaskBasicInfo](x)))
		wantErr(t, second(x.Images()), mach.KERN_INVALID_ARGUMENT)
	}
}

// Through a name port come all figures that come through the control port, but dyld's: its
// convert_port_to_task_name takes all ports of a task, and only TASK_DYLD_INFO asks for the
// read port (task_info_from_user of xnu osfmk/kern/task.c). Footprint, Times and PID are such.
func TestFiguresThroughNamePort(t *testing.T) {
	begin(t)
	a := spawn(t)
	n, err := task.NameForPID(t.Context(), a.cmd.Process.Pid)
	must(t, err)
	defer n.Close()
	if n.Name() == a.Name() {
		t.Fatal("the name port is the control port")
	}
	sameByName[mach.MachTaskBasicInfo](t, a.Task, n)
	sameByName[mach.TaskBasicInfo64](t, a.Task, n)
	sameByName[mach.TaskBasicInfo32](t, a.Task, n)
	sameByName[mach.TaskEventsInfo](t, a.Task, n)
	sameByName[mach.TaskThreadTimesInfo](t, a.Task, n)
	sameByName[mach.TaskAbsolutetimeInfo](t, a.Task, n)
	sameByName[mach.TaskKernelmemoryInfo](t, a.Task, n)
	sameByName[mach.SecurityToken](t, a.Task, n)
	sameByName[mach.AuditToken](t, a.Task, n)
	sameByName[mach.TaskAffinityTagInfo](t, a.Task, n)
	sameByName[mach.TaskExtmodInfo](t, a.Task, n)
	sameByName[mach.TaskPowerInfo](t, a.Task, n)
	sameByName[mach.TaskPowerInfoV2](t, a.Task, n)
	sameByName[mach.TaskVMInfo](t, a.Task, n)
	sameByName[mach.TaskTraceMemoryInfo](t, a.Task, n)
	sameByName[mach.TaskWaitStateInfo](t, a.Task, n)
	sameByName[mach.TaskFlagsInfo](t, a.Task, n)
	f, err := n.Footprint()
	must(t, err)
	if f.Resident == 0 || f.Physical == 0 || f.Virtual < f.Resident {
		t.Errorf("footprint is %+v", f)
	}
	must2(t, func() error { _, _, err := n.Times(); return err }())
	if pid, err := n.PID(); err != nil || pid != a.cmd.Process.Pid {
		t.Errorf("PID is %d, %v", pid, err)
	}
	// Nothing else.
	for what, err := range map[string]error{
		"suspends":        second(n.Suspend(t.Context())),
		"gives a right":   second(n.InspectPort()),
		"lists threads":   second(n.Threads()),
		"reads memory":    second(n.ReadMemory(make([]byte, 1), a.pattern)),
		"tells of images": second(task.Info[mach.TaskDyldInfo](n)),
	} {
		if !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
			t.Errorf("a name port %s: %v", what, err)
		}
	}
}

func sameByName[T task.InfoType](t *testing.T, control, name *task.Task) {
	t.Helper()
	a, err := task.Info[T](control)
	b, byName := task.Info[T](name)
	if (err == nil) != (byName == nil) || a.Words != b.Words {
		t.Errorf("%T: %d words, %v by the control port; %d, %v by the name port", a.Value, a.Words, err, b.Words, byName)
	}
}

func TestTerminate(t *testing.T) {
	begin(t)
	a := spawn(t)
	wantErr(t, a.Terminate(), mach.KERN_FAILURE)
	wantErr(t, task.Self().Terminate(), mach.KERN_INVALID_ARGUMENT)
	if !a.runs() {
		t.Error("the child does not run on")
	}
}
