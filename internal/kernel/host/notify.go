package host

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// watch are those who want to know that the calendar clock was set: send-once
// rights by kind of notification.
type watch struct {
	running bool
	waiting [mach.HOST_NOTIFY_TYPE_MAX + 1][]ipc.Right
}

// hostRequestNotification takes any number of requests with the same port, whose
// receive right stays where it is from then on (xnu osfmk/kern/host_notify.c; the
// port was a kernel object once, and a second request KERN_INVALID_CAPABILITY).
func hostRequestNotification(c *core.Ctx) mach.KernReturn {
	h, bad := anyHost(c, mach.KERN_INVALID_ARGUMENT)
	if bad == mach.MACH_SEND_INVALID_DEST {
		return bad
	}
	r, kr := c.TakeRight(2, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)
	kind := c.I32(1)
	switch {
	case kr != mach.KERN_SUCCESS:
		return mach.MACH_SEND_INVALID_RIGHT
	case bad != mach.KERN_SUCCESS:
		kr = bad
	case !r.Valid():
		kr = mach.KERN_INVALID_CAPABILITY
	case kind < 0 || kind > mach.HOST_NOTIFY_TYPE_MAX:
		kr = mach.KERN_INVALID_ARGUMENT
	}
	if kr != mach.KERN_SUCCESS {
		r.Release()
		return kr
	}
	r.Port.Stay()
	h.notifyOnce(int(kind), r)
	return mach.KERN_SUCCESS
}

func (h *Host) notifyOnce(kind int, r ipc.Right) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watch.waiting[kind] = append(h.watch.waiting[kind], r)
	if !h.watch.running {
		h.watch.running = true
		go h.watchClock()
	}
}

// watchClock waits until the clock is set and tells who wants to know. It ends
// then: a request is good for one message, and the next one starts it again.
func (h *Host) watchClock() {
	set := h.machine.ClockSet(nil)
	h.mu.Lock()
	waiting := h.watch.waiting
	if set {
		clear(h.watch.waiting[:])
	}
	h.watch.running = false
	h.mu.Unlock()
	if set {
		notifyAll(waiting)
	}
}

func notifyAll(waiting [mach.HOST_NOTIFY_TYPE_MAX + 1][]ipc.Right) {
	ids := [...]int32{mach.HOST_CALENDAR_CHANGED_REPLYID, mach.HOST_CALENDAR_SET_REPLYID}
	for kind, rights := range waiting {
		for _, r := range rights {
			m := ipc.NewMessage(ids[kind], nil) // a header alone (xnu osfmk/kern/host_notify.c)
			m.Dest = r
			m.Send()
		}
	}
}
