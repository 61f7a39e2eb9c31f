package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Handed is memory that calls and messages hand over: it has the tag of
// messages (xnu osfmk/ipc/ipc_kmsg.c ipc_kmsg_copyout_ool_descriptor), and
// what was kept about a range goes when a message takes it away.
type Handed struct{}

// HandOut implements core.VM.
func (Handed) HandOut(t *core.Task, size uint64) (uint64, mach.KernReturn) {
	return mapOf(t).enter(request{
		size: size, flags: mach.VM_FLAGS_ANYWHERE | uint32(mach.VM_MEMORY_MACH_MSG)<<24,
		prot: mach.VM_PROT_DEFAULT, maxProt: mach.VM_PROT_ALL, inherit: mach.VM_INHERIT_DEFAULT,
	})
}

// TakeBack implements core.VM.
func (Handed) TakeBack(t *core.Task, addr, size uint64) mach.KernReturn {
	return mapOf(t).remove(addr, size)
}
