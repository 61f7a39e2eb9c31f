package ipc

import (
	"time"

	"github.com/gomach/mach"
)

// Caller is who calls mach_msg.
type Caller interface {
	// Interrupt returns a channel that is closed when the calling thread is
	// aborted, or nil.
	Interrupt() <-chan struct{}
	// Serve performs a message to a kernel object: it uses the message up and
	// returns the reply, with its destination, or nil.
	Serve(m *Message) *Message
	// Guard hears of a guard that the call broke.
	Guard(Violation)
}

// Msg are the arguments of mach_msg_overwrite.
type Msg struct {
	Space    *Space
	VM       VM     // for out-of-line memory
	Mem      Memory // for the message itself
	Caller   Caller
	Policy   Policy
	Kobject  bool   // the message is for an object of the kernel
	Send     uint64 // address
	Receive  uint64 // address
	Option   mach.MachMsgOption
	SendSize uint32
	RcvSize  uint32
	RcvName  mach.MachPort
	Timeout  uint32 // milliseconds

	trailer [maxTrailer]byte
	n       notices
	waiter  waiter
	spare   *Message // saves a way to the pool
}

// Do sends a message, receives one, or both (osfmk/ipc/mach_msg.c). Unlike the
// trap it starts an interrupted part again unless an option says otherwise, as
// libSystem does; but not for a thread that cannot wait any more, as its waits are
// broken off before they begin.
func (a *Msg) Do() mach.KernReturn {
	mr, wake := a.Start()
	if wake != nil {
		<-wake
		mr, _ = a.Resume()
	}
	return mr
}

// Start is Do up to a receive that only a message ends: if wake is not nil, the
// caller waits for it and goes on with Resume.
func (a *Msg) Start() (mr mach.KernReturn, wake <-chan struct{}) {
	if a.Option&mach.MACH_SEND_MSG != 0 {
		mr = a.send()
		for mr == mach.MACH_SEND_INTERRUPTED && a.Option&mach.MACH_SEND_INTERRUPT == 0 && a.mayWait() {
			mr = a.send()
		}
	}
	if mr == mach.MACH_MSG_SUCCESS && a.Option&mach.MACH_RCV_MSG != 0 {
		return a.receive()
	}
	return mr, nil
}

// Resume ends the receive that Start began.
func (a *Msg) Resume() (mach.KernReturn, <-chan struct{}) { return a.finish(a.waiter.result), nil }

const maxBody = 64<<20 - maxTrailer // bytes of one message

// send copies the message in and sends it. A message that could not be sent
// goes back to the sender's buffer.
func (a *Msg) send() mach.KernReturn {
	var h header
	m, mr := a.read(&h)
	if mr != mach.MACH_MSG_SUCCESS {
		if m != nil {
			m.free()
		}
		return mr
	}
	a.Space.identify(m)
	always, mr := a.Space.copyinHeader(m, &h, a.Option&mach.MACH_SEND_NOTIFY != 0, &a.n)
	if mr != mach.MACH_MSG_SUCCESS {
		a.notify()
		m.free()
		a.violated(mr, h)
		return mr
	}
	// The destination stays locked from the look at its right to the queue,
	// unless there is something to do in between.
	p := m.Dest.Port
	refused := a.Policy.refuses(a.Kobject, p)
	if refused || len(m.Descs) > 0 || len(a.n.list) > 0 {
		p.mu.Unlock()
		if mr := a.copyinRest(m, refused); mr != mach.MACH_MSG_SUCCESS {
			a.violated(mr, h)
			return mr
		}
		if m.circular {
			m.Destroy()
			return mach.MACH_MSG_SUCCESS
		}
		p.mu.Lock()
	}
	return a.deliver(m, always)
}

// copyinRest takes what descriptors name, and sends the notifications that
// taking the header's rights made due. It uses a message up that it refuses.
func (a *Msg) copyinRest(m *Message, refused bool) mach.KernReturn {
	if refused {
		a.notify()
		m.Descs = m.Descs[:0] // nothing was taken for them
		m.Destroy()
		a.Caller.Guard(Violation{Reason: mach.KGUARD_EXC_INVALID_OPTIONS, Payload: uint64(uint32(a.Option))})
		return mach.MACH_SEND_INVALID_OPTIONS
	}
	mr := a.Space.copyinBody(m, a.VM, &a.n)
	a.notify()
	if mr != mach.MACH_MSG_SUCCESS {
		m.free()
	}
	return mr
}

// violated tells of what was wrong with a message that was refused
// (osfmk/ipc/ipc_kmsg.c, ipc_kmsg_copyin_header and the descriptors' functions).
func (a *Msg) violated(mr mach.KernReturn, h header) {
	switch mr {
	case mach.MACH_SEND_INVALID_VOUCHER:
		a.n.violated(mach.KGUARD_EXC_SEND_INVALID_VOUCHER, h.voucher, 0)
	case mach.MACH_SEND_INVALID_REPLY:
		a.n.violated(mach.KGUARD_EXC_SEND_INVALID_REPLY, h.local, 0)
	}
	v := a.n.violation
	a.n.violation = Violation{}
	if v.Reason != 0 {
		a.Caller.Guard(v)
	}
}

func (a *Msg) notify() {
	if len(a.n.list) > 0 {
		a.n.send()
	}
}

// identify notes who sends a message.
func (s *Space) identify(m *Message) { m.sender = *s.sender.Load() }

// newMessage takes the spare message if it is large enough.
func (a *Msg) newMessage(size int) *Message {
	m := a.spare
	if m == nil || size > inline {
		return newMessage(size)
	}
	a.spare = nil
	m.Data = m.buf[:size]
	return m
}

// free keeps a message without rights as the spare one.
func (a *Msg) free(m *Message) {
	if a.spare == nil && len(m.Data) <= inline {
		m.reset()
		a.spare = m
		return
	}
	m.free()
}

// read copies the bytes in and takes header and descriptors apart.
func (a *Msg) read(h *header) (m *Message, mr mach.KernReturn) {
	size := a.SendSize
	if size < headerSize || size&3 != 0 {
		return nil, mach.MACH_SEND_MSG_TOO_SMALL
	}
	if size > maxBody {
		return nil, mach.MACH_SEND_TOO_LARGE
	}
	m = a.newMessage(int(size))
	if _, err := a.Mem.ReadAt(m.Data, a.Send); err != nil {
		return m, mach.MACH_SEND_INVALID_DATA
	}
	b := m.Data
	bits := le.Uint32(b) & mach.MACH_MSGH_BITS_USER
	h.remoteD = mach.MachMsgTypeName(bits & 0x1f)
	h.localD = mach.MachMsgTypeName(bits >> 8 & 0x1f)
	h.voucherD = bits >> 16 & 0x1f
	h.remote = mach.MachPort(le.Uint32(b[8:]))
	h.local = mach.MachPort(le.Uint32(b[12:]))
	h.voucher = mach.MachPort(le.Uint32(b[16:]))
	m.ID = int32(le.Uint32(b[20:]))
	m.voucherBits, m.reserved = h.voucherD, uint32(h.voucher)
	if bits&mach.MACH_MSGH_BITS_COMPLEX == 0 {
		return m, mach.MACH_MSG_SUCCESS
	}
	if size < bodySize {
		return m, mach.MACH_SEND_MSG_TOO_SMALL
	}
	m.complex = true
	count := le.Uint32(b[headerSize:])
	if count > (size-bodySize)/12 {
		return m, mach.MACH_SEND_MSG_TOO_SMALL
	}
	return m, m.inflate(count)
}

// deliver puts a message into the queue of its locked port, which it unlocks,
// waiting for room, or has the kernel perform it. A message that could not be
// sent goes back to the sender.
func (a *Msg) deliver(m *Message, always bool) mach.KernReturn {
	p := m.Dest.Port
	if !p.dead.Load() && p.served() {
		p.queue.seqno++
		p.mu.Unlock()
		if reply := a.Caller.Serve(m); reply != nil {
			a.deliverReply(reply, always)
		}
		return mach.MACH_MSG_SUCCESS
	}
	if mr := a.enqueue(m, p, always); mr != mach.MACH_MSG_SUCCESS {
		return mr | a.giveBack(m)
	}
	return mach.MACH_MSG_SUCCESS
}

// deliverReply queues a kernel object's reply by the options of the request: a
// full queue is waited for as they say. A reply that cannot be queued is
// destroyed, and the request was sent all the same (osfmk/ipc/ipc_kmsg.c,
// ipc_kmsg_send).
func (a *Msg) deliverReply(m *Message, always bool) {
	p := m.Dest.Port
	p.mu.Lock()
	if p.served() {
		p.mu.Unlock()
		m.Destroy()
		return
	}
	if a.enqueue(m, p, always) != mach.MACH_MSG_SUCCESS {
		m.Destroy()
	}
}

// enqueue puts a message into the queue of its locked port, which it unlocks,
// and waits for room if the options say so. On failure the message is the
// caller's; for a dead port it is destroyed, as if queued just before.
func (a *Msg) enqueue(m *Message, p *Port, always bool) mach.KernReturn {
	q := &p.queue
	switch {
	case p.dead.Load():
		p.unlockAndForget(m)
	case !q.full(), !q.fullKernel() && (always || a.Option&mach.MACH_SEND_ALWAYS != 0 ||
		m.Dest.Type == mach.MACH_MSG_TYPE_PORT_SEND_ONCE):
		q.count++
		w := p.post(m)
		p.mu.Unlock()
		w.awake()
	default:
		return a.waitForRoom(m, p)
	}
	return mach.MACH_MSG_SUCCESS
}

// unlockAndForget destroys a message to a locked dead port.
func (p *Port) unlockAndForget(m *Message) {
	p.forget(m.Dest.Type)
	p.mu.Unlock()
	m.destroyRest()
}

// waitForRoom waits until the full queue of a locked port has room, and queues
// the message. It unlocks the port.
func (a *Msg) waitForRoom(m *Message, p *Port) mach.KernReturn {
	switch {
	case a.Option&mach.MACH_SEND_TIMEOUT != 0 && a.Timeout == 0:
		p.mu.Unlock()
		return mach.MACH_SEND_TIMED_OUT
	case p.queue.fullKernel():
		p.mu.Unlock()
		return mach.MACH_SEND_NO_BUFFER
	}
	w := &a.waiter
	w.ready(0, false)
	p.queue.senders.add(w, &p.mu)
	p.mu.Unlock()
	mr := w.wait(a.limit(mach.MACH_SEND_TIMEOUT), mach.MACH_SEND_TIMED_OUT, mach.MACH_SEND_INTERRUPTED)
	if mr != mach.MACH_MSG_SUCCESS && mr != mach.MACH_SEND_INVALID_DEST {
		return mr
	}
	p.mu.Lock()
	if p.dead.Load() || mr != mach.MACH_MSG_SUCCESS {
		p.unlockAndForget(m)
		return mach.MACH_MSG_SUCCESS
	}
	w = p.post(m)
	p.mu.Unlock()
	w.awake()
	return mr
}

// giveBack returns a message that was not sent to the sender's buffer.
func (a *Msg) giveBack(m *Message) mach.KernReturn {
	mr := a.Space.copyoutPseudo(m, a.VM, a.Send, &a.n)
	a.notify()
	a.Mem.WriteAt(m.Data, a.Send)
	m.free()
	return mr & mach.MACH_MSG_MASK
}

// mayWait reports whether the caller's next wait is not broken off already.
func (a *Msg) mayWait() bool {
	select {
	case <-a.Caller.Interrupt():
		return false
	default:
		return true
	}
}

// limit is how long the caller waits.
func (a *Msg) limit(timeout mach.MachMsgOption) wait {
	l := wait{interrupt: a.Caller.Interrupt()}
	if a.Option&timeout != 0 {
		l.timed, l.d = true, time.Duration(a.Timeout)*time.Millisecond
	}
	return l
}
