package ipc

import (
	"testing"

	"github.com/gomach/mach"
)

// Whatever bytes are sent, the kernel neither fails nor waits, and after the
// task has ended no right is left.
func FuzzSend(f *testing.F) {
	a := newTask()
	a.portMessage(0x103, 0x103, mach.MACH_MSG_TYPE_MAKE_SEND)
	f.Add(a.vm.bytes[:40], uint32(mach.MACH_RCV_MSG), uint32(200))
	a.header(bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), 0x203, 0x103, 1)
	f.Add(a.vm.bytes[:24], uint32(0), uint32(0))
	ool := append([]byte(nil), a.vm.bytes[:44]...)
	ool[3] |= 0x80
	ool[24] = 1
	ool[39] = byte(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR)
	f.Add(ool, uint32(mach.MACH_RCV_MSG|mach.MACH_RCV_LARGE), uint32(30))
	f.Fuzz(func(t *testing.T, message []byte, option, room uint32) {
		a := newTask()
		p, q := a.port(t), a.port(t)
		ports := []*Port{a.portOf(p), a.portOf(q)}
		r, _ := a.CopyinRight(q, mach.MACH_MSG_TYPE_MAKE_SEND)
		a.CopyoutRight(r)
		set, _ := a.Allocate(mach.MACH_PORT_RIGHT_PORT_SET, 0)
		a.InsertMember(p, set)
		o, _ := a.CopyinRight(p, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)
		a.CopyoutRight(o)
		a.Allocate(mach.MACH_PORT_RIGHT_DEAD_NAME, 0)
		n := copy(a.vm.bytes, message)
		a.msg.Option = mach.MachMsgOption(option) | mach.MACH_SEND_MSG | mach.MACH_SEND_TIMEOUT | mach.MACH_RCV_TIMEOUT
		a.msg.SendSize, a.msg.RcvSize, a.msg.RcvName = uint32(n), room%4096, set
		a.msg.Do()
		for _, name := range []mach.MachPort{p, q} {
			a.receive(name, mach.MachMsgOption(option)&mach.MACH_RCV_GUARDED_DESC)
		}
		a.Terminate()
		for _, p := range ports {
			idle(t, p)
		}
	})
}
