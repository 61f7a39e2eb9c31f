package port

import (
	"context"

	"github.com/gomach/mach"
)

// Send owns one reference to a send right, or to the dead name that it becomes
// when its port dies. Its methods may be called by several goroutines at once.
type Send struct {
	_     sendKind
	owner right
}

// OwnSend takes over one reference to the send right name, which the caller
// must own. It does not check the name.
func OwnSend(name mach.MachPort) *Send {
	s := new(Send)
	s.right().init(send, name, 0)
	return s
}

// CopySend makes an owner of its own for a send right that somebody else holds
// under that name, such as the host's or a thread's. MACH_PORT_NULL and
// MACH_PORT_DEAD give owners of nothing.
//
// It fails with [mach.KERN_INVALID_NAME] or [mach.KERN_INVALID_RIGHT] if name is
// no send right. The kernel counts references up to 65,535 and stops there: a
// right that had that many stays in the task for good.
//
// Mach calls: mach_port_mod_refs.
func CopySend(name mach.MachPort) (*Send, error) {
	err := mach.MachPortModRefs(mach.MachTaskSelf(), name, mach.MACH_PORT_RIGHT_SEND, 1)
	if err != nil {
		return nil, failed("mach_port_mod_refs", err)
	}
	return OwnSend(name), nil
}

// Close releases the reference. Sends that are waiting for room go on; it is
// released after them. A second Close does nothing.
//
// Mach calls: mach_port_deallocate.
func (s *Send) Close() error { return s.right().close() }

// Name borrows the right's name: MACH_PORT_NULL once it is closed. Do not
// release it.
func (s *Send) Name() mach.MachPort { return s.right().name() }

// Relinquish hands the reference over to the caller, who has to release it by
// mach_port_deallocate. The name is MACH_PORT_NULL if there is nothing to hand
// over.
func (s *Send) Relinquish() mach.MachPort {
	name, _ := s.right().take()
	return name
}

// Copy adds a reference, which the caller owns. A right whose port is dead
// cannot be copied: [mach.KERN_INVALID_RIGHT].
//
// Mach calls: mach_port_mod_refs.
func (s *Send) Copy() (*Send, error) {
	name, ok := s.right().use()
	if !ok {
		return nil, notUsable(s)
	}
	defer s.right().unuse()
	return CopySend(name)
}

// Dead reports whether the right's port has died.
//
// Mach calls: mach_port_type.
func (s *Send) Dead() (bool, error) {
	name, ok := s.right().use()
	if !ok {
		return false, notUsable(s)
	}
	defer s.right().unuse()
	if name == mach.MACH_PORT_DEAD {
		return true, nil
	}
	var t mach.MachPortType_t
	err := mach.MachPortType(mach.MachTaskSelf(), name, &t)
	return t&mach.MACH_PORT_TYPE_DEAD_NAME != 0, failed("mach_port_type", err)
}

// Send sends a message, and waits while the port's queue is full. On success
// the message is empty again; otherwise it keeps what it holds, to be sent
// again or closed, except after the errors named at [Message].
//
// It ends with the context's error when the context does. It fails with
// [mach.MACH_SEND_INVALID_DEST] when the port is dead.
//
// Mach calls: mach_msg.
func (s *Send) Send(ctx context.Context, m *Message) error {
	if s == nil {
		return notUsable(s)
	}
	name, ok := s.owner.enter()
	if !ok {
		s.owner.unuse()
		return notUsable(s)
	}
	h := header{remote: name, remoteAs: mach.MACH_MSG_TYPE_COPY_SEND}
	err := m.send(background(ctx), &h)
	s.owner.unuse()
	return err
}

// TrySend is Send without waiting: a full queue is [mach.MACH_SEND_TIMED_OUT].
//
// Mach calls: mach_msg.
func (s *Send) TrySend(m *Message) error {
	name, ok := s.right().use()
	if !ok {
		return notUsable(s)
	}
	defer s.right().unuse()
	h := header{remote: name, remoteAs: mach.MACH_MSG_TYPE_COPY_SEND}
	return m.trySend(&h)
}

// SendOnce owns a send-once right. Closing it unused sends the port's owner a
// send-once notification.
type SendOnce struct {
	_     sendOnceKind
	owner right
}

// OwnSendOnce takes over the send-once right name, which the caller must own.
// It does not check the name.
func OwnSendOnce(name mach.MachPort) *SendOnce {
	s := new(SendOnce)
	s.right().init(sendOnce, name, 0)
	return s
}

// Close releases the right. A second Close does nothing.
//
// Mach calls: mach_port_deallocate.
func (s *SendOnce) Close() error { return s.right().close() }

// Name borrows the right's name: MACH_PORT_NULL once it is closed or used. Do
// not release it.
func (s *SendOnce) Name() mach.MachPort { return s.right().name() }

// Relinquish hands the right over to the caller, who has to release it by
// mach_port_deallocate. The name is MACH_PORT_NULL if there is nothing to hand
// over.
func (s *SendOnce) Relinquish() mach.MachPort {
	name, _ := s.right().take()
	return name
}

// Send uses the right up to send a message: it never waits for room, as every
// port has room for what was promised to it. After an error the right is still
// owned, except after the errors named at [Message].
//
// Mach calls: mach_msg.
func (s *SendOnce) Send(ctx context.Context, m *Message) error {
	name, ok := s.right().lend()
	if !ok {
		return notUsable(s)
	}
	h := header{remote: name, remoteAs: mach.MACH_MSG_TYPE_MOVE_SEND_ONCE}
	err := m.send(background(ctx), &h)
	if err != nil && h.remote != mach.MACH_PORT_NULL {
		s.right().giveBack(h.remote)
	} else {
		s.right().spend()
	}
	return err
}
