// Package leak finds rights and message memory that a test leaves behind.
package leak

import (
	"fmt"
	"sync"
	"time"

	"github.com/gomach/mach"
)

// TB is what [Check] needs of a test: *testing.T has it.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// keepHost makes the first call on the host port, with which package mach keeps
// a reference on Darwin.
var keepHost = sync.OnceFunc(func() {
	host := mach.MachHostSelf()
	var v mach.KernelVersion
	mach.HostKernelVersion(host, &v)
	mach.MachPortDeallocate(mach.MachTaskSelf(), host)
})

// Check compares what the task holds now with what it holds when the test
// ends; see [github.com/gomach/mach/port/porttest.LeakCheck]. Before it looks
// it calls closeIdle, which releases what a package keeps for later. Rights may
// take as long as patience to go after the test.
func Check(t TB, closeIdle func(), patience time.Duration) {
	t.Helper()
	keepHost()
	closeIdle()
	before, err := census()
	if err != nil {
		t.Errorf("leak: cannot look for leaks: %v", err)
		return
	}
	t.Cleanup(func() {
		t.Helper()
		var found []string
		// Goroutines that the test has told to stop may need a moment.
		for start := time.Now(); ; {
			closeIdle()
			after, err := census()
			if err != nil {
				t.Errorf("leak: cannot look for leaks: %v", err)
				return
			}
			if found = before.compare(after); len(found) == 0 {
				return
			}
			if time.Since(start) > patience {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		for _, s := range found {
			t.Errorf("leak: %s", s)
		}
	})
}

// Rights and memory at one time.
type holdings struct {
	rights map[mach.MachPort]holding
	memory uint64
}

type holding struct {
	kind mach.MachPortType_t
	refs uint32
}

func (h holdings) compare(after holdings) (found []string) {
	for name, a := range after.rights {
		switch b, known := h.rights[name]; {
		case !known:
			found = append(found, fmt.Sprintf("leaked %s %#x, %d references", kindText(a.kind), uint32(name), a.refs))
		case a != b:
			found = append(found, fmt.Sprintf("%s %#x had %d references and is %s with %d now",
				kindText(b.kind), uint32(name), b.refs, kindText(a.kind), a.refs))
		}
	}
	for name, b := range h.rights {
		if _, there := after.rights[name]; !there {
			found = append(found, fmt.Sprintf("%s %#x was released by somebody who did not own it", kindText(b.kind), uint32(name)))
		}
	}
	if after.memory != h.memory {
		found = append(found, fmt.Sprintf("%d bytes of message memory before, %d now", h.memory, after.memory))
	}
	return found
}

func kindText(t mach.MachPortType_t) string {
	switch {
	case t&mach.MACH_PORT_TYPE_RECEIVE != 0 && t&mach.MACH_PORT_TYPE_SEND != 0:
		return "receive and send right"
	case t&mach.MACH_PORT_TYPE_RECEIVE != 0:
		return "receive right"
	case t&mach.MACH_PORT_TYPE_SEND != 0:
		return "send right"
	case t&mach.MACH_PORT_TYPE_SEND_ONCE != 0:
		return "send-once right"
	case t&mach.MACH_PORT_TYPE_PORT_SET != 0:
		return "port set"
	}
	return "dead name"
}

// census lists what the task holds.
func census() (h holdings, err error) {
	self := mach.MachTaskSelf()
	var names *mach.MachPortName
	var types *mach.MachPortType_t
	var n, m mach.MachMsgTypeNumber
	if err := mach.MachPortNames(self, &names, &n, &types, &m); err != nil {
		return h, fmt.Errorf("mach_port_names: %w", err)
	}
	kinds := mach.Slice(types, m)
	h.rights = make(map[mach.MachPort]holding, n)
	for i, name := range mach.Slice(names, n) {
		if i >= len(kinds) {
			break
		}
		k := kinds[i] & mach.MACH_PORT_TYPE_ALL_RIGHTS
		x := holding{kind: k}
		switch {
		case k&mach.MACH_PORT_TYPE_SEND != 0:
			if isThread(name) {
				continue
			}
			mach.MachPortGetRefs(self, name, mach.MACH_PORT_RIGHT_SEND, &x.refs)
		case k&mach.MACH_PORT_TYPE_DEAD_NAME != 0:
			mach.MachPortGetRefs(self, name, mach.MACH_PORT_RIGHT_DEAD_NAME, &x.refs)
		}
		h.rights[name] = x
	}
	if n > 0 {
		mach.MachVMDeallocate(self, mach.AddressOf(names), mach.SizeOf[mach.MachPortName](n))
	}
	if m > 0 {
		mach.MachVMDeallocate(self, mach.AddressOf(types), mach.SizeOf[mach.MachPortType_t](m))
	}
	h.memory = messageMemory()
	return h, nil
}

func isThread(name mach.MachPort) bool {
	var kind mach.IPCInfoObjectType
	var addr uint64
	err := mach.MachPortKobject(mach.MachTaskSelf(), name, &kind, &addr)
	return err == nil && kind == mach.IPC_OTYPE_THREAD_CONTROL
}

// messageMemory is how many bytes are mapped for messages' memory.
func messageMemory() (bytes uint64) {
	var addr uint64
	for {
		var size uint64
		depth := mach.Natural(1)
		var info mach.VMRegionSubmapShortInfo64
		n := mach.CountOf[mach.VMRegionSubmapShortInfo64]()
		if mach.MachVMRegionRecurse(mach.MachTaskSelf(), &addr, &size, &depth, mach.Info(&info), &n) != nil {
			return bytes
		}
		if mach.VMMemory(info.UserTag) == mach.VM_MEMORY_MACH_MSG {
			bytes += size
		}
		if addr+size <= addr {
			return bytes
		}
		addr += size
	}
}
