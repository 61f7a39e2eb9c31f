package ipc

import (
	"testing"

	"github.com/gomach/mach"
)

// A watch is told of messages that stay, and of the end of its right; receivers come first
// (osfmk/ipc/ipc_mqueue.c, ipc_mqueue_post; bsd/kern/kern_event.c, knote_vanish).
func TestWatch(t *testing.T) {
	a := newTask()
	p, q := a.port(t), a.port(t)
	set, kr := a.Allocate(mach.MACH_PORT_RIGHT_PORT_SET, 0)
	want(t, "set", kr, mach.KERN_SUCCESS)
	if _, kr := a.Watch(0x7777703, nil); kr != mach.KERN_INVALID_NAME {
		t.Error("no such name: ", kr)
	}
	told := map[mach.MachPort]int{}
	watch := func(name mach.MachPort) *Watch {
		w, kr := a.Watch(name, func() { told[name]++ })
		want(t, "watch", kr, mach.KERN_SUCCESS)
		return w
	}
	first := func(what string, w *Watch, name mach.MachPort, isGone bool) {
		t.Helper()
		if got, gone := w.First(); got != name || gone != isGone {
			t.Errorf("%s: %#x, gone %v, want %#x, %v", what, got, gone, name, isGone)
		}
	}
	wp, ws := watch(p), watch(set)
	first("nothing", wp, 0, false)
	first("nothing in the set", ws, 0, false)
	post := func(name mach.MachPort) {
		a.header(bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0), name, 0, 1)
		want(t, "send", a.send(24), mach.MACH_MSG_SUCCESS)
	}
	post(p)
	post(p)
	if told[p] != 2 || told[set] != 0 {
		t.Errorf("told %v", told)
	}
	first("two messages", wp, p, false)
	first("and still", wp, p, false)
	if kr, _ := a.InsertMember(q, set); kr != mach.KERN_SUCCESS {
		t.Fatal("member: ", kr)
	}
	post(q)
	if told[set] != 1 {
		t.Errorf("the set is told %d times", told[set])
	}
	first("of the set", ws, q, false)
	// A member that comes with messages.
	if kr, _ := a.InsertMember(p, set); kr != mach.KERN_SUCCESS {
		t.Fatal("member: ", kr)
	}
	if told[set] != 2 {
		t.Errorf("of a member with messages the set is told %d times", told[set]-1)
	}
	want(t, "destroy", result(a.Destroy(p)), mach.KERN_SUCCESS)
	if told[p] != 3 {
		t.Errorf("of its end the port is told %d times", told[p]-2)
	}
	first("ended", wp, 0, true)
	ws.Stop()
	want(t, "destroy the set", result(a.Destroy(set)), mach.KERN_SUCCESS)
	if told[set] != 2 {
		t.Error("told after Stop")
	}
	first("the set has ended", ws, 0, true)
}
