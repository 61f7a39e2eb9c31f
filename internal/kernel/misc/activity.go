package misc

import (
	"sync/atomic"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

type activityKey struct{}

// generateActivityID reserves identifiers that nobody else on this kernel gets
// (xnu osfmk/kern/syscall_subr.c). They never are 0.
func generateActivityID(c *core.Ctx) mach.KernReturn {
	count := c.I32(1)
	if count <= 0 || count > mach.MACH_ACTIVITY_ID_COUNT_MAX {
		return mach.KERN_INVALID_ARGUMENT
	}
	last := c.Kernel.State(activityKey{}, func() any { return new(atomic.Uint64) }).(*atomic.Uint64)
	first := last.Add(uint64(count)) - uint64(count) + 1
	if c.Put64(2, first) != mach.KERN_SUCCESS {
		return efault
	}
	return mach.KERN_SUCCESS
}

// efault is the errno that the system call answers for a bad address.
const efault mach.KernReturn = 14
