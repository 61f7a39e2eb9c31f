package calls

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// guarded answers for an operation that may break a guard.
func guarded(c *core.Ctx) func(mach.KernReturn, ipc.Violation) mach.KernReturn {
	return func(kr mach.KernReturn, v ipc.Violation) mach.KernReturn {
		c.Guard(v)
		return kr
	}
}

// Guard implements ipc.Caller.
func (o *op) Guard(v ipc.Violation) { o.c.Guard(v) }
