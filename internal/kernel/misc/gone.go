package misc

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// gone is a function that Darwin's kernel no longer performs either: it always
// answers kr.
func gone(kr mach.KernReturn, note string) core.Entry {
	return core.Entry{
		Handler: core.K(func(*core.Ctx) mach.KernReturn { return kr }),
		Level:   core.Full, Note: note,
	}
}

// enotsup is Darwin's errno ENOTSUP, which the calls about swap files answer
// in place of a kern_return_t.
const enotsup mach.KernReturn = 45

// SWAP_COMPACT_* of xnu osfmk/default_pager/default_pager_types.h, and errno
// EPERM.
const (
	swapCompactDisable = 0x10
	swapCompactEnable  = 0x20

	eperm mach.KernReturn = 1
)

// macxTriggers takes the switches for the compaction of swap space, which
// Linux does not have: there is nothing to switch.
func macxTriggers(c *core.Ctx) mach.KernReturn {
	if c.U32(2)&(swapCompactDisable|swapCompactEnable) == 0 {
		return enotsup
	}
	if u, err := c.Task.Sub.Usage(); err != nil || u.UID != 0 {
		return eperm
	}
	return mach.KERN_SUCCESS
}

// netname calls go to a server that no Darwin has had for decades. Without one
// the message has nowhere to go; with a port of somebody's choice they would
// wait for a reply that MIG would understand.
func netname(c *core.Ctx) mach.KernReturn {
	if p, kr := c.PortArg(0); kr != mach.KERN_SUCCESS || p == nil {
		return mach.MACH_SEND_INVALID_DEST
	}
	return mach.KERN_NOT_SUPPORTED
}
