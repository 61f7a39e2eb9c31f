package mig

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// refusal is a routine that XNU's kernel serves and a release kernel does
// nothing for. No public header declares a function for it.
type refusal struct {
	body int // bytes behind the header of a request, which has no descriptors
	code mach.KernReturn
}

var refused = map[int32]refusal{
	// mach_port_special_reply_port_reset_link: NDR record and name
	// (osfmk/ipc/mach_debug.c).
	3236: {12, mach.KERN_NOT_SUPPORTED},
}

func (r *refusal) answer(m *ipc.Message) mach.KernReturn {
	if m.Complex() || len(m.Body()) != r.body {
		return mach.MIG_BAD_ARGUMENTS
	}
	return r.code
}
