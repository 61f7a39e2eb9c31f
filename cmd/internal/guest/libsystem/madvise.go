//go:build linux && (amd64 || arm64)

package libsystem

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// behaviors are the advices of madvise (xnu bsd/sys/mman.h, bsd/kern/kern_mman.c
// madvise). MADV_PAGEOUT, 10, is of debug kernels only.
var behaviors = map[int]mach.VMBehavior{
	0: mach.VM_BEHAVIOR_DEFAULT, 1: mach.VM_BEHAVIOR_RANDOM, 2: mach.VM_BEHAVIOR_SEQUENTIAL,
	3: mach.VM_BEHAVIOR_WILLNEED, 4: mach.VM_BEHAVIOR_DONTNEED, 5: mach.VM_BEHAVIOR_FREE,
	6: mach.VM_BEHAVIOR_ZERO_WIRED_PAGES, 7: mach.VM_BEHAVIOR_REUSABLE, 8: mach.VM_BEHAVIOR_REUSE,
	9: mach.VM_BEHAVIOR_CAN_REUSE, 11: mach.VM_BEHAVIOR_ZERO,
}

const (
	madvFree    = 5
	madvPageout = 10
)

func madvise(c *proc.Call) {
	s, address, size, advice := of(c), c.Arg(0), c.Arg(1), c.Int(2)
	behavior, known := behaviors[advice]
	switch {
	case address+size < address:
		c.Fail(proc.EINVAL)
	case advice == madvPageout:
		c.Fail(proc.ENOTSUP)
	case !known:
		c.Fail(proc.EINVAL)
	case s.Kernel != nil:
		c.Block(func() {
			if e := adviceError(s.Kernel.Behavior(c.Thread, address, size, int32(behavior))); e != 0 {
				c.Fail(e)
			}
		})
	case advice == madvFree: // the one that saves memory
		c.Process.Space.Discard(address, size)
	}
}

func adviceError(kr mach.KernReturn) proc.Errno {
	switch kr {
	case mach.KERN_SUCCESS:
		return 0
	case mach.KERN_NO_SPACE:
		return proc.ENOMEM
	case mach.KERN_PROTECTION_FAILURE:
		return proc.EPERM
	case mach.KERN_NO_ACCESS:
		return proc.ENOTSUP
	}
	return proc.EINVAL
}
