package port

import (
	"errors"

	"github.com/gomach/mach"
)

// Received is a received message. It owns the rights and the memory in it until
// they are taken out, and Close, or the next use of the buffer, releases what
// is left: that includes the reply right.
//
// Close it on every path, like a response's body. The zero Received is ready
// for use. It serves one goroutine at a time.
type Received struct {
	buf    buffer
	layout layout
	full   bool
	plain  bool // with nothing that would have to be released
	id     int32
	local  mach.MachPort
}

// holds reports whether there is a message in it.
func (m *Received) holds() bool { return m != nil && m.full }

// trailer asks for everything up to the audit token.
const trailer = mach.MachMsgOption(mach.MACH_RCV_TRAILER_AUDIT << 24)

// roomy is the size of a new buffer: enough for most messages, so that few have
// to be asked for twice.
const roomy = 1024

// wanted are the options of all receives: the receiver takes everything that a
// message can bring.
const wanted = mach.MACH_RCV_MSG | mach.MACH_RCV_LARGE | mach.MACH_RCV_VOUCHER | mach.MACH_RCV_GUARDED_DESC | trailer

// errAgain says that the buffer has grown: the message is still in its queue,
// if nobody else takes it.
var errAgain = errors.New("port: message needs a larger buffer")

// get receives into the buffer. What there is left to wait is computed anew
// after [errAgain], as after an interruption.
func (m *Received) get(name mach.MachPort, option mach.MachMsgOption, timeout uint32) error {
	if 8*len(m.buf.words) < roomy {
		m.buf.grow(roomy)
	}
	h := m.buf.head()
	err := mach.MachMsg(h, option|mach.MACH_RCV_INTERRUPT|wanted, 0, uint32(8*len(m.buf.words)), name, timeout, 0)
	if err == nil {
		m.local = h.MsghLocalPort
		return nil
	}
	return m.trouble(err)
}

// trouble makes the best of a receive that failed.
func (m *Received) trouble(err error) error {
	h := m.buf.head()
	switch {
	case err == mach.MACH_RCV_INTERRUPTED:
		return errAgain
	case err == mach.MACH_RCV_TOO_LARGE && int64(h.MsghSize)+maxTrailer > int64(8*len(m.buf.words)):
		m.buf.grow(int(h.MsghSize) + maxTrailer)
		return errAgain
	case errors.Is(err, mach.MACH_RCV_BODY_ERROR):
		// The message came, but a part of it found no room in the task.
		if m.accept() == nil {
			m.Close()
		}
	}
	return err
}

// accept takes the message in the buffer apart.
func (m *Received) accept() error {
	h := m.buf.head()
	m.full, m.id = true, h.MsghID
	m.plain = h.MsghBits&(mach.MACH_MSGH_BITS_COMPLEX|mach.MACH_MSGH_BITS_REMOTE_MASK|mach.MACH_MSGH_BITS_VOUCHER_MASK) == 0
	if size := int(h.MsghSize); m.plain && size >= headerSize && size <= 8*len(m.buf.words) && size%4 == 0 {
		m.layout.size, m.layout.data, m.layout.descs = size, headerSize, m.layout.descs[:0]
		return nil
	}
	if err := m.layout.parse(m.buf.bytes()); err != nil {
		// The kernel makes no such messages. If it did, its library would
		// know best how to release them.
		m.full = false
		mach.MachMsgDestroy(h)
		return err
	}
	return nil
}

// Close releases what is left in the message. The buffer can be used again; a
// second Close does nothing.
//
// Mach calls: mach_port_deallocate, mach_port_mod_refs, mach_vm_deallocate, as
// needed.
func (m *Received) Close() error {
	if !m.holds() {
		return nil
	}
	if m.full = false; m.plain {
		return nil
	}
	return m.release()
}

func (m *Received) release() (err error) {
	if name, as := m.reply(); as != 0 {
		err = release(name, as)
	}
	if len(m.layout.descs) > 0 {
		err = both(err, releaseBody(m.buf.bytes()[:m.layout.size]))
	}
	if v := voucherOf(m.buf.head()); v.as != 0 {
		err = both(err, v.release())
	}
	m.layout.size, m.layout.data, m.layout.descs = 0, 0, m.layout.descs[:0]
	return err
}

func both(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return errors.Join(a, b)
}

// ID is the message's identifier: 0 when there is no message.
func (m *Received) ID() int32 {
	if !m.holds() {
		return 0
	}
	return m.id
}

// Port borrows the name of the port that the message came to: with a [Set], it
// tells the member.
func (m *Received) Port() mach.MachPort {
	if !m.holds() {
		return mach.MACH_PORT_NULL
	}
	return m.local
}

// Data views the inline data, which comes in multiples of four bytes. It is
// good until the message is closed or the buffer used again.
func (m *Received) Data() []byte {
	if !m.holds() {
		return nil
	}
	return m.buf.bytes()[m.layout.data:m.layout.size:m.layout.size]
}

// Descriptors is the number of rights, arrays and pieces of memory.
func (m *Received) Descriptors() int {
	if !m.holds() {
		return 0
	}
	return len(m.layout.descs)
}

// Kind tells what descriptor i holds.
func (m *Received) Kind(i int) Kind {
	d := m.descriptor(i)
	if d == nil {
		return Taken
	}
	return kindOf(d)
}

// descriptor is the bytes from descriptor i on, or nil if it was taken or there
// is none.
func (m *Received) descriptor(i int) []byte {
	if !m.holds() || i < 0 || i >= len(m.layout.descs) || m.layout.descs[i] < 0 {
		return nil
	}
	return m.buf.bytes()[m.layout.descs[i]:m.layout.size]
}

// taken empties descriptor i, of n bytes.
func (m *Received) taken(i, n int) {
	forget(m.descriptor(i)[:n])
	m.layout.descs[i] = ^m.layout.descs[i]
}

// reply is the right to answer that came with the message.
func (m *Received) reply() (mach.MachPort, mach.MachMsgTypeName) {
	h := m.buf.head()
	as := mach.MachMsgTypeName(h.MsghBits & mach.MACH_MSGH_BITS_REMOTE_MASK)
	if h.MsghRemotePort == mach.MACH_PORT_NULL || h.MsghRemotePort == mach.MACH_PORT_DEAD {
		return 0, 0
	}
	return h.MsghRemotePort, as
}

func (m *Received) forgetReply() { m.buf.head().MsghRemotePort = mach.MACH_PORT_NULL }
