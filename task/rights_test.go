package task_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// What mach_port_space_info tells of a name (XNU's osfmk/ipc/mach_debug.c) is what was
// made: kinds together under one name, user references, one object for one port.
func TestRights(t *testing.T) {
	begin(t)
	self := task.Self()
	r, err := port.NewReceive(port.QueueLimit(3))
	must(t, err)
	defer r.Close()
	s, err := r.MakeSend()
	must(t, err)
	defer s.Close()
	once, err := r.MakeSendOnce()
	must(t, err)
	defer once.Close()
	set, err := port.NewSet()
	must(t, err)
	defer set.Close()
	must(t, set.Insert(r))
	for range 4 {
		must(t, mach.MachPortModRefs(mach.MachTaskSelf(), s.Name(), mach.MACH_PORT_RIGHT_SEND, 1))
	}
	defer func() { must(t, mach.MachPortModRefs(mach.MachTaskSelf(), s.Name(), mach.MACH_PORT_RIGHT_SEND, -4)) }()

	list, err := self.Rights()
	must(t, err)
	find := func(name mach.MachPortName) task.Right {
		i := slices.IndexFunc(list, func(r task.Right) bool { return r.Name == name })
		if i < 0 {
			t.Fatalf("%#x is not listed", name)
		}
		return list[i]
	}
	both := find(r.Name())
	if !both.Has(mach.MACH_PORT_TYPE_RECEIVE) || !both.Has(mach.MACH_PORT_TYPE_SEND) || both.Has(mach.MACH_PORT_TYPE_PORT_SET) {
		t.Errorf("the port: type %#x", both.Type)
	}
	var refs mach.MachPortUrefs
	must(t, mach.MachPortGetRefs(mach.MachTaskSelf(), r.Name(), mach.MACH_PORT_RIGHT_SEND, &refs))
	if both.References != refs || refs != 5 {
		t.Errorf("%d references, mach_port_get_refs says %d", both.References, refs)
	}
	if o := find(once.Name()); !o.Has(mach.MACH_PORT_TYPE_SEND_ONCE) || o.Object != both.Object || o.Object == 0 {
		t.Errorf("the send-once right: %+v, the port %+v", o, both)
	}
	if p := find(set.Name()); !p.Has(mach.MACH_PORT_TYPE_PORT_SET) || p.Object == both.Object {
		t.Errorf("the port set: %+v", p)
	}

	status, err := self.PortStatus(r.Name())
	must(t, err)
	if status.MpsQlimit != 3 || status.MpsMsgcount != 0 || status.MpsSorights != 1 || status.MpsSrights == 0 {
		t.Errorf("%+v", status)
	}
	members, err := self.PortSetMembers(set.Name())
	must(t, err)
	if !slices.Equal(members, []mach.MachPortName{r.Name()}) {
		t.Errorf("the set has %#x", members)
	}
	for name, want := range map[mach.MachPortName]mach.IPCInfoObjectType{
		r.Name():            mach.IPC_OTYPE_NONE,
		mach.MachTaskSelf(): mach.IPC_OTYPE_TASK_CONTROL,
	} {
		if kind, err := self.KernelObject(name); err != nil || kind != want {
			t.Errorf("%#x stands for %v, %v; want %v", name, kind, err, want)
		}
	}
}

// Errors are those of the calls: a name that is none, and one of another kind.
func TestRightsOfWrongNames(t *testing.T) {
	begin(t)
	self := task.Self()
	set, err := port.NewSet()
	must(t, err)
	defer set.Close()
	const nobody = 0x7fffff03
	_, err = self.PortStatus(nobody)
	if !errors.Is(err, mach.KERN_INVALID_NAME) {
		t.Errorf("status: %v", err)
	}
	if _, err = self.PortStatus(set.Name()); !errors.Is(err, mach.KERN_INVALID_RIGHT) {
		t.Errorf("status of a set: %v", err)
	}
	if _, err = self.PortSetMembers(nobody); !errors.Is(err, mach.KERN_INVALID_NAME) {
		t.Errorf("members: %v", err)
	}
	if _, err = self.KernelObject(nobody); !errors.Is(err, mach.KERN_INVALID_NAME) {
		t.Errorf("object: %v", err)
	}
}

// Pitfall arrays-of-rights: the lists are memory in our own task.
func TestRightsLeaveNothing(t *testing.T) {
	begin(t)
	regions := func() (n int) {
		for _, err := range task.Self().Regions() {
			must(t, err)
			n++
		}
		return n
	}
	look := func() {
		_, err := task.Self().Rights()
		must(t, err)
	}
	for range 10 {
		look()
	}
	before := regions()
	for range 200 {
		look()
	}
	if n := regions(); n > before+50 {
		t.Errorf("the program had %d regions and has %d", before, n)
	}
}

// processor_set_tasks (XNU's osfmk/kern/processor.c) has the own task among those of all.
func TestAll(t *testing.T) {
	begin(t)
	a := spawn(t)
	list, err := task.All()
	if errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		t.Skip("not root: ", err)
	}
	must(t, err)
	var pids []int
	for _, x := range list {
		if pid, err := x.PID(); err == nil {
			pids = append(pids, pid)
		}
		must(t, x.Close())
	}
	for _, pid := range []int{os.Getpid(), a.cmd.Process.Pid} {
		if !slices.Contains(pids, pid) {
			t.Errorf("%d is not in %v", pid, pids)
		}
	}
}
