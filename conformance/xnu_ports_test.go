package conformance_test

import (
	"os"
	"testing"

	"github.com/gomach/mach"
)

// What xnu's own tests of ports and tasks assert, in the words of this suite;
// docs/xnu-tests.md lists the files.

// xnu tests/mach_port_mod_refs.c: a right cannot give back a reference that it
// does not have.
func TestModRefsOfOtherRights(t *testing.T) {
	violation(t, "wrong rights")
	begin(t)
	port, set := newPort(t), newSet(t)
	for name, own := range map[mach.MachPort]mach.MachPortRight{port: mach.MACH_PORT_RIGHT_RECEIVE, set: mach.MACH_PORT_RIGHT_PORT_SET} {
		for r := mach.MachPortRight(0); r <= mach.MACH_PORT_RIGHT_NUMBER+1; r++ {
			code := mach.KERN_INVALID_RIGHT
			switch {
			case r == own:
				continue
			case r >= mach.MACH_PORT_RIGHT_NUMBER:
				code = mach.KERN_INVALID_VALUE
			}
			want(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), name, r, -1), code)
		}
		ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), name, own, -1))
	}
}

// xnu tests/mach_port_insert_right.c: names whose place or generation is none.
func TestInsertRightNames(t *testing.T) {
	begin(t)
	p, other := sendPort(t), newPort(t)
	typeIs(t, p, mach.MACH_PORT_TYPE_SEND_RECEIVE)
	for name, code := range map[mach.MachPort]mach.KernReturn{0x7b: mach.KERN_FAILURE, 0x7a: mach.KERN_INVALID_VALUE} {
		want(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), name, p, mach.MACH_MSG_TYPE_MAKE_SEND), code)
	}
	typeIs(t, other, mach.MACH_PORT_TYPE_RECEIVE)
	want(t, "mach_port_insert_right", mach.MachPortInsertRight(self(), p, other, mach.MACH_MSG_TYPE_MAKE_SEND), mach.KERN_RIGHT_EXISTS)
	typeIs(t, other, mach.MACH_PORT_TYPE_RECEIVE)
}

// xnu tests/mach_port_deallocate_21692215.c: a set that had a member, which has
// died, is deallocated.
func TestDeallocateSetOfDeadMember(t *testing.T) {
	begin(t)
	p, set := newPort(t), newSet(t)
	ok(t, "mach_port_move_member", mach.MachPortMoveMember(self(), p, set))
	dropReceive(t, p)
	ok(t, "mach_port_deallocate", mach.MachPortDeallocate(self(), set))
	gone(t, set)
}

// xnu tests/ipc_mach_port.c, right_dedup: whatever comes first of a port's
// rights, those that follow get the same name.
func TestRightsOfOnePortShareAName(t *testing.T) {
	begin(t)
	type how = mach.MachMsgTypeName
	const receiveRight, copied, moved = mach.MACH_MSG_TYPE_MOVE_RECEIVE, mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MOVE_SEND
	for _, order := range [][]how{{receiveRight, copied, moved}, {copied, receiveRight, moved}, {copied, moved, receiveRight}} {
		p, holder := sendPort(t), newPort(t)
		for _, h := range order {
			ok(t, "mach_msg", sendRight(holder, p, h))
		}
		gone(t, p)
		var first mach.MachPort
		for i, h := range order {
			name, kind := takeRight(t, holder)
			if i == 0 {
				first = name
			}
			equal(t, "name", name, first)
			equal(t, "is a receive right", kind == mach.MACH_MSG_TYPE_PORT_RECEIVE, h == receiveRight)
		}
		refsAre(t, first, mach.MACH_PORT_RIGHT_SEND, 2)
		ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), first, mach.MACH_PORT_RIGHT_SEND, -2))
		dropReceive(t, first)
		gone(t, first)
	}
}

// takeRight takes a message with one right and keeps it.
func takeRight(t testing.TB, from mach.MachPort) (mach.MachPort, mach.MachMsgTypeName) {
	t.Helper()
	b := receive(t, from, 0)
	d := pick[mach.MachMsgPortDescriptor](b, headerSize+4)
	return d.Name, mach.MachMsgTypeName(d.Disposition)
}

// xnu tests/ipc/port_notification_99449706.c: a dead name as the port that is to
// be told; the name's reference goes once.
func TestNotifyWithADeadName(t *testing.T) {
	begin(t)
	p, dead := newPort(t), newDeadName(t)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), dead, mach.MACH_PORT_RIGHT_DEAD_NAME, 2))
	for n := mach.MachPortUrefs(2); n >= 1; n-- {
		var previous mach.MachPort
		err := mach.MachPortRequestNotification(self(), p, mach.MACH_NOTIFY_PORT_DESTROYED, 0, dead, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, &previous)
		want(t, "mach_port_request_notification", err, mach.KERN_INVALID_CAPABILITY)
		refsAre(t, dead, mach.MACH_PORT_RIGHT_DEAD_NAME, n)
	}
}

// xnu tests/task_is_self.c.
func TestTaskIsSelf(t *testing.T) {
	begin(t)
	seen := map[mach.MachPort]bool{self(): true}
	equal(t, "the control port", mach.MachTaskIsSelf(self()).Bool(), true)
	for _, which := range []mach.TaskSpecialPort{mach.TASK_READ_PORT, mach.TASK_INSPECT_PORT, mach.TASK_NAME_PORT} {
		var p mach.MachPort
		ok(t, "task_get_special_port", mach.TaskGetSpecialPort(self(), which, &p))
		defer mach.MachPortDeallocate(self(), p)
		equal(t, which.String(), mach.MachTaskIsSelf(p).Bool(), true)
		if seen[p] {
			t.Errorf("%v is another port too", which)
		}
		seen[p] = true
	}
	equal(t, "another port", mach.MachTaskIsSelf(newPort(t)).Bool(), false)
}

// xnu tests/pid_for_task_test.c.
func TestPIDOfTheNamePort(t *testing.T) {
	begin(t)
	var name mach.MachPort
	ok(t, "task_name_for_pid", mach.TaskNameForPID(self(), int32(os.Getpid()), &name))
	defer mach.MachPortDeallocate(self(), name)
	var pid int32
	ok(t, "pid_for_task", mach.PIDForTask(name, &pid))
	equal(t, "process id", int(pid), os.Getpid())
}

// xnu tests/task_ident_test.c: a token gives the ports that the task has.
func TestIdentityTokenGivesTheTasksPorts(t *testing.T) {
	begin(t)
	var token mach.MachPort
	ok(t, "task_create_identity_token", mach.TaskCreateIdentityToken(self(), &token))
	defer dropSend(t, token)
	for flavor, which := range map[mach.MachTaskFlavor]mach.TaskSpecialPort{
		mach.TASK_FLAVOR_READ: mach.TASK_READ_PORT, mach.TASK_FLAVOR_INSPECT: mach.TASK_INSPECT_PORT, mach.TASK_FLAVOR_NAME: mach.TASK_NAME_PORT,
	} {
		var own, got mach.MachPort
		ok(t, "task_get_special_port", mach.TaskGetSpecialPort(self(), which, &own))
		ok(t, "task_identity_token_get_task_port", mach.TaskIdentityTokenGetTaskPort(token, mach.TaskFlavor(flavor), &got))
		equal(t, which.String(), got, own)
		dropSend(t, got)
		dropSend(t, own)
	}
	var control mach.MachPort
	ok(t, "task_identity_token_get_task_port", mach.TaskIdentityTokenGetTaskPort(token, mach.TaskFlavor(mach.TASK_FLAVOR_CONTROL), &control))
	equal(t, "control port", control, self())
	dropSend(t, control)
	want(t, "task_identity_token_get_task_port", mach.TaskIdentityTokenGetTaskPort(newPort(t), mach.TaskFlavor(mach.TASK_FLAVOR_NAME), &control), mach.MACH_SEND_INVALID_DEST, mach.KERN_INVALID_ARGUMENT)
}

// xnu tests/exception_ports_info.c: the information has the same elements as
// the list of ports, and each handler stands with its masks.
func TestExceptionPortsInfoElements(t *testing.T) {
	begin(t)
	keepTaskPorts(t)
	sets := []mach.ExceptionMask{
		mach.EXC_MASK_GUARD, mach.EXC_MASK_RPC_ALERT, mach.EXC_MASK_RESOURCE | mach.EXC_MASK_BREAKPOINT | mach.EXC_MASK_SYSCALL,
	}
	ports := map[mach.MachPort]mach.ExceptionMask{}
	for _, m := range sets {
		p := sendPort(t)
		ports[p] = m
		ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(self(), m, p, mach.EXCEPTION_DEFAULT|mach.MACH_EXCEPTION_CODES, mach.THREAD_STATE_NONE))
	}
	th := thread(t)
	h := &handlers{n: mach.EXC_TYPES_COUNT}
	var info [mach.EXC_TYPES_COUNT]mach.IPCInfoPort
	ok(t, "thread_get_exception_ports", mach.ThreadGetExceptionPorts(th, mach.EXC_MASK_ALL, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0]))
	for _, p := range h.ports[:h.n] { // none on a fresh thread; another test may have had this one
		equal(t, "handler of the thread", p, none)
	}
	elements := h.n
	h.n = mach.EXC_TYPES_COUNT
	ok(t, "thread_get_exception_ports_info", mach.ThreadGetExceptionPortsInfo(th, mach.EXC_MASK_ALL, &h.masks[0], &h.n, &info[0], &h.behaviors[0], &h.flavors[0]))
	equal(t, "elements of the thread", h.n, elements)

	a, b := &handlers{n: mach.EXC_TYPES_COUNT}, &handlers{n: mach.EXC_TYPES_COUNT}
	ok(t, "task_get_exception_ports", mach.TaskGetExceptionPorts(self(), mach.EXC_MASK_ALL, &a.masks[0], &a.n, &a.ports[0], &a.behaviors[0], &a.flavors[0]))
	ok(t, "task_get_exception_ports_info", mach.TaskGetExceptionPortsInfo(self(), mach.EXC_MASK_ALL, &b.masks[0], &b.n, &info[0], &b.behaviors[0], &b.flavors[0]))
	equal(t, "elements", b.n, a.n)
	equal(t, "masks", b.masks, a.masks)
	equal(t, "behaviors", b.behaviors, a.behaviors)
	equal(t, "flavors", b.flavors, a.flavors)
	for i := range a.n {
		p := a.ports[i]
		if m, ours := ports[p]; ours {
			equal(t, "masks of a handler", a.masks[i], m)
			delete(ports, p)
		}
		if p != none {
			mach.MachPortDeallocate(self(), p)
		}
	}
	equal(t, "handlers that are missing", len(ports), 0)
}

// keepTaskPorts gives the task its exception ports back.
func keepTaskPorts(t *testing.T) {
	t.Helper()
	h := &handlers{n: mach.EXC_TYPES_COUNT}
	ok(t, "task_get_exception_ports", mach.TaskGetExceptionPorts(self(), mach.EXC_MASK_ALL, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0]))
	t.Cleanup(func() {
		mach.TaskSetExceptionPorts(self(), mach.EXC_MASK_ALL, none, mach.EXCEPTION_DEFAULT, mach.THREAD_STATE_NONE)
		for i := range h.n {
			mach.TaskSetExceptionPorts(self(), h.masks[i], h.ports[i], h.behaviors[i], h.flavors[i])
			if h.ports[i] != none {
				mach.MachPortDeallocate(self(), h.ports[i])
			}
		}
	})
}

// xnu tests/mach_timebase_info.c, but for the trap, which libSystem does not
// export.
func TestTimebaseIsConstant(t *testing.T) {
	begin(t)
	var a, b mach.MachTimebaseInfo_t
	ok(t, "mach_timebase_info", mach.MachTimebaseInfo(&a))
	ok(t, "mach_timebase_info", mach.MachTimebaseInfo(&b))
	equal(t, "timebase", b, a)
}
