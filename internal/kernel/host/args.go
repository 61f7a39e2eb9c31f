package host

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// object returns the kernel object of argument i. On Darwin the argument is
// where a message goes: a name without a send right is MACH_SEND_INVALID_DEST,
// and only a port that stands for something else gets as far as an answer of
// the function, which is other.
func object[T any](c *core.Ctx, i int, other mach.KernReturn, kinds ...mach.IPCInfoObjectType) (T, mach.KernReturn) {
	var none T
	p, kr := c.PortArg(i)
	if kr != mach.KERN_SUCCESS || p == nil {
		if i == 0 {
			return none, mach.MACH_SEND_INVALID_DEST
		}
		if kr != mach.KERN_SUCCESS {
			return none, mach.MACH_SEND_INVALID_RIGHT
		}
		return none, other
	}
	if obj, ok := c.Object(i, kinds...); ok {
		if x, ok := obj.(T); ok {
			return x, mach.KERN_SUCCESS
		}
	}
	return none, other
}

func anyHost(c *core.Ctx, other mach.KernReturn) (*Host, mach.KernReturn) {
	return object[*Host](c, 0, other, mach.IPC_OTYPE_HOST, mach.IPC_OTYPE_HOST_PRIV)
}

func privHost(c *core.Ctx, other mach.KernReturn) (*Host, mach.KernReturn) {
	return object[*Host](c, 0, other, mach.IPC_OTYPE_HOST_PRIV)
}

func processorArg(c *core.Ctx) (*Processor, mach.KernReturn) {
	return object[*Processor](c, 0, mach.KERN_INVALID_ARGUMENT, mach.IPC_OTYPE_PROCESSOR)
}

// setArg takes the port of a processor set: the control port, or also the name
// port.
func setArg(c *core.Ctx, i int, other mach.KernReturn, nameToo bool) (*Set, mach.KernReturn) {
	kinds := []mach.IPCInfoObjectType{mach.IPC_OTYPE_PROCESSOR_SET, mach.IPC_OTYPE_PROCESSOR_SET_NAME}
	if !nameToo {
		kinds = kinds[:1]
	}
	return object[*Set](c, i, other, kinds...)
}

// answer stores a flavored array for a call whose count is in argument cnt.
func answer(c *core.Ctx, i, cnt int, fill func(have uint32) ([]uint32, mach.KernReturn)) mach.KernReturn {
	have, kr := c.Get32(cnt)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	w, kr := fill(have)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.PutInfo(i, cnt, w, 0)
}

// machineOf is the machine as the calling task sees it: a program that is
// emulated finds processors of its own kind.
func (h *Host) machineOf(c *core.Ctx) Machine {
	return seen{h.machine, c.Task.Sub.CPU(), c.Task.Sub.Memory().PageSize()}
}

type seen struct {
	Machine
	cpu  mach.CPUType
	page uint64 // of the task, whose machine has whole pages of memory (hw.memsize)
}

func (s seen) Topology() (Topology, error) {
	t, err := s.Machine.Topology()
	switch intel := t.CPUType == mach.CPU_TYPE_X86; {
	case s.cpu == mach.CPU_TYPE_ARM64 && intel:
		t.CPUType, t.CPUSubtype = mach.CPU_TYPE_ARM64, mach.CPU_SUBTYPE_ARM64_ALL
	case s.cpu == mach.CPU_TYPE_X86_64 && !intel:
		t.CPUType, t.CPUSubtype = mach.CPU_TYPE_X86, mach.CPU_SUBTYPE_X86_ARCH1
	}
	t.Memory &^= s.page - 1
	return t, err
}
