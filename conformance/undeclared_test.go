package conformance_test

import (
	"os"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// xnu bsd/kern/kern_proc.c, task_read_for_pid and task_inspect_for_pid: as
// task_for_pid, but for a port of less power; -1 is a failure, and the port null.
func TestFlavorForPID(t *testing.T) {
	begin(t)
	a := spawn(t)
	for _, c := range []struct {
		fn   string
		call func(mach.MachPortName, int32, *mach.MachPortName) int32
		kind mach.IPCInfoObjectType
	}{
		{"task_read_for_pid", mach.TaskReadForPID, mach.IPC_OTYPE_TASK_READ},
		{"task_inspect_for_pid", mach.TaskInspectForPID, mach.IPC_OTYPE_TASK_INSPECT},
	} {
		for _, pid := range []int{os.Getpid(), a.pid} {
			p := mach.MachPortName(77)
			equal(t, c.fn, c.call(self(), int32(pid), &p), 0)
			equal(t, "kind of the port", kindOf(t, p), c.kind)
			var whose int32
			ok(t, "pid_for_task", mach.PIDForTask(p, &whose))
			equal(t, "pid of the task", int(whose), pid)
			dropSend(t, p)
		}
		name := sendPort(t)
		for _, bad := range []struct {
			what   string
			target mach.MachPort
			pid    int32
		}{{"pid 0", self(), 0}, {"a negative pid", self(), -1}, {"no such process", self(), 1 << 30}, {"no task", name, int32(os.Getpid())}, {"no port", none, int32(os.Getpid())}} {
			p := mach.MachPortName(77)
			equal(t, c.fn+", "+bad.what, c.call(bad.target, bad.pid, &p), -1)
			equal(t, "port for "+bad.what, p, none)
		}
	}
}

// xnu libsyscall/wrappers/mach_get_times.c: three clocks of one moment, each if
// it is asked for.
func TestGetTimes(t *testing.T) {
	begin(t)
	var abs, cont uint64
	var day [2]int64
	before, began := mach.MachAbsoluteTime(), time.Now()
	ok(t, "mach_get_times", mach.MachGetTimes(&abs, &cont, &day))
	after, ended := mach.MachAbsoluteTime(), time.Now()
	if abs < before || abs > after {
		t.Errorf("absolute time %d is not between %d and %d", abs, before, after)
	}
	if slept := mach.MachContinuousTime() - mach.MachAbsoluteTime(); cont < abs || int64(cont-abs-slept) > int64(ticks(time.Second)) || int64(slept-(cont-abs)) > int64(ticks(time.Second)) {
		t.Errorf("continuous time %d at absolute time %d, where they are %d apart", cont, abs, slept)
	}
	at := time.Unix(day[0], day[1])
	if at.Before(began.Add(-time.Millisecond)) || at.After(ended.Add(time.Millisecond)) || day[1]%1000 != 0 || day[1] < 0 || day[1] >= 1e9 {
		t.Errorf("time of day %v, %d, %d", at, day[0], day[1])
	}
	ok(t, "mach_get_times", mach.MachGetTimes(nil, nil, nil))
	abs, cont = 0, 0
	ok(t, "mach_get_times", mach.MachGetTimes(nil, &cont, nil))
	if cont == 0 {
		t.Error("no continuous time alone")
	}
}

// xnu libsyscall/wrappers/mach_boottime.c: the time of day less continuous time.
func TestBootTime(t *testing.T) {
	begin(t)
	boot := time.UnixMicro(int64(mach.MachBoottimeUsec()))
	var cont uint64
	var day [2]int64
	ok(t, "mach_get_times", mach.MachGetTimes(nil, &cont, &day))
	up := time.Duration(nanoseconds(cont))
	if d := time.Unix(day[0], day[1]).Add(-up).Sub(boot); d < -2*time.Second || d > 2*time.Second {
		t.Errorf("boot at %v is %v off", boot, d)
	}
}
