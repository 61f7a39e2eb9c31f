package ipc

import (
	"encoding/binary"

	"github.com/gomach/mach"
)

// Message is a message in the kernel: its bytes as a sender lays them out, its
// rights and its out-of-line memory.
type Message struct {
	next *Message

	// Data is the whole message without a trailer: the header, whose fields
	// below count and whose bytes do not, then descriptors and body. What the
	// fields of descriptors say stands in Descs.
	Data  []byte
	ID    int32
	Dest  Right // where it goes
	Reply Right // msgh_local_port of the sender
	Descs []Desc

	complex     bool
	circular    bool   // carries the receive right of its own way
	voucher     Right  // the voucher, a send right
	voucherCopy bool   // the sender kept its voucher right
	voucherBits uint32 // the disposition, zero: none
	reserved    uint32 // the voucher field of a message without a voucher
	sender      Sender
	buf         [inline]byte
}

// inline is the size up to which messages need no buffer.
const inline = 256

// Desc is a descriptor of a complex message.
type Desc struct {
	Offset int // in Data
	Type   mach.MachMsgDescriptorType
	Right  Right  // a port or guarded port
	Memory []byte // out-of-line memory
	Copy   uint8  // MACH_MSG_PHYSICAL_COPY or VIRTUAL_COPY
	Rights []Right
	// RightsType is the type of out-of-line rights.
	RightsType mach.MachMsgTypeName
	// of a guarded port
	Flags   uint16
	Context uint64
}

const (
	headerSize = 24
	bodySize   = 28 // header and descriptor count
)

var le = binary.LittleEndian

// newMessage takes a message with room for size bytes from the pool.
func newMessage(size int) *Message { return pool.get(size) }

// NewMessage makes a message that the kernel sends: body follows the header.
func NewMessage(id int32, body []byte, descs ...Desc) *Message {
	m := newMessage(headerSize + len(body))
	copy(m.Data[headerSize:], body)
	m.ID = id
	m.Descs = append(m.Descs[:0], descs...)
	m.complex = len(descs) > 0
	m.sender = kernelSender
	return m
}

// kernelSender is who sends for the kernel (osfmk/ipc/ipc_kmsg.c).
var kernelSender = Sender{Security: mach.SecurityToken{Val: [2]uint32{0, 1}}}

// Complex reports whether the message has descriptors.
func (m *Message) Complex() bool { return m.complex }

// Body is what follows the header and the descriptors.
func (m *Message) Body() []byte {
	at := headerSize
	if m.complex {
		at = bodySize
	}
	if n := len(m.Descs); n > 0 {
		at = m.Descs[n-1].Offset + descSize(m.Descs[n-1].Type)
	}
	return m.Data[at:]
}

// SetComplex says that the message has a descriptor count, though it may be
// zero.
func (m *Message) SetComplex() { m.complex = true }

// Sender is who sent the message.
func (m *Message) Sender() Sender { return m.sender }

// free puts a message without rights back into the pool.
func (m *Message) free() {
	pool.put(m, m.memory())
}

// memory is the size of the out-of-line memory that the message has.
func (m *Message) memory() (n int) {
	for i := range m.Descs {
		n += cap(m.Descs[i].Memory)
	}
	return n
}

func (m *Message) reset() {
	for i := range m.Descs {
		m.Descs[i] = Desc{}
	}
	m.next, m.Data, m.Descs = nil, nil, m.Descs[:0]
	m.ID, m.Dest, m.Reply, m.voucher = 0, Right{}, Right{}, Right{}
	m.complex, m.circular, m.voucherCopy = false, false, false
	m.voucherBits, m.reserved = 0, 0
}

// Destroy releases the message with its rights and memory.
func (m *Message) Destroy() {
	m.Dest.Release()
	m.destroyRest()
}

// destroyRest is Destroy for a message whose destination right is accounted
// for.
func (m *Message) destroyRest() {
	m.Dest = Right{}
	m.Reply.Release()
	m.voucher.Release()
	memory := m.memory()
	m.cleanDescs(len(m.Descs))
	pool.put(m, memory)
}

// cleanDescs releases what the first n descriptors hold.
func (m *Message) cleanDescs(n int) {
	for i := range m.Descs[:n] {
		d := &m.Descs[i]
		d.Right.Release()
		for _, r := range d.Rights {
			r.Release()
		}
		*d = Desc{Offset: d.Offset, Type: d.Type}
	}
}

// TakeReply takes the reply right out of the message.
func (m *Message) TakeReply() Right {
	r := m.Reply
	m.Reply = Right{}
	return r
}

// size is the message's size as a receiver sees it, without the trailer.
func (m *Message) size() uint32 { return uint32(len(m.Data)) }

// kernelSize is the message's size as XNU's kernel keeps it: its header has 8
// bytes more than a task's, and a port descriptor 4, as all descriptors have one
// size there (osfmk/ipc/ipc_kmsg.c, ipc_kmsg_get_and_inflate_from_user).
func (m *Message) kernelSize() uint32 {
	size := m.size() + 8
	for i := range m.Descs {
		size += maxDescSize - uint32(descSize(m.Descs[i].Type))
	}
	return size
}

// bits puts a header's bits together.
func (m *Message) bits(remote, local mach.MachMsgTypeName, voucher uint32) uint32 {
	b := uint32(remote) | uint32(local)<<8 | voucher<<16
	if m.complex {
		b |= mach.MACH_MSGH_BITS_COMPLEX
	}
	return b
}

// putHeader writes the header as a task sees it.
func (m *Message) putHeader(bits uint32, remote, local mach.MachPort, voucher uint32) {
	b := m.Data
	le.PutUint32(b[0:], bits)
	le.PutUint32(b[4:], m.size())
	le.PutUint32(b[8:], uint32(remote))
	le.PutUint32(b[12:], uint32(local))
	le.PutUint32(b[16:], voucher)
	le.PutUint32(b[20:], uint32(m.ID))
}
