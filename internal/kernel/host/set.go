package host

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Flavors of processor_set_info that no public header has any more and XNU
// still answers, and scheduling policies (xnu osfmk/mach/processor_info.h,
// osfmk/mach/policy.h).
const (
	setTimeshareDefault mach.ProcessorSetFlavor = 10
	setTimeshareLimits  mach.ProcessorSetFlavor = 11
	setRRDefault        mach.ProcessorSetFlavor = 20
	setRRLimits         mach.ProcessorSetFlavor = 21
	setFIFODefault      mach.ProcessorSetFlavor = 30
	setFIFOLimits       mach.ProcessorSetFlavor = 31
	setEnabledPolicies  mach.ProcessorSetFlavor = 3

	policyTimeshare = 1
	policyRR        = 2
	policyFIFO      = 4
)

func (h *Host) setWords(flavor mach.ProcessorSetFlavor, have uint32) ([]uint32, mach.KernReturn) {
	var w []uint32
	switch flavor {
	case mach.PROCESSOR_SET_BASIC_INFO:
		return room(have, func(x *mach.ProcessorSetBasicInfo) error {
			cpus, err := h.machine.CPUs()
			x.ProcessorCount, x.DefaultPolicy = int32(len(cpus)), policyTimeshare
			return err
		})
	case setTimeshareDefault, setFIFODefault:
		w = []uint32{priDefault}
	case setRRDefault:
		w = []uint32{priDefault, 1}
	case setTimeshareLimits, setFIFOLimits, setRRLimits:
		w = []uint32{priMaxKernel}
	case setEnabledPolicies:
		w = []uint32{policyTimeshare | policyRR | policyFIFO}
	default:
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	if have < uint32(len(w)) {
		return nil, mach.KERN_FAILURE
	}
	return w, mach.KERN_SUCCESS
}

func processorSetInfo(c *core.Ctx) mach.KernReturn {
	if _, kr := setArg(c, 0, mach.KERN_INVALID_ARGUMENT, true); kr != mach.KERN_SUCCESS {
		return kr
	}
	h := Of(c.Kernel)
	kr := answer(c, 3, 4, func(have uint32) ([]uint32, mach.KernReturn) {
		return h.setWords(mach.ProcessorSetFlavor(c.I32(1)), have)
	})
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GivePort(2, h.public)
}

func processorSetStatistics(c *core.Ctx) mach.KernReturn {
	if _, kr := setArg(c, 0, mach.KERN_INVALID_PROCESSOR_SET, true); kr != mach.KERN_SUCCESS {
		return kr
	}
	h := Of(c.Kernel)
	return answer(c, 2, 3, func(have uint32) ([]uint32, mach.KernReturn) {
		if mach.ProcessorSetFlavor(c.I32(1)) != mach.PROCESSOR_SET_LOAD_INFO {
			return nil, mach.KERN_INVALID_ARGUMENT
		}
		return room(have, h.setLoad)
	})
}

func (h *Host) setLoad(x *mach.ProcessorSetLoadInfo) error {
	l, err := h.machine.Load()
	if err != nil {
		return err
	}
	cpus, err := h.machine.CPUs()
	if err != nil {
		return err
	}
	tasks, err := h.machine.Processes()
	x.TaskCount, x.ThreadCount = int32(tasks), int32(l.Threads)
	x.LoadAverage = mach.Integer(l.One)
	x.MachFactor = mach.Integer(machFactor(l.One, len(cpus)))
	return err
}

func processorSetDefault(c *core.Ctx) mach.KernReturn {
	h, kr := anyHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GivePort(1, h.set.name)
}

func hostProcessorSets(c *core.Ctx) mach.KernReturn {
	h, kr := privHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GivePorts(1, 2, []*ipc.Port{h.set.name})
}

func hostProcessorSetPriv(c *core.Ctx) mach.KernReturn {
	if _, kr := privHost(c, mach.KERN_INVALID_ARGUMENT); kr != mach.KERN_SUCCESS {
		return kr
	}
	s, kr := setArg(c, 1, mach.KERN_INVALID_ARGUMENT, true)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GivePort(2, s.control)
}
