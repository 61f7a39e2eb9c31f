package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_port_descriptor and
// ipc_kmsg_copyout_port_descriptor: each disposition.
func TestPortDescriptors(t *testing.T) {
	begin(t)
	p, q := newPort(t), sendPort(t)
	check := func(name mach.MachPort, how, seen mach.MachMsgTypeName) mach.MachPort {
		t.Helper()
		ok(t, "mach_msg", sendRight(p, name, how))
		got, kind := receiveRight(t, p)
		equal(t, "disposition", kind, seen)
		return got
	}
	equal(t, "name", check(q, mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MOVE_SEND), q)
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 2)
	equal(t, "name", check(q, mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND), q)
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 2)
	equal(t, "name", check(q, mach.MACH_MSG_TYPE_MAKE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND), q)
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 3)
	o := check(q, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
	typeIs(t, o, mach.MACH_PORT_TYPE_SEND_ONCE)
	o2 := check(o, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
	typeIs(t, o2, mach.MACH_PORT_TYPE_SEND_ONCE)
	dropSend(t, o2)
	equal(t, "name", check(q, mach.MACH_MSG_TYPE_MOVE_RECEIVE, mach.MACH_MSG_TYPE_MOVE_RECEIVE), q)
	typeIs(t, q, mach.MACH_PORT_TYPE_SEND_RECEIVE)
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 3)
	equal(t, "name", check(none, mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MOVE_SEND), none)
	equal(t, "name", check(mach.MACH_PORT_DEAD, mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MOVE_SEND), mach.MACH_PORT_DEAD)
}

// xnu osfmk/ipc/ipc_right.c, ipc_right_copyin, copy_dead and move_dead: a dead
// right arrives as MACH_PORT_DEAD, and moving takes a reference.
func TestDeadRightInBody(t *testing.T) {
	begin(t)
	p, d := newPort(t), newDeadName(t)
	ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), d, mach.MACH_PORT_RIGHT_DEAD_NAME, 1))
	ok(t, "mach_msg", sendRight(p, d, mach.MACH_MSG_TYPE_COPY_SEND))
	got, _ := receiveRight(t, p)
	equal(t, "name", got, mach.MACH_PORT_DEAD)
	refsAre(t, d, mach.MACH_PORT_RIGHT_DEAD_NAME, 2)
	ok(t, "mach_msg", sendRight(p, d, mach.MACH_MSG_TYPE_MOVE_SEND))
	refsAre(t, d, mach.MACH_PORT_RIGHT_DEAD_NAME, 1)
	got, _ = receiveRight(t, p)
	equal(t, "name", got, mach.MACH_PORT_DEAD)
	// A right whose port dies on the way arrives dead as well.
	q := sendPort(t)
	ok(t, "mach_msg", sendRight(p, q, mach.MACH_MSG_TYPE_MOVE_SEND))
	dropReceive(t, q)
	got, _ = receiveRight(t, p)
	equal(t, "name", got, mach.MACH_PORT_DEAD)
}

// xnu osfmk/ipc/ipc_port.c, ipc_port_destroy: messages with their rights die
// with the queue; a receive right in a message to its own port is a cycle
// (ipc_port_check_circularity) and dies with the last send right.
func TestRightsInDyingQueue(t *testing.T) {
	begin(t)
	p, q, r, o := newPort(t), newPort(t), sendPort(t), newPort(t)
	ok(t, "mach_msg", sendRight(p, q, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	ok(t, "mach_msg", sendRight(p, r, mach.MACH_MSG_TYPE_MOVE_SEND))
	ok(t, "mach_msg", sendRight(p, o, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE))
	dropReceive(t, p)
	gone(t, q)
	equal(t, "send rights", status(t, r).MpsSrights, 0)
	notification(t, o, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
	c := newPort(t)
	ok(t, "mach_msg", sendRight(c, c, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	gone(t, c)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_ool_descriptor: the receiver gets
// memory of its own, with every combination of copy option and size.
func TestOutOfLineMemory(t *testing.T) {
	begin(t)
	p := newPort(t)
	const room = 1 << 18
	src := alloc(t, room)
	fill(src, room, 3)
	for _, kind := range []mach.MachMsgDescriptorType{mach.MACH_MSG_OOL_DESCRIPTOR, mach.MACH_MSG_OOL_VOLATILE_DESCRIPTOR} {
		for _, how := range []mach.MachMsgCopyOptions{mach.MACH_MSG_PHYSICAL_COPY, mach.MACH_MSG_VIRTUAL_COPY} {
			for _, c := range [][2]int{{0, 1}, {5, 100}, {0, 4096}, {100, 70000}, {0, room}, {1, room - 2}} {
				off, size := c[0], c[1]
				b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
				n = place(b, n, mach.MachMsgOOLDescriptor{Address: mach.PackUint64(src + uint64(off)), Size: mach.MachMsgSize(size), Copy: uint8(how), Type: uint8(kind)})
				n = place(b, n, uint32(0xabcdef01))
				ok(t, "mach_msg", post(b, n))
				view(src, room)[off]++ // the message has its own copy
				in := receive(t, p, 0)
				view(src, room)[off]--
				equal(t, "complex bit", in.head().MsghBits&mach.MACH_MSGH_BITS_COMPLEX, mach.MACH_MSGH_BITS_COMPLEX)
				d := pick[mach.MachMsgOOLDescriptor](in, headerSize+4)
				equal(t, "type", mach.MachMsgDescriptorType(d.Type), kind)
				equal(t, "size", int(d.Size), size)
				equal(t, "the word behind", pick[uint32](in, headerSize+20), 0xabcdef01)
				got, wanted := view(d.Address.Uint64(), size), view(src+uint64(off), size)
				if string(got) != string(wanted) {
					t.Errorf("%d bytes at offset %d differ", size, off)
				}
				got[0]++ // it is writable
				discard(in)
				// mach_msg_destroy frees what says so, and nothing volatile
				// (libsyscall/mach/mach_msg.c).
				equal(t, "deallocate", d.Deallocate != 0, how == mach.MACH_MSG_VIRTUAL_COPY)
				if d.Deallocate == 0 || kind == mach.MACH_MSG_OOL_VOLATILE_DESCRIPTOR {
					ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), d.Address.Uint64(), uint64(size)))
				}
			}
		}
	}
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_ool_descriptor with deallocate: the
// sender's memory goes with the message.
func TestOutOfLineDeallocate(t *testing.T) {
	begin(t)
	p := newPort(t)
	var src uint64
	size := 3 * page()
	ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &src, size, mach.VM_FLAGS_ANYWHERE))
	fill(src, int(size), 9)
	b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
	n = place(b, n, mach.MachMsgOOLDescriptor{Address: mach.PackUint64(src), Size: mach.MachMsgSize(size), Deallocate: 1, Copy: uint8(mach.MACH_MSG_VIRTUAL_COPY), Type: uint8(mach.MACH_MSG_OOL_DESCRIPTOR)})
	ok(t, "mach_msg", post(b, n))
	var data uint64
	var count uint32
	want(t, "mach_vm_read", mach.MachVMRead(self(), src, size, &data, &count), mach.KERN_INVALID_ADDRESS)
	in := receive(t, p, 0)
	d := pick[mach.MachMsgOOLDescriptor](in, headerSize+4)
	filled(t, "the memory received", view(d.Address.Uint64(), int(size)), 9)
	discard(in)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyout_ool_descriptor: no memory at all.
func TestOutOfLineEmpty(t *testing.T) {
	begin(t)
	p := newPort(t)
	b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 2)
	n = place(b, n, mach.MachMsgOOLDescriptor{Address: mach.PackUint64(8), Copy: uint8(mach.MACH_MSG_VIRTUAL_COPY), Type: uint8(mach.MACH_MSG_OOL_DESCRIPTOR)})
	n = place(b, n, mach.MachMsgOOLPortsDescriptor{Address: mach.PackUint64(8), Disposition: uint8(mach.MACH_MSG_TYPE_COPY_SEND), Copy: uint8(mach.MACH_MSG_VIRTUAL_COPY), Type: uint8(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR)})
	ok(t, "mach_msg", post(b, n))
	in := receive(t, p, 0)
	d := pick[mach.MachMsgOOLDescriptor](in, headerSize+4)
	equal(t, "address", d.Address.Uint64(), 0)
	equal(t, "size", d.Size, 0)
	o := pick[mach.MachMsgOOLPortsDescriptor](in, headerSize+20)
	equal(t, "address", o.Address.Uint64(), 0)
	equal(t, "count", o.Count, 0)
	discard(in)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_ool_ports_descriptor and
// ipc_kmsg_copyout_ool_ports_descriptor.
func TestOutOfLinePorts(t *testing.T) {
	begin(t)
	p := newPort(t)
	const count = 40
	names := alloc(t, page())
	var ports []mach.MachPort
	for i := 0; i < count; i++ {
		q := sendPort(t)
		if i == 7 {
			q = none
		}
		ports = append(ports, q)
		*at[mach.MachPort](names + uint64(4*i)) = q
	}
	d := mach.MachMsgOOLPortsDescriptor{
		Address: mach.PackUint64(names), Count: count, Copy: uint8(mach.MACH_MSG_PHYSICAL_COPY),
		Disposition: uint8(mach.MACH_MSG_TYPE_COPY_SEND), Type: uint8(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR),
	}
	b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
	ok(t, "mach_msg", post(b, place(b, n, d)))
	in := receive(t, p, 0)
	d = pick[mach.MachMsgOOLPortsDescriptor](in, headerSize+4)
	equal(t, "count", d.Count, count)
	equal(t, "type", mach.MachMsgDescriptorType(d.Type), mach.MACH_MSG_OOL_PORTS_DESCRIPTOR)
	equal(t, "disposition", mach.MachMsgTypeName(d.Disposition), mach.MACH_MSG_TYPE_MOVE_SEND)
	for i, q := range ports {
		equal(t, "name", *at[mach.MachPort](d.Address.Uint64() + uint64(4*i)), q)
		if q != none {
			refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 2)
		}
	}
	discard(in)
	for _, q := range ports {
		if q != none {
			refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 1)
		}
	}
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_guarded_port_descriptor and
// ipc_kmsg_copyout_guarded_port_descriptor: with MACH_RCV_GUARDED_DESC the
// receiver gets the guard, without a plain port descriptor.
func TestGuardedDescriptor(t *testing.T) {
	begin(t)
	p, q := newPort(t), newPort(t)
	post1 := func(context uint64) {
		t.Helper()
		b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
		n = place(b, n, mach.MachMsgGuardedPortDescriptor{
			Context: mach.PackUint64(context), Flags: uint16(mach.MACH_MSG_GUARD_FLAGS_IMMOVABLE_RECEIVE),
			Disposition: uint8(mach.MACH_MSG_TYPE_MOVE_RECEIVE), Type: uint8(mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR), Name: q,
		})
		ok(t, "mach_msg", post(b, n))
	}
	ok(t, "mach_port_guard_with_flags", mach.MachPortGuardWithFlags(self(), q, guardWord, 0))
	post1(guardWord)
	gone(t, q)
	in := receive(t, p, mach.MACH_RCV_GUARDED_DESC)
	d := pick[mach.MachMsgGuardedPortDescriptor](in, headerSize+4)
	equal(t, "type", mach.MachMsgDescriptorType(d.Type), mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR)
	equal(t, "disposition", mach.MachMsgTypeName(d.Disposition), mach.MACH_MSG_TYPE_MOVE_RECEIVE)
	equal(t, "the guard, which is the buffer's address", d.Context.Uint64(), addressOf(in.head()))
	q = d.Name
	typeIs(t, q, mach.MACH_PORT_TYPE_RECEIVE)
	s := status(t, q)
	if s.MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARDED == 0 {
		t.Error("the port is not guarded at its receiver")
	}
	if s.MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE == 0 {
		t.Error("the receive right is not immovable")
	}
	ok(t, "mach_port_destruct", mach.MachPortDestruct(self(), q, 0, d.Context.Uint64()))
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyout_descriptors: all kinds in one
// message, followed by inline data.
func TestMixedDescriptors(t *testing.T) {
	begin(t)
	p, q := newPort(t), sendPort(t)
	mem := alloc(t, page())
	fill(mem, int(page()), 1)
	*at[mach.MachPort](mem) = q
	b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 55, 4)
	n = place(b, n, portDescriptor(q, mach.MACH_MSG_TYPE_MAKE_SEND))
	n = place(b, n, mach.MachMsgOOLDescriptor{Address: mach.PackUint64(mem + 16), Size: 100, Copy: uint8(mach.MACH_MSG_VIRTUAL_COPY), Type: uint8(mach.MACH_MSG_OOL_DESCRIPTOR)})
	n = place(b, n, portDescriptor(q, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE))
	n = place(b, n, mach.MachMsgOOLPortsDescriptor{Address: mach.PackUint64(mem), Count: 1, Copy: uint8(mach.MACH_MSG_PHYSICAL_COPY), Disposition: uint8(mach.MACH_MSG_TYPE_COPY_SEND), Type: uint8(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR)})
	inline := n
	for i := uint32(0); i < 20; i++ {
		n = place(b, n, 0x10000+i)
	}
	ok(t, "mach_msg", post(b, n))
	in := receive(t, p, 0)
	equal(t, "size", int(in.head().MsghSize), n)
	equal(t, "id", in.head().MsghID, 55)
	equal(t, "first port", pick[mach.MachMsgPortDescriptor](in, 28).Name, q)
	ool := pick[mach.MachMsgOOLDescriptor](in, 40)
	equal(t, "memory", string(view(ool.Address.Uint64(), 100)), string(view(mem+16, 100)))
	typeIs(t, pick[mach.MachMsgPortDescriptor](in, 56).Name, mach.MACH_PORT_TYPE_SEND_ONCE)
	equal(t, "port out of line", *at[mach.MachPort](pick[mach.MachMsgOOLPortsDescriptor](in, 68).Address.Uint64()), q)
	for i := uint32(0); i < 20; i++ {
		equal(t, "inline word", pick[uint32](in, inline+int(4*i)), 0x10000+i)
	}
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 3)
	discard(in)
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 1)
	notification(t, q, mach.MACH_NOTIFY_SEND_ONCE, headerSize)
}

// xnu osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyout_pseudo: a complex message that
// could not be queued comes back with its rights and memory.
func TestPseudoReceiveOfBody(t *testing.T) {
	begin(t)
	p, q := sendPort(t), sendPort(t)
	fillQueue(t, p)
	mem := alloc(t, page())
	fill(mem, int(page()), 4)
	b, n := complexMessage(p, mach.MACH_MSG_TYPE_COPY_SEND, 55, 2)
	n = place(b, n, portDescriptor(q, mach.MACH_MSG_TYPE_MOVE_SEND))
	n = place(b, n, mach.MachMsgOOLDescriptor{Address: mach.PackUint64(mem), Size: 100, Copy: uint8(mach.MACH_MSG_VIRTUAL_COPY), Type: uint8(mach.MACH_MSG_OOL_DESCRIPTOR)})
	want(t, "mach_msg", post(b, n), mach.MACH_SEND_TIMED_OUT)
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 1)
	equal(t, "port", pick[mach.MachMsgPortDescriptor](b, 28).Name, q)
	d := pick[mach.MachMsgOOLDescriptor](b, 40)
	filled(t, "memory that came back", view(d.Address.Uint64(), 100), 4)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 2)
	mach.MachMsgDestroy(b.head())
	refsAre(t, q, mach.MACH_PORT_RIGHT_SEND, 0)
	refsAre(t, p, mach.MACH_PORT_RIGHT_SEND, 1)
}
