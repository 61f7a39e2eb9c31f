package task_test

import (
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
		if _, err := x.WriteAt([]byte{1}, int64(a.pattern)); err == nil {
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

func TestTerminate(t *testing.T) {
	begin(t)
	a := spawn(t)
	wantErr(t, a.Terminate(), mach.KERN_FAILURE)
	wantErr(t, task.Self().Terminate(), mach.KERN_INVALID_ARGUMENT)
	if a.counts() == 0 {
		t.Error("the child does not run on")
	}
}
