package host

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// giveSpecial gives the caller one of the host's special ports; one that is
// not set is MACH_PORT_NULL.
func (h *Host) giveSpecial(c *core.Ctx, i, which int) mach.KernReturn {
	switch which {
	case mach.HOST_PORT:
		return c.GivePort(i, h.public)
	case mach.HOST_PRIV_PORT:
		return c.GivePort(i, h.priv)
	}
	h.mu.Lock()
	r := ipc.NewSendRight(h.special[which].Port)
	h.mu.Unlock()
	return c.GiveRight(i, r)
}

// setSpecial keeps the right that argument i names.
func (h *Host) setSpecial(c *core.Ctx, i, which int) mach.KernReturn {
	r, kr := c.TakeRight(i, mach.MACH_MSG_TYPE_COPY_SEND)
	switch kr {
	case mach.KERN_SUCCESS:
	case mach.KERN_INVALID_CAPABILITY:
		return mach.KERN_INVALID_RIGHT // a port that may not be moved
	default:
		return mach.MACH_SEND_INVALID_RIGHT
	}
	h.mu.Lock()
	old := h.special[which]
	h.special[which] = r
	h.mu.Unlock()
	old.Release()
	return mach.KERN_SUCCESS
}

func hostGetSpecialPort(c *core.Ctx) mach.KernReturn {
	h, kr := privHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	which := int(c.I32(2))
	if which == mach.HOST_SECURITY_PORT || which < mach.HOST_MIN_SPECIAL_PORT || which > mach.HOST_MAX_SPECIAL_PORT {
		return mach.KERN_INVALID_ARGUMENT
	}
	return h.giveSpecial(c, 3, which)
}

func hostSetSpecialPort(c *core.Ctx) mach.KernReturn {
	h, kr := privHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	which := int(c.I32(1))
	if which <= mach.HOST_MAX_SPECIAL_KERNEL_PORT || which > mach.HOST_MAX_SPECIAL_PORT {
		return mach.KERN_INVALID_ARGUMENT
	}
	if which == mach.HOST_NODE_PORT {
		return mach.KERN_NOT_SUPPORTED // the kernel is built without FLIPC
	}
	return h.setSpecial(c, 2, which)
}

func hostGetUNDServer(c *core.Ctx) mach.KernReturn {
	h, kr := privHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return h.giveSpecial(c, 1, mach.HOST_USER_NOTIFICATION_PORT)
}

func hostSetUNDServer(c *core.Ctx) mach.KernReturn {
	h, kr := privHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return h.setSpecial(c, 1, mach.HOST_USER_NOTIFICATION_PORT)
}
