package bootstrap

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// newService makes a service with a port of its own: nil if there is no room.
// A port is made in a space, and so this one is, in one that goes at once.
func newService() *service {
	space := ipc.NewSpace()
	name, kr := space.Allocate(mach.MACH_PORT_RIGHT_RECEIVE, mach.MACH_PORT_NULL)
	if kr != mach.KERN_SUCCESS {
		return nil
	}
	send, kr := space.CopyinRight(name, mach.MACH_MSG_TYPE_MAKE_SEND)
	if kr != mach.KERN_SUCCESS {
		return nil
	}
	receive, kr := space.CopyinRight(name, mach.MACH_MSG_TYPE_MOVE_RECEIVE)
	if kr != mach.KERN_SUCCESS {
		send.Release()
		return nil
	}
	return &service{send: send, receive: receive}
}
