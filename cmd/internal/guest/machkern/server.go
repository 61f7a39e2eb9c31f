//go:build linux && (amd64 || arm64)

package machkern

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
)

// Layout of a message's header and of a MIG reply (<mach/message.h>, <mach/mig_errors.h>).
const (
	bitsAt    = 0
	sizeAt    = 4
	remoteAt  = 8
	retCodeAt = 32
	maxTrail  = 68
)

// serve is mach_msg_server and mach_msg_server_once (xnu libsyscall/mach/mach_msg.c):
// receive, have the guest's function make a reply, send it.
func (g *Guest) serve(c *proc.Call, once bool) {
	g.attach(c.Process)
	demux, size := c.Arg(0), uint64(c.Uint32(1))
	port, options := mach.MachPort(c.Uint32(2)), mach.MachMsgOption(c.Uint32(3))
	options &^= mach.MACH_SEND_MSG | mach.MACH_RCV_MSG | mach.MACH_RCV_VOUCHER
	size = (size + 3) &^ 3
	m := space{c.Process}
	page := m.PageSize()
	room := (size + maxTrail + page - 1) &^ (page - 1)
	s := server{g: g, c: c, demux: demux, port: port, options: options, room: room}
	var err error
	s.request, err = m.Map(core.Mapping{Size: 2 * room, Prot: mach.VM_PROT_READ | mach.VM_PROT_WRITE})
	if err != nil {
		c.Return(uint64(uint32(mach.KERN_RESOURCE_SHORTAGE)))
		return
	}
	s.reply = s.request + room
	defer func() { _ = m.Unmap(s.request, 2*room) }()
	kr := s.one()
	for kr == mach.KERN_SUCCESS && !once {
		kr = s.one()
	}
	c.Return(uint64(uint32(kr)))
}

type server struct {
	g              *Guest
	c              *proc.Call
	demux          uint64
	port           mach.MachPort
	options        mach.MachMsgOption
	request, reply uint64
	room           uint64
}

func (s *server) msg(at uint64, options mach.MachMsgOption, sendSize, rcvSize uint32, port mach.MachPort) mach.KernReturn {
	return mach.KernReturn(int32(s.g.call(s.c.Thread, "mach_msg", at, uint64(options), uint64(sendSize), uint64(rcvSize), uint64(port), 0, 0)))
}

func (s *server) word(at uint64) uint32 {
	var b [4]byte
	_, _ = userMemory{s.c.Process}.ReadAt(b[:], at)
	return binary.LittleEndian.Uint32(b[:])
}

func (s *server) setWord(at uint64, v uint32) {
	_, _ = userMemory{s.c.Process}.WriteAt(binary.LittleEndian.AppendUint32(nil, v), at)
}

// one serves one message.
func (s *server) one() mach.KernReturn {
	receive := s.options &^ (mach.MACH_SEND_TIMEOUT | mach.MACH_SEND_INTERRUPT)
	kr := s.msg(s.request, mach.MACH_RCV_MSG|mach.MACH_RCV_VOUCHER|receive, 0, uint32(s.room), s.port)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	s.c.Guest(s.demux, s.request, s.reply)
	bits := s.word(s.reply + bitsAt)
	if bits&uint32(mach.MACH_MSGH_BITS_COMPLEX) == 0 {
		switch code := mach.KernReturn(int32(s.word(s.reply + retCodeAt))); code {
		case mach.MIG_NO_REPLY:
			s.setWord(s.reply+remoteAt, 0)
		case mach.KERN_SUCCESS:
		default:
			if s.word(s.request+bitsAt)&uint32(mach.MACH_MSGH_BITS_COMPLEX) != 0 {
				// The reply takes the reply port along; the rest of the request goes.
				s.setWord(s.request+remoteAt, 0)
				s.g.call(s.c.Thread, "mach_msg_destroy", s.request)
			}
		}
	}
	if s.word(s.reply+remoteAt) == 0 {
		return mach.KERN_SUCCESS
	}
	// A reply to a send-once right never waits; to others it must not.
	send := mach.MACH_SEND_MSG
	if mach.MachMsgTypeName(bits&0x1f) != mach.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		send |= mach.MACH_SEND_TIMEOUT
	}
	kr = s.msg(s.reply, send, s.word(s.reply+sizeAt), 0, 0)
	switch kr {
	case mach.MACH_SEND_INVALID_DEST, mach.MACH_SEND_TIMED_OUT:
		s.g.call(s.c.Thread, "mach_msg_destroy", s.reply)
		return mach.KERN_SUCCESS
	}
	return kr
}
