package conformance_test

import (
	"encoding/binary"
	"testing"

	"github.com/gomach/mach"
)

// drain empties a queue and frees what its messages hold.
func drain(p mach.MachPort) {
	b := newBuffer(1 << 16)
	for {
		err := mach.MachMsg(b.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, b.size(), p, 0, none)
		if codeOf(err) == mach.MACH_RCV_TOO_LARGE {
			continue
		}
		if err != nil {
			return
		}
		mach.MachMsgDestroy(b.head())
	}
}

// Any bytes as a message to a port of the test, with any options but those
// that wait: an error or success, no panic and no hang. Names in the message
// are made to be ports of the test, so that nothing else is sent away, and
// addresses to be memory of the test.
func FuzzMessage(f *testing.F) {
	if realMac() {
		f.Skip("wrong messages raise EXC_GUARD on a real Mac")
	}
	seed := func(b buffer, n int) { f.Add(b.bytes()[:n], uint32(0), uint32(0)) }
	b, n := complexMessage(1, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 3)
	n = place(b, n, portDescriptor(1, mach.MACH_MSG_TYPE_MAKE_SEND))
	n = place(b, n, mach.MachMsgOOLDescriptor{Address: mach.PackUint64(1), Size: 100, Copy: 1, Type: 1})
	n = place(b, n, mach.MachMsgOOLPortsDescriptor{Address: mach.PackUint64(1), Count: 3, Disposition: 20, Type: 2})
	seed(b, n+8)
	b, n = complexMessage(1, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, 1, 1)
	seed(b, place(b, n, mach.MachMsgGuardedPortDescriptor{Flags: 2, Disposition: 16, Type: 4, Name: 1}))
	f.Add([]byte{}, uint32(0), uint32(0))
	f.Add(make([]byte, 24), uint32(0x03000000), uint32(2))
	f.Add([]byte{0x13, 0x15, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0}, uint32(0x0f000008), uint32(4))
	f.Fuzz(func(t *testing.T, data []byte, options, room uint32) {
		inUse := namesInUse(t)
		t.Cleanup(func() {
			if n := namesInUse(t); n > inUse {
				t.Errorf("%d names are in use after the message, %d before", n, inUse)
			}
		})
		p := sendPort(t)
		mem := alloc(t, 1<<16)
		fill(mem, 1<<16, 1)
		*at[mach.MachPort](mem) = p
		b := newBuffer(len(data) + 64)
		copy(b.bytes(), data)
		h := b.head()
		h.MsghRemotePort = p
		if h.MsghLocalPort != none {
			h.MsghLocalPort = p
		}
		if h.MsghBits&mach.MACH_MSGH_BITS_COMPLEX != 0 && len(data) >= 28 {
			tame(b, len(data), p, mem)
		}
		options &^= uint32(mach.MACH_SEND_MSG | mach.MACH_RCV_MSG)
		send := mach.MACH_SEND_MSG | mach.MACH_SEND_TIMEOUT | mach.MachMsgOption(options)
		_ = mach.MachMsg(h, send, mach.MachMsgSize(len(data)), 0, none, 0, none)
		in := newBuffer(int(room%4096) + 128)
		rcv := mach.MACH_RCV_MSG | mach.MACH_RCV_TIMEOUT | mach.MachMsgOption(options)&^mach.MACH_RCV_SYNC_WAIT
		if mach.MachMsg(in.head(), rcv, 0, in.size()-72, p, 0, none) == nil {
			mach.MachMsgDestroy(in.head())
		}
		var ty mach.MachPortType_t
		if mach.MachPortType(self(), p, &ty) == nil && ty&mach.MACH_PORT_TYPE_RECEIVE != 0 {
			drain(p)
		}
	})
}

func namesInUse(t testing.TB) mach.Natural {
	t.Helper()
	var info mach.IPCInfoSpaceBasic
	ok(t, "mach_port_space_basic_info", mach.MachPortSpaceBasicInfo(self(), &info))
	return info.IisbTableInuse
}

// tame makes the descriptors of a message name ports and memory of the test.
func tame(b buffer, size int, p mach.MachPort, mem uint64) {
	count := int(binary.LittleEndian.Uint32(b.bytes()[24:]))
	for i, n := 0, 28; i < count && n+16 <= size; i++ {
		switch d := b.bytes()[n+11]; mach.MachMsgDescriptorType(d) {
		case mach.MACH_MSG_PORT_DESCRIPTOR:
			place(b, n, p)
			n += 12
		case mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
			place(b, n+12, p)
			n += 16
		case mach.MACH_MSG_OOL_PORTS_DESCRIPTOR:
			place(b, n, mach.PackUint64(mem))
			place(b, n+8, uint8(0))
			place(b, n+12, pick[uint32](b, n+12)%2)
			n += 16
		default:
			place(b, n, mach.PackUint64(mem))
			place(b, n+8, uint8(0))
			place(b, n+12, pick[uint32](b, n+12)%(1<<16))
			n += 16
		}
	}
}

// Any flavor with any count into each info call: never more than count words
// are written, and nothing hangs.
func FuzzInfo(f *testing.F) {
	for flavor := uint32(0); flavor < 36; flavor++ {
		f.Add(flavor, uint32(100))
	}
	f.Add(uint32(1<<31), ^uint32(0))
	f.Add(uint32(0), uint32(0))
	f.Add(^uint32(0), uint32(1))
	f.Fuzz(func(t *testing.T, flavor, count uint32) {
		infoCalls(t, flavor, count)
	})
}

const roomWords = 2000

func infoCalls(t testing.TB, flavor, count uint32) {
	thread := thread(t)
	h := host(t)
	p := newPort(t)
	var set mach.MachPort
	ok(t, "processor_set_default", mach.ProcessorSetDefault(h, &set))
	defer mach.MachPortDeallocate(self(), set)
	mem := alloc(t, page())
	type call func(info *int32, n *uint32) error
	for name, f := range map[string]call{
		"task_info":         func(i *int32, n *uint32) error { return mach.TaskInfo(self(), mach.TaskFlavor(flavor), i, n) },
		"task_inspect":      func(i *int32, n *uint32) error { return mach.TaskInspect(self(), mach.TaskInspectFlavor(flavor), i, n) },
		"thread_info":       func(i *int32, n *uint32) error { return mach.ThreadInfo(thread, mach.ThreadFlavor(flavor), i, n) },
		"host_info":         func(i *int32, n *uint32) error { return mach.HostInfo(h, mach.HostFlavor(flavor), i, n) },
		"host_statistics":   func(i *int32, n *uint32) error { return mach.HostStatistics(h, mach.HostFlavor(flavor), i, n) },
		"host_statistics64": func(i *int32, n *uint32) error { return mach.HostStatistics64(h, mach.HostFlavor(flavor), i, n) },
		"mach_port_get_attributes": func(i *int32, n *uint32) error {
			return mach.MachPortGetAttributes(self(), p, mach.MachPortFlavor(flavor), i, n)
		},
		"task_policy_get": func(i *int32, n *uint32) error {
			var d mach.Boolean
			return mach.TaskPolicyGet(self(), mach.TaskPolicyFlavor(flavor), i, n, &d)
		},
		"thread_policy_get": func(i *int32, n *uint32) error {
			var d mach.Boolean
			return mach.ThreadPolicyGet(thread, mach.ThreadPolicyFlavor(flavor), i, n, &d)
		},
		"processor_set_statistics": func(i *int32, n *uint32) error {
			return mach.ProcessorSetStatistics(set, mach.ProcessorSetFlavor(flavor), i, n)
		},
		"processor_set_info": func(i *int32, n *uint32) error {
			var back mach.MachPort
			err := mach.ProcessorSetInfo(set, mach.ProcessorSetFlavor(flavor), &back, i, n)
			if err == nil {
				mach.MachPortDeallocate(self(), back)
			}
			return err
		},
		"mach_vm_region": func(i *int32, n *uint32) error {
			addr, size, name := mem, uint64(0), mach.MachPort(0)
			return mach.MachVMRegion(self(), &addr, &size, mach.VMRegionFlavor(flavor), i, n, &name)
		},
		"mach_vm_region_recurse": func(i *int32, n *uint32) error {
			addr, size, depth := mem, uint64(0), flavor
			return mach.MachVMRegionRecurse(self(), &addr, &size, &depth, i, n)
		},
		"mach_vm_page_info": func(i *int32, n *uint32) error {
			return mach.MachVMPageInfo(self(), mem, mach.VMPageInfoFlavor(flavor), i, n)
		},
	} {
		room := make([]int32, roomWords)
		for i := range room {
			room[i] = 0x5a5a5a5a
		}
		// A count beyond the room would be a lie that lets a kernel write there.
		n := min(count, roomWords)
		had := n
		err := f(&room[0], &n)
		if err == nil && n > had {
			t.Errorf("%s(%d): %d words in room for %d", name, flavor, n, had)
		}
		for i := had; i < roomWords; i++ {
			if room[i] != 0x5a5a5a5a {
				t.Errorf("%s(%d): word %d is written in room for %d", name, flavor, i, had)
				break
			}
		}
	}
}

// The seeds of FuzzInfo leave nothing behind, and neither do counts at the
// edges.
func TestInfoEdges(t *testing.T) {
	begin(t)
	for flavor := uint32(0); flavor < 40; flavor++ {
		for _, count := range []uint32{0, 1, 2, 5, 9, 100, 1024, ^uint32(0)} {
			infoCalls(t, flavor, count)
		}
	}
}
