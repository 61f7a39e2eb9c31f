package port

import (
	"context"
	"errors"

	"github.com/gomach/mach"
)

// A name has room for one dead-name or send-possible request of its task. A
// notifier that takes the place of an earlier one keeps that one's send-once
// right, and passes the death on: each watcher of a name hears of it, whether
// its requests are made by this package or by hand.

// chained reports whether requests of that kind share their place.
func chained(msgid int32) bool {
	return msgid == mach.MACH_NOTIFY_DEAD_NAME || msgid == mach.MACH_NOTIFY_SEND_POSSIBLE
}

// displace asks for a notification to a port, by a send-once right to it, and
// gives the right of the request before, which the caller owns.
func displace(name mach.MachPort, msgid int32, sync uint32, to mach.MachPort, as mach.MachMsgTypeName) (previous mach.MachPort, err error) {
	err = mach.MachPortRequestNotification(mach.MachTaskSelf(), name, msgid, sync, to, as, &previous)
	switch {
	case err == nil && previous == mach.MACH_PORT_DEAD: // that port has died
		return mach.MACH_PORT_NULL, nil
	case err == nil:
		return previous, nil
	case errors.Is(err, mach.KERN_INVALID_CAPABILITY):
		// The port of the request before has died: the kernel cannot hand out its
		// right, and says so, but the new request stands (xnu
		// osfmk/ipc/mach_kernelrpc.c, ipc_object_copyout of a dead port). Or the
		// right that was handed over is dead, and there is nobody to be told.
		if to != mach.MACH_PORT_NULL && as == mach.MACH_MSG_TYPE_MOVE_SEND_ONCE && is(to, mach.MACH_PORT_TYPE_DEAD_NAME) {
			deallocate(to)
		}
		return mach.MACH_PORT_NULL, nil
	}
	return mach.MACH_PORT_NULL, failed("mach_port_request_notification", err)
}

// is reports whether a name has a kind of right.
func is(name mach.MachPort, kind mach.MachPortType_t) bool {
	var have mach.MachPortType_t
	return mach.MachPortType(mach.MachTaskSelf(), name, &have) == nil && have&kind != 0
}

// passOn ends the chain of a watch whose notification has come: who was there
// before is told of a death, and asks again otherwise.
func (w *watch) passOn(previous mach.MachPort) {
	switch {
	case previous == mach.MACH_PORT_NULL:
	case !chained(w.msgid) || !is(previous, mach.MACH_PORT_TYPE_SEND_ONCE):
		deallocate(previous)
	case is(w.name, mach.MACH_PORT_TYPE_DEAD_NAME):
		tellDeath(previous, w.name)
	default:
		putBack(w.name, previous)
	}
}

// putBack makes a send-once right that was displaced the name's request again.
// Who has come meanwhile loses its place: closing its right tells it so.
func putBack(name, previous mach.MachPort) {
	r, err := displace(name, mach.MACH_NOTIFY_DEAD_NAME, 0, previous, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
	switch {
	case err == nil:
		deallocate(r)
	case is(name, mach.MACH_PORT_TYPE_DEAD_NAME):
		tellDeath(previous, name)
	default:
		deallocate(previous)
	}
}

// tellDeath sends the dead-name notification that the kernel would have sent,
// with the reference to the dead name that it holds.
func tellDeath(to, name mach.MachPort) {
	s := OwnSendOnce(to)
	defer s.Close()
	if mach.MachPortModRefs(mach.MachTaskSelf(), name, mach.MACH_PORT_RIGHT_DEAD_NAME, 1) != nil {
		return
	}
	m := NewMessage(mach.MACH_NOTIFY_DEAD_NAME).AppendNDR().AppendUint32(uint32(name))
	defer m.Close()
	if s.Send(context.Background(), m) != nil {
		deallocate(name)
	}
}
