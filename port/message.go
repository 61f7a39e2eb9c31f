package port

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/gomach/mach"
)

const (
	headerSize = 24 // mach_msg_header_t
	bodyOffset = 28 // header and descriptor count
	minTrailer = mach.MACH_MSG_TRAILER_MINIMUM_SIZE
	maxTrailer = 68
	maxMessage = math.MaxInt32 / 2
)

var le = binary.LittleEndian

// Message is a message to be sent: an identifier, rights and memory, and
// inline data, in any order of building. It cannot be built wrong: a mistake,
// such as a closed right, is kept and comes out of the send.
//
// A message owns what was moved into it and borrows what is copied; the owners
// of what is borrowed must live until the send. A send that succeeds leaves the
// message empty, for the next one. A send that fails leaves it as it is, except
// after [mach.MACH_SEND_INVALID_RIGHT], [mach.MACH_SEND_INVALID_MEMORY],
// [mach.MACH_SEND_INVALID_TYPE], [mach.MACH_SEND_NO_GRANT_DEST],
// [mach.MACH_SEND_INVALID_RT_OOL_SIZE] and [mach.MACH_MSG_VM_KERNEL]: the
// kernel has then released a part of it and does not say which, so the message
// is emptied and what it owned is not released a second time.
//
// The zero Message is empty and ready. A nil one takes nothing, and sending it
// is [ErrNoMessage]. A Message serves one goroutine at a time.
type Message struct {
	ID int32 // msgh_id: what the message is about

	buf      buffer
	size     int // bytes in use, header included; 0 is an empty message
	count    int // descriptors
	free     int // room between the descriptors and the inline data, for more of them
	data     int // where the inline data begins
	reply    part
	voucher  part
	borrowed []*right
	memory   []*OutOfLine
	bytes    [][]byte
	arrays   [][]mach.MachPort
	err      error
}

// NewMessage makes an empty message with an identifier.
func NewMessage(id int32) *Message { return &Message{ID: id} }

// Reset empties the message, releasing what it owns, and gives it an
// identifier.
func (m *Message) Reset(id int32) *Message {
	if m != nil {
		if !m.plain() {
			m.Close()
		}
		m.size, m.data, m.err = headerSize, headerSize, nil
		m.ID = id
	}
	return m
}

// Close releases what the message owns and empties it. It can be used again,
// and closed again.
//
// Mach calls: mach_port_deallocate, mach_port_mod_refs, mach_vm_deallocate, as
// needed.
func (m *Message) Close() error {
	if m == nil {
		return nil
	}
	var err error
	if !m.plain() {
		err = m.release()
	}
	m.empty()
	return err
}

// release gives up what the message owns.
func (m *Message) release() (err error) {
	if m.count > 0 {
		err = releaseBody(m.buf.bytes()[:m.size])
	}
	return errors.Join(err, m.reply.release(), m.voucher.release())
}

// plain reports whether there is only inline data in the message: most have no
// more.
func (m *Message) plain() bool {
	return m.count|len(m.borrowed) == 0 && m.reply.as|m.voucher.as == 0
}

// empty forgets the content: it belongs to somebody else now.
func (m *Message) empty() {
	if !m.plain() {
		m.emptyRights()
	}
	m.size, m.data, m.err = 0, 0, nil
}

func (m *Message) emptyRights() {
	for i, r := range m.borrowed {
		r.unuse()
		m.borrowed[i] = nil
	}
	for i, x := range m.memory {
		x.unuse()
		m.memory[i] = nil
	}
	clear(m.bytes)
	clear(m.arrays)
	m.borrowed, m.memory, m.bytes, m.arrays = m.borrowed[:0], m.memory[:0], m.bytes[:0], m.arrays[:0]
	m.count, m.free, m.reply, m.voucher = 0, 0, part{}, part{}
}

// Err returns the first mistake in building, which the send will return.
func (m *Message) Err() error {
	if m == nil {
		return ErrNoMessage
	}
	return m.err
}

func (m *Message) fail(err error) {
	if m != nil && m.err == nil {
		m.err = err
	}
}

// ready makes room for n more bytes.
func (m *Message) ready(n int) bool {
	if m == nil {
		return false
	}
	if m.size == 0 {
		m.size, m.data = headerSize, headerSize
	}
	if n > maxMessage-m.size && n > maxMessage-m.join() {
		m.fail(failed("mach_msg", mach.MACH_SEND_TOO_LARGE))
		return false
	}
	m.buf.grow(m.size + n + 4)
	return true
}

// Append adds inline data. The receiver gets it padded with zeros to a
// multiple of four bytes.
func (m *Message) Append(p ...byte) *Message {
	// Most find room: the header's is there, and that to pad.
	if m == nil || m.size < headerSize || len(p) > 8*len(m.buf.words)-m.size-4 {
		if !m.ready(len(p)) {
			return m
		}
	}
	m.size += copy(m.buf.bytes()[m.size:], p)
	return m
}

// Write adds inline data; it is [Message.Append] as an io.Writer.
func (m *Message) Write(p []byte) (int, error) {
	if !m.ready(len(p)) {
		return 0, m.Err()
	}
	m.size += copy(m.buf.bytes()[m.size:], p)
	return len(p), nil
}

// AppendUint32 adds four bytes of inline data, in the machine's order.
func (m *Message) AppendUint32(v uint32) *Message {
	if m.ready(4) {
		le.PutUint32(m.buf.bytes()[m.size:], v)
		m.size += 4
	}
	return m
}

// AppendUint64 adds eight bytes of inline data, in the machine's order.
func (m *Message) AppendUint64(v uint64) *Message {
	if m.ready(8) {
		le.PutUint64(m.buf.bytes()[m.size:], v)
		m.size += 8
	}
	return m
}

// Len is the number of bytes of inline data so far.
func (m *Message) Len() int {
	if m == nil {
		return 0
	}
	return m.size - m.data
}

// descriptor makes room for one of n bytes, ahead of the inline data. The data
// moves only where the room that was left ahead of it is used up, and leaves as
// much as the descriptors take by then: so a message of many descriptors and much
// data takes no more than a few moves.
func (m *Message) descriptor(n int) []byte {
	if m == nil || m.err != nil {
		return nil
	}
	if n > m.free && !m.part(n) {
		return nil
	}
	b := m.buf.bytes()
	at := m.data - m.free
	m.free -= n
	m.count++
	le.PutUint32(b[headerSize:], uint32(m.count))
	d := b[at : at+n]
	clear(d)
	return d
}

// part makes room for at least n bytes between the descriptors and the inline
// data.
func (m *Message) part(n int) bool {
	if !m.ready(n) { // sets where the data is
		return false
	}
	room := n
	if m.count == 0 {
		room += bodyOffset - headerSize
	} else if taken := m.data - m.free - bodyOffset; m.size > m.data && taken > n && taken < maxMessage-m.size {
		room = taken
	}
	if !m.ready(room) {
		return false
	}
	b := m.buf.bytes()
	copy(b[m.data+room:m.size+room], b[m.data:m.size])
	m.data += room
	m.size += room
	m.free += room
	if m.count == 0 {
		m.free -= bodyOffset - headerSize
	}
	return true
}

// join closes the room between the descriptors and the inline data and returns
// the message's size.
func (m *Message) join() int {
	if m.free > 0 {
		b := m.buf.bytes()
		copy(b[m.data-m.free:], b[m.data:m.size])
		m.data -= m.free
		m.size -= m.free
		m.free = 0
	}
	return m.size
}

// finish writes the header and pads the message.
func (m *Message) finish(h *header) (size int, err error) {
	if m == nil {
		return 0, ErrNoMessage
	}
	if m.err != nil {
		return 0, m.err
	}
	if m.size == 0 || len(m.buf.words) == 0 {
		m.ready(0)
	}
	if m.free > 0 {
		m.join()
	}
	for size = m.size; size%4 != 0; size++ {
		m.buf.bytes()[size] = 0
	}
	local, localAs := h.local, h.localAs
	if m.reply.as != 0 {
		if localAs != 0 {
			return 0, ErrHasReply
		}
		local, localAs = m.reply.name, m.reply.as
	}
	bits := mach.MachMsgBits(h.remoteAs) | mach.MachMsgBits(localAs)<<8 | mach.MachMsgBits(m.voucher.as)<<16
	if m.count > 0 {
		bits |= mach.MACH_MSGH_BITS_COMPLEX
	}
	*m.buf.head() = mach.MachMsgHeader{
		MsghBits:        bits,
		MsghSize:        uint32(size),
		MsghRemotePort:  h.remote,
		MsghLocalPort:   local,
		MsghVoucherPort: m.voucher.name,
		MsghID:          m.ID,
	}
	return size, nil
}

// partly lists the errors after which it is unknown how much of the body the
// kernel has consumed.
func partly(err error) bool {
	return errors.Is(err, mach.MACH_SEND_INVALID_RIGHT) || errors.Is(err, mach.MACH_SEND_INVALID_MEMORY) ||
		errors.Is(err, mach.MACH_SEND_INVALID_TYPE) || errors.Is(err, mach.MACH_SEND_INVALID_RT_OOL_SIZE) ||
		errors.Is(err, mach.MACH_SEND_NO_GRANT_DEST) || code(err) == mach.MACH_MSG_VM_KERNEL
}
