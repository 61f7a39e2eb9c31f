package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
)

// UnmarshalText reads what MarshalText writes.
func (h *address) UnmarshalText(b []byte) error {
	v, err := strconv.ParseUint(string(b), 0, 64)
	*h = address(v)
	return err
}

// manyRights makes a right of each kind, two messages in a queue of at most three,
// and gives the names: the port, the port set, a send-once right, a dead name. end
// gives them back.
func manyRights() (names [4]mach.MachPortName, end func() error, err error) {
	r, err := port.NewReceive(port.QueueLimit(3))
	if err != nil {
		return names, nil, err
	}
	s, err := r.MakeSend()
	if err != nil {
		return names, nil, err
	}
	for range 2 {
		if err := s.TrySend(port.NewMessage(1)); err != nil {
			return names, nil, err
		}
	}
	refs := func(by mach.MachPortDelta) error {
		return mach.MachPortModRefs(mach.MachTaskSelf(), s.Name(), mach.MACH_PORT_RIGHT_SEND, by)
	}
	once, err := r.MakeSendOnce()
	if err != nil {
		return names, nil, err
	}
	set, err := port.NewSet()
	if err != nil {
		return names, nil, err
	}
	gone, err := port.NewReceive()
	if err != nil {
		return names, nil, err
	}
	dead, err := gone.MakeSend()
	if err != nil {
		return names, nil, err
	}
	names = [4]mach.MachPortName{r.Name(), set.Name(), once.Name(), dead.Name()}
	end = func() error {
		return errors.Join(refs(-6), once.Close(), s.Close(), r.Close(), set.Close(), dead.Close())
	}
	return names, end, errors.Join(refs(6), set.Insert(r), gone.Close())
}

// portsOf runs "mach ports PID --json".
func portsOf(t *testing.T, pid int) []portRight {
	t.Helper()
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"ports", fmt.Sprint(pid), "--json"}, &out, &errs); code != 0 {
		t.Fatalf("%d\n%s", code, errs.String())
	}
	var told struct{ Ports []portRight }
	if err := json.Unmarshal([]byte(out.String()), &told); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return told.Ports
}

// checkRights holds what is printed of the rights of manyRights against what was made.
func checkRights(t *testing.T, list []portRight, names [4]mach.MachPortName) {
	t.Helper()
	find := func(i int, rights ...string) portRight {
		at := slices.IndexFunc(list, func(p portRight) bool { return p.Name == address(names[i]) })
		if at < 0 {
			t.Fatalf("%#x is missing", names[i])
		}
		if !slices.Equal(list[at].Rights, rights) {
			t.Errorf("%#x has %v, want %v", names[i], list[at].Rights, rights)
		}
		return list[at]
	}
	p := find(0, "recv", "send")
	if q := p.Queue; p.References != 7 || q == nil || q.Messages != 2 || q.Limit != 3 || q.SendOnce != 1 || !q.Senders || q.InSets != 1 || q.MadeSends != 1 {
		t.Errorf("the port: %+v, queue %+v", p, p.Queue)
	}
	if s := find(1, "port-set"); !slices.Equal(s.Members, []address{address(names[0])}) {
		t.Errorf("the set: %+v", s)
	}
	if o := find(2, "send-once"); o.Object != p.Object || p.Object == 0 {
		t.Errorf("the send-once right: %+v of %+v", o, p)
	}
	if d := find(3, "dead-name"); d.References != 1 {
		t.Errorf("the dead name: %+v", d)
	}
}

// What "ports" prints of the own process is what mach_port_space_info says.
func TestPortsAgree(t *testing.T) {
	names, end, err := manyRights()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	}()
	list := portsOf(t, os.Getpid())
	checkRights(t, list, names)

	var (
		sum      mach.IPCInfoSpace
		table    *mach.IPCInfoName
		tree     *mach.IPCInfoTreeName
		n, trees mach.MachMsgTypeNumber
	)
	if err := mach.MachPortSpaceInfo(mach.MachTaskSelf(), &sum, &table, &n, &tree, &trees); err != nil {
		t.Fatal(err)
	}
	agree := 0
	for _, e := range mach.Slice(table, n) {
		i := slices.IndexFunc(list, func(p portRight) bool { return p.Name == address(e.IinName) })
		if e.IinType&mach.MACH_PORT_TYPE_ALL_RIGHTS == 0 || i < 0 {
			continue // not in use, or of another test
		}
		agree++
		p := list[i]
		if p.References != uint32(e.IinUrefs) && e.IinName != mach.MachTaskSelf() ||
			!slices.Contains(names[3:], e.IinName) && p.Object != address(e.IinObject) {
			t.Errorf("printed %+v, the kernel has %+v", p, e)
		}
	}
	if agree < len(names) {
		t.Errorf("%d names were compared", agree)
	}
	if err := mach.MachVMDeallocate(mach.MachTaskSelf(), mach.AddressOf(table), mach.SizeOf[mach.IPCInfoName](n)); err != nil {
		t.Error(err)
	}
	at := slices.IndexFunc(list, func(p portRight) bool { return p.Name == address(mach.MachTaskSelf()) })
	if at < 0 || !strings.HasPrefix(list[at].Kernel, "TASK-CONTROL") {
		t.Errorf("the own task's port is at %d of %+v", at, list)
	}
}

// A port has the context that its receiver gave it, and the name that --service asks the
// bootstrap server for; the server's own port is named always.
func TestPortsNamed(t *testing.T) {
	const name, context = "com.github.gomach.ports-test", 0x1234567890
	var there mach.MachPort
	if err := mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_RECEIVE, &there); err != nil {
		t.Fatal(err)
	}
	defer mach.MachPortModRefs(mach.MachTaskSelf(), there, mach.MACH_PORT_RIGHT_RECEIVE, -1)
	if err := mach.MachPortSetContext(mach.MachTaskSelf(), there, context); err != nil {
		t.Fatal(err)
	}
	if err := mach.MachPortInsertRight(mach.MachTaskSelf(), there, there, mach.MACH_MSG_TYPE_MAKE_SEND); err != nil {
		t.Fatal(err)
	}
	if err := mach.BootstrapRegister(mach.BootstrapPort(), name, there); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"ports", fmt.Sprint(os.Getpid()), "--json", "--service", name}, &out, &errs); code != 0 {
		t.Fatalf("%d\n%s", code, errs.String())
	}
	var told struct{ Ports []portRight }
	if err := json.Unmarshal([]byte(out.String()), &told); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	i := slices.IndexFunc(told.Ports, func(p portRight) bool { return p.Name == address(there) })
	if i < 0 || told.Ports[i].Service != name || told.Ports[i].Context == nil || *told.Ports[i].Context != context {
		t.Errorf("%d of %+v", i, told.Ports)
	}
	i = slices.IndexFunc(told.Ports, func(p portRight) bool { return p.Name == address(mach.BootstrapPort()) })
	if i < 0 || told.Ports[i].Service != "of the bootstrap server" {
		t.Errorf("%d of %+v", i, told.Ports)
	}
	errs.Reset()
	if code := run(t.Context(), []string{"ports", fmt.Sprint(os.Getpid()), "--service", "com.github.gomach.none"}, &out, &errs); code == 0 || !strings.Contains(errs.String(), `the service "com.github.gomach.none"`) {
		t.Errorf("%d %s", code, errs.String())
	}
}

// The rights of another process, and who holds the other end: where processes share a
// kernel.
func TestPortsOfAnother(t *testing.T) {
	if runtime.GOOS == "linux" {
		t.Skip("the hosted kernel serves one process")
	}
	cmd := started(t, os.Args[0], "rights")
	var names [4]mach.MachPortName
	line := cmd.line(t)
	if _, err := fmt.Sscan(line, &names[0], &names[1], &names[2], &names[3]); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	// A right here to the port there: this process is the other end.
	var here mach.MachPort
	var kind mach.MachMsgTypeName
	var target mach.MachPort
	if err := mach.TaskForPID(mach.MachTaskSelf(), int32(cmd.Process.Pid), &target); err != nil {
		t.Fatal(err)
	}
	if err := mach.MachPortExtractRight(target, names[0], mach.MACH_MSG_TYPE_MAKE_SEND, &here, &kind); err != nil {
		t.Fatal(err)
	}
	list := portsOf(t, cmd.Process.Pid)
	i := slices.IndexFunc(list, func(p portRight) bool { return p.Name == address(names[0]) })
	if i < 0 || len(list[i].Ends) != 1 || list[i].Ends[0].PID != os.Getpid() || list[i].Ends[0].AsName != fmt.Sprintf("%#x", uint32(here)) {
		t.Fatalf("the port: %d of %+v", i, list)
	}
	list[i].Queue.MadeSends-- // the one of here
	checkRights(t, list, names)
	// And the other way round.
	own := portsOf(t, os.Getpid())
	i = slices.IndexFunc(own, func(p portRight) bool { return p.Name == address(here) })
	if i < 0 || len(own[i].Ends) != 1 || own[i].Ends[0].PID != cmd.Process.Pid || own[i].Ends[0].Right != "recv,send" {
		t.Errorf("the right to it: %d of %+v", i, own)
	}
	i = slices.IndexFunc(own, func(p portRight) bool { return p.Name == address(target) })
	if want := fmt.Sprintf("TASK-CONTROL of %d ", cmd.Process.Pid); i < 0 || !strings.HasPrefix(own[i].Kernel, want) {
		t.Errorf("the task's port: %d of %+v", i, own)
	}
	for _, name := range []mach.MachPort{here, target} {
		if err := mach.MachPortDeallocate(mach.MachTaskSelf(), name); err != nil {
			t.Error(err)
		}
	}
}
