package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// handlers are the four arrays that the calls for exception ports fill.
type handlers struct {
	masks     [mach.EXC_TYPES_COUNT]mach.ExceptionMask
	ports     [mach.EXC_TYPES_COUNT]mach.ExceptionHandler
	behaviors [mach.EXC_TYPES_COUNT]mach.ExceptionBehavior
	flavors   [mach.EXC_TYPES_COUNT]mach.ThreadStateFlavor
	n         mach.MachMsgTypeNumber
}

// find is the element that covers one exception.
func (h *handlers) find(m mach.ExceptionMask) int {
	for i := range h.masks[:h.n] {
		if h.masks[i]&m != 0 {
			return i
		}
	}
	return -1
}

// release drops the rights that came with the arrays.
func (h *handlers) release() {
	for _, p := range h.ports[:h.n] {
		if p != none {
			mach.MachPortDeallocate(self(), p)
		}
	}
	h.n = 0
}

// excOwner is a task or a thread, with its three calls.
type excOwner struct {
	what string
	name mach.MachPort
	get  func(mach.MachPort, mach.ExceptionMask, *mach.ExceptionMask, *mach.MachMsgTypeNumber, *mach.ExceptionHandler, *mach.ExceptionBehavior, *mach.ThreadStateFlavor) error
	set  func(mach.MachPort, mach.ExceptionMask, mach.MachPort, mach.ExceptionBehavior, mach.ThreadStateFlavor) error
	swap func(mach.MachPort, mach.ExceptionMask, mach.MachPort, mach.ExceptionBehavior, mach.ThreadStateFlavor, *mach.ExceptionMask, *mach.MachMsgTypeNumber, *mach.ExceptionHandler, *mach.ExceptionBehavior, *mach.ThreadStateFlavor) error
}

func (o *excOwner) read(t testing.TB, m mach.ExceptionMask) *handlers {
	t.Helper()
	h := &handlers{n: mach.EXC_TYPES_COUNT}
	ok(t, o.what+"_get_exception_ports", o.get(o.name, m, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0]))
	return h
}

func excOwners(t testing.TB) []*excOwner {
	return []*excOwner{
		{"task", self(), mach.TaskGetExceptionPorts, mach.TaskSetExceptionPorts, mach.TaskSwapExceptionPorts},
		{"thread", thread(t), mach.ThreadGetExceptionPorts, mach.ThreadSetExceptionPorts, mach.ThreadSwapExceptionPorts},
	}
}

const (
	emulation = mach.EXC_MASK_EMULATION // nobody raises these two
	rpcAlert  = mach.EXC_MASK_RPC_ALERT
	codes64   = mach.ExceptionBehavior(-1 << 31) // MACH_EXCEPTION_CODES
)

// xnu osfmk/kern/ipc_tt.c, task_set_exception_ports, thread_set_exception_ports
// and their get: equal handlers share an element.
func TestExceptionPorts(t *testing.T) {
	for _, o := range excOwners(t) {
		t.Run(o.what, func(t *testing.T) {
			begin(t)
			old := o.read(t, emulation|rpcAlert)
			defer func() {
				ok(t, o.what+"_set_exception_ports", o.set(o.name, emulation|rpcAlert, none, mach.EXCEPTION_DEFAULT, 0))
				old.release()
			}()
			p, q := sendPort(t), sendPort(t)
			ok(t, o.what+"_set_exception_ports", o.set(o.name, emulation|rpcAlert, p, mach.EXCEPTION_DEFAULT|codes64, nativeFlavor))
			refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
			h := o.read(t, emulation|rpcAlert)
			equal(t, "elements", h.n, 1)
			equal(t, "mask", h.masks[0], emulation|rpcAlert)
			equal(t, "handler", h.ports[0], p)
			equal(t, "behavior", h.behaviors[0], mach.EXCEPTION_DEFAULT|codes64)
			equal(t, "flavor", h.flavors[0], nativeFlavor)
			refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 2)
			h.release()
			ok(t, o.what+"_set_exception_ports", o.set(o.name, rpcAlert, q, mach.EXCEPTION_STATE, nativeFlavor))
			h = o.read(t, emulation|rpcAlert)
			equal(t, "elements", h.n, 2)
			i, j := h.find(emulation), h.find(rpcAlert)
			equal(t, "first handler", h.ports[i], p)
			equal(t, "second handler", h.ports[j], q)
			equal(t, "second behavior", h.behaviors[j], mach.EXCEPTION_STATE)
			h.release()
			h = o.read(t, rpcAlert)
			equal(t, "elements", h.n, 1)
			equal(t, "mask", h.masks[0], rpcAlert)
			h.release()
			// Removing the handler gives the kernel's right back.
			ok(t, o.what+"_set_exception_ports", o.set(o.name, emulation, none, mach.EXCEPTION_DEFAULT, 0))
			var n mach.MachPortRights
			ok(t, "mach_port_get_srights", mach.MachPortGetSrights(self(), p, &n))
			equal(t, "send rights", n, 1)
		})
	}
}

// xnu osfmk/kern/ipc_tt.c, task_swap_exception_ports: ten arguments, each with
// an effect.
func TestSwapExceptionPorts(t *testing.T) {
	for _, o := range excOwners(t) {
		t.Run(o.what, func(t *testing.T) {
			begin(t)
			p, q := sendPort(t), sendPort(t)
			ok(t, o.what+"_set_exception_ports", o.set(o.name, emulation, p, mach.EXCEPTION_STATE_IDENTITY, nativeFlavor))
			h := &handlers{n: mach.EXC_TYPES_COUNT}
			ok(t, o.what+"_swap_exception_ports", o.swap(o.name, emulation, q, mach.EXCEPTION_DEFAULT, 0, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0]))
			equal(t, "elements", h.n, 1)
			equal(t, "old mask", h.masks[0], emulation)
			equal(t, "old handler", h.ports[0], p)
			equal(t, "old behavior", h.behaviors[0], mach.EXCEPTION_STATE_IDENTITY)
			equal(t, "old flavor", h.flavors[0], nativeFlavor)
			h.release()
			h = o.read(t, emulation)
			equal(t, "handler", h.ports[0], q)
			equal(t, "behavior", h.behaviors[0], mach.EXCEPTION_DEFAULT)
			h.release()
			ok(t, o.what+"_set_exception_ports", o.set(o.name, emulation, none, mach.EXCEPTION_DEFAULT, 0))
		})
	}
}

// xnu osfmk/kern/ipc_tt.c, set_exception_behavior_allowed and the checks of
// each call.
func TestExceptionPortErrors(t *testing.T) {
	for _, o := range excOwners(t) {
		t.Run(o.what, func(t *testing.T) {
			begin(t)
			p := sendPort(t)
			bad := func(m mach.ExceptionMask, b mach.ExceptionBehavior, f mach.ThreadStateFlavor) {
				t.Helper()
				want(t, o.what+"_set_exception_ports", o.set(o.name, m, p, b, f), mach.KERN_INVALID_ARGUMENT)
				h := &handlers{n: mach.EXC_TYPES_COUNT}
				want(t, o.what+"_swap_exception_ports", o.swap(o.name, m, p, b, f, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0]), mach.KERN_INVALID_ARGUMENT)
			}
			bad(1<<30, mach.EXCEPTION_DEFAULT, 0)
			bad(1, mach.EXCEPTION_DEFAULT, 0)
			bad(emulation, 77, nativeFlavor)
			bad(emulation, mach.EXCEPTION_STATE, 9999)
			bad(emulation, mach.EXCEPTION_IDENTITY_PROTECTED, 0)
			h := &handlers{n: mach.EXC_TYPES_COUNT}
			want(t, o.what+"_get_exception_ports", o.get(o.name, 1<<30, &h.masks[0], &h.n, &h.ports[0], &h.behaviors[0], &h.flavors[0]), mach.KERN_INVALID_ARGUMENT)
		})
	}
}

// xnu osfmk/kern/ipc_tt.c, task_get_exception_ports_info: identities, not
// rights.
func TestExceptionPortsInfo(t *testing.T) {
	begin(t)
	p := sendPort(t)
	me := thread(t)
	for _, o := range excOwners(t) {
		ok(t, o.what+"_set_exception_ports", o.set(o.name, emulation, p, mach.EXCEPTION_DEFAULT, 0))
	}
	var h handlers
	var info [mach.EXC_TYPES_COUNT]mach.IPCInfoPort
	h.n = mach.EXC_TYPES_COUNT
	ok(t, "task_get_exception_ports_info", mach.TaskGetExceptionPortsInfo(self(), emulation, &h.masks[0], &h.n, &info[0], &h.behaviors[0], &h.flavors[0]))
	equal(t, "elements", h.n, 1)
	equal(t, "mask", h.masks[0], emulation)
	equal(t, "behavior", h.behaviors[0], mach.EXCEPTION_DEFAULT)
	first := info[0]
	if first.IipPortObject == 0 || first.IipReceiverObject == 0 {
		t.Errorf("identities %v", first)
	}
	h.n = mach.EXC_TYPES_COUNT
	ok(t, "thread_get_exception_ports_info", mach.ThreadGetExceptionPortsInfo(me, emulation, &h.masks[0], &h.n, &info[0], &h.behaviors[0], &h.flavors[0]))
	equal(t, "identity of the same port", info[0], first)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
	want(t, "task_get_exception_ports_info", mach.TaskGetExceptionPortsInfo(self(), 1<<30, &h.masks[0], &h.n, &info[0], &h.behaviors[0], &h.flavors[0]), mach.KERN_INVALID_ARGUMENT)
	want(t, "thread_get_exception_ports_info", mach.ThreadGetExceptionPortsInfo(me, 1<<30, &h.masks[0], &h.n, &info[0], &h.behaviors[0], &h.flavors[0]), mach.KERN_INVALID_ARGUMENT)
	for _, o := range excOwners(t) {
		ok(t, o.what+"_set_exception_ports", o.set(o.name, emulation, none, mach.EXCEPTION_DEFAULT, 0))
	}
}
