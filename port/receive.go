package port

import (
	"context"
	"errors"

	"github.com/gomach/mach"
)

// Receive owns a receive right, and with it the port: closing it destroys the
// port, its queued messages with all that is in them, and turns all send
// rights into dead names.
//
// The right is guarded from birth: nobody who merely knows its name can destroy
// it. Its methods may be called by several goroutines at once.
type Receive struct {
	_     receiveKind
	owner right
}

// Option changes how [NewReceive] makes a port. The zero Option changes nothing.
type Option struct{ set func(*mach.MachPortOptions) }

// QueueLimit sets how many messages the port's queue takes before senders
// wait. Without it that is 5, and the most is 1,024.
func QueueLimit(n int) Option {
	return Option{func(o *mach.MachPortOptions) {
		o.Flags |= mach.MPO_QLIMIT
		o.Mpl.MplQlimit = uint32(max(0, min(n, 1<<30)))
	}}
}

// Immovable makes a port whose receive right cannot be sent away.
func Immovable() Option {
	return Option{func(o *mach.MachPortOptions) { o.Flags |= mach.MPO_IMMOVABLE_RECEIVE }}
}

// ImportanceReceiver lets messages to the port raise the task's importance.
func ImportanceReceiver() Option {
	return Option{func(o *mach.MachPortOptions) { o.Flags |= mach.MPO_IMPORTANCE_RECEIVER }}
}

// ForExceptions makes a port for exception messages, which hardened programs
// insist on: its receive right cannot be sent away. Such ports are there since
// macOS 15. Before, the flag's bit meant nothing (macOS 12 and 13) or let
// exceptions pass that the system wants identity-protected (macOS 14); the port
// is an ordinary one then, with an immovable right all the same.
func ForExceptions() Option {
	return Option{func(o *mach.MachPortOptions) { o.Flags |= mach.MPO_EXCEPTION_PORT | mach.MPO_IMMOVABLE_RECEIVE }}
}

// NewReceive makes a port and returns its receive right, which the caller owns.
// It does not wait if the kernel serves the own task's port.
//
// It fails with [mach.KERN_NO_SPACE] or [mach.KERN_RESOURCE_SHORTAGE] when the
// task or the system has no room for more, and with [mach.KERN_INVALID_VALUE]
// for a queue limit over 1,024.
//
// Mach calls: mach_port_construct.
func NewReceive(options ...Option) (*Receive, error) {
	var o mach.MachPortOptions
	for _, option := range options {
		if option.set != nil {
			option.set(&o)
		}
	}
	r := new(Receive)
	if err := r.right().construct(&o); err != nil {
		return nil, err
	}
	return r, nil
}

// wishes are kinds of ports that an ordinary one can stand in for, on systems
// that do not have them. Those of Apple's take no notice of bits that they do
// not know; another kernel may refuse them.
const wishes = mach.MPO_REPLY_PORT | mach.MPO_EXCEPTION_PORT

func (r *right) construct(o *mach.MachPortOptions) error {
	o.Flags |= mach.MPO_CONTEXT_AS_GUARD
	guard := newGuard()
	var name mach.MachPort
	err := mach.MachPortConstruct(mach.MachTaskSelf(), o, guard, &name)
	if o.Flags&wishes != 0 && errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		o.Flags &^= wishes
		err = mach.MachPortConstruct(mach.MachTaskSelf(), o, guard, &name)
	}
	if err != nil {
		return failed("mach_port_construct", err)
	}
	r.init(receive, name, guard)
	return nil
}

// OwnReceive takes over the receive right name, which the caller must own and
// must not use any more, and guards it. The right must not be guarded yet.
//
// It fails with [mach.KERN_INVALID_RIGHT] or [mach.KERN_INVALID_NAME] if name is
// no receive right, and with [mach.KERN_INVALID_ARGUMENT] if it is guarded; the
// right stays the caller's then.
//
// Mach calls: mach_port_guard.
func OwnReceive(name mach.MachPort) (*Receive, error) {
	guard := newGuard()
	if err := mach.MachPortGuard(mach.MachTaskSelf(), name, guard, 0); err != nil {
		return nil, failed("mach_port_guard", err)
	}
	r := new(Receive)
	r.right().init(receive, name, guard)
	return r, nil
}

// OwnGuardedReceive takes over a receive right that is guarded by that value, as
// [Receive.Relinquish] hands it over. It does not check either: a wrong guard
// shows when the right is closed or moved, and ends the program on Darwin.
func OwnGuardedReceive(name mach.MachPort, guard uint64) *Receive {
	r := new(Receive)
	r.right().init(receive, name, guard)
	return r
}

// Close destroys the port. Receivers that wait on it return [ErrClosed]. A
// second Close does nothing.
//
// Mach calls: mach_port_destruct.
func (r *Receive) Close() error { return r.right().close() }

// Name borrows the right's name: MACH_PORT_NULL once it is closed. Do not
// release it.
func (r *Receive) Name() mach.MachPort { return r.right().name() }

// Relinquish hands the receive right over to the caller, who has to destroy it
// by mach_port_destruct with that guard. Receivers that wait return
// [ErrClosed]. The name is MACH_PORT_NULL if there is nothing to hand over.
func (r *Receive) Relinquish() (name mach.MachPort, guard uint64) {
	name, ok := r.right().take()
	if !ok {
		return mach.MACH_PORT_NULL, 0
	}
	return name, r.owner.guard
}

// MakeSend makes a send right, which the caller owns.
//
// Mach calls: mach_port_insert_right.
func (r *Receive) MakeSend() (*Send, error) {
	name, ok := r.right().use()
	if !ok {
		return nil, notUsable(r)
	}
	defer r.right().unuse()
	err := mach.MachPortInsertRight(mach.MachTaskSelf(), name, name, mach.MACH_MSG_TYPE_MAKE_SEND)
	if err != nil {
		return nil, failed("mach_port_insert_right", err)
	}
	return OwnSend(name), nil
}

// MakeSendOnce makes a send-once right, which the caller owns. Closed unused it
// sends r a message with the identifier MACH_NOTIFY_SEND_ONCE.
//
// Mach calls: mach_port_extract_right.
func (r *Receive) MakeSendOnce() (*SendOnce, error) {
	name, ok := r.right().use()
	if !ok {
		return nil, notUsable(r)
	}
	defer r.right().unuse()
	var once mach.MachPort
	var as mach.MachMsgTypeName
	err := mach.MachPortExtractRight(mach.MachTaskSelf(), name, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &once, &as)
	if err != nil {
		return nil, failed("mach_port_extract_right", err)
	}
	return OwnSendOnce(once), nil
}

// Status tells about the port and its queue.
//
// Mach calls: mach_port_get_attributes.
func (r *Receive) Status() (mach.MachPortStatus, error) {
	var s mach.MachPortStatus
	name, ok := r.right().use()
	if !ok {
		return s, notUsable(r)
	}
	defer r.right().unuse()
	n := mach.CountOf[mach.MachPortStatus]()
	err := mach.MachPortGetAttributes(mach.MachTaskSelf(), name, mach.MACH_PORT_RECEIVE_STATUS, mach.Info(&s), &n)
	return s, failed("mach_port_get_attributes", err)
}

// SetQueueLimit changes how many messages the queue takes: 1,024 at most.
//
// Mach calls: mach_port_set_attributes.
func (r *Receive) SetQueueLimit(n int) error {
	name, ok := r.right().use()
	if !ok {
		return notUsable(r)
	}
	defer r.right().unuse()
	limits := mach.MachPortLimits{MplQlimit: uint32(max(0, min(n, 1<<30)))}
	err := mach.MachPortSetAttributes(mach.MachTaskSelf(), name, mach.MACH_PORT_LIMITS_INFO,
		mach.Info(&limits), mach.CountOf[mach.MachPortLimits]())
	return failed("mach_port_set_attributes", err)
}

// Receive waits for a message and puts it into m, whose old content is
// released first. Who gets the message owns what is in it, until m is closed
// or used again. The buffer grows to the message's size.
//
// It ends with the context's error when the context does, and with [ErrClosed]
// when the right is closed; no message is lost by either.
//
// Mach calls: mach_msg; at the first wait mach_port_construct,
// mach_port_allocate and mach_port_insert_member for the port that wakes it.
func (r *Receive) Receive(ctx context.Context, m *Received) error {
	return named(r, r.right().receive(background(ctx), m))
}

// TryReceive is Receive without waiting: without a message it fails with
// [mach.MACH_RCV_TIMED_OUT].
//
// Mach calls: mach_msg.
func (r *Receive) TryReceive(m *Received) error { return named(r, r.right().tryReceive(m)) }
