package task

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// raiseTable are the user sides of the exception messages: a program may send
// them itself. The kernel performs them by their messages (package mig, Stub);
// no object of the kernel serves them.
func raiseTable() core.Table {
	unserved := full(core.K(func(*core.Ctx) mach.KernReturn { return mach.MIG_BAD_ID }))
	return core.Table{
		"exception_raise":                unserved,
		"exception_raise_state":          unserved,
		"exception_raise_state_identity": unserved,
	}
}
