package clock

import (
	"encoding/binary"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// alarm registers an alarm. Nothing takes it back but the end of the port, to
// which the message then goes in vain.
func alarm(c *core.Ctx) mach.KernReturn {
	s, kr := serviceArg(c)
	if kr == mach.MACH_SEND_INVALID_DEST {
		return kr
	}
	to, bad := c.TakeRight(3, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)
	switch {
	case bad != mach.KERN_SUCCESS:
		return mach.MACH_SEND_INVALID_RIGHT // the message could not even be sent
	case kr != mach.KERN_SUCCESS:
	case s.id != mach.SYSTEM_CLOCK:
		kr = mach.KERN_FAILURE
	case !to.Valid():
		kr = mach.KERN_INVALID_CAPABILITY
	}
	if kr != mach.KERN_SUCCESS {
		to.Release()
		return kr
	}
	kind, at, now := mach.AlarmType(c.I32(1)), timespecOf(c.U64(2)), s.now()
	due, ok := at.due(kind, now)
	switch {
	case !ok:
		tell(to, mach.KERN_INVALID_VALUE, kind, now)
	case due <= now:
		tell(to, mach.KERN_SUCCESS, kind, now)
	default:
		ring(to, kind, due)
	}
	return mach.KERN_SUCCESS
}

// ring tells that an alarm is due once it is.
func ring(to ipc.Right, kind mach.AlarmType, due uint64) {
	now := Absolute()
	if now >= due {
		tell(to, mach.KERN_SUCCESS, kind, now)
		return
	}
	time.AfterFunc(time.Duration(min(due-now, 1<<62)), func() { ring(to, kind, due) })
}

// alarmReplyID is the message of clock_alarm_reply (xnu
// osfmk/mach/clock_reply.defs).
const alarmReplyID = 3125107

// reply is that message: NDR, code, type and time.
func reply(code mach.KernReturn, kind mach.AlarmType, at timespec) *ipc.Message {
	body := make([]byte, 24)
	body[4] = 1 // NDR_record: little-endian integers
	binary.LittleEndian.PutUint32(body[8:], uint32(code))
	binary.LittleEndian.PutUint32(body[12:], uint32(kind))
	binary.LittleEndian.PutUint64(body[16:], at.word())
	return ipc.NewMessage(alarmReplyID, body)
}

func tell(to ipc.Right, code mach.KernReturn, kind mach.AlarmType, now uint64) {
	m := reply(code, kind, fromNanoseconds(now))
	m.Dest = to
	m.Send()
}

// alarmReply sends for a program what the kernel sends when an alarm is due.
func alarmReply(c *core.Ctx) mach.KernReturn {
	to, kr := c.TakeRight(0, mach.MachMsgTypeName(c.U32(1)))
	switch {
	case kr == mach.KERN_INVALID_VALUE:
		return mach.MACH_SEND_INVALID_HEADER // no disposition at all
	case kr != mach.KERN_SUCCESS || !to.Valid() || to.Type == mach.MACH_MSG_TYPE_PORT_RECEIVE:
		to.Release()
		return mach.MACH_SEND_INVALID_DEST
	}
	m := reply(mach.KernReturn(c.I32(2)), mach.AlarmType(c.I32(3)), timespecOf(c.U64(4)))
	m.Dest = to
	if m.TrySend() {
		return mach.MACH_MSG_SUCCESS
	}
	// The queue is full: as a message with no timeout it waits for room.
	aborted := c.Interrupt()
	for !m.TrySend() {
		select {
		case <-aborted:
			m.Destroy()
			return mach.MACH_SEND_INTERRUPTED
		case <-time.After(time.Millisecond):
		}
	}
	return mach.MACH_MSG_SUCCESS
}
