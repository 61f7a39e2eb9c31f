package host

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// processorWords answers for one processor.
func processorWords(m Machine, flavor mach.ProcessorFlavor, cpu CPU, first bool, have uint32) ([]uint32, mach.KernReturn) {
	switch flavor {
	case mach.PROCESSOR_BASIC_INFO:
		return room(have, func(x *mach.ProcessorBasicInfo) error {
			t, err := m.Topology()
			x.CPUType, x.CPUSubtype = t.CPUType, t.CPUSubtype
			x.Running = mach.BooleanOf(true)
			x.SlotNum = int32(cpu.Number)
			words(x)[4] = uint32(mach.BooleanOf(first)) // is_master, in a union with is_main
			return err
		})
	case mach.PROCESSOR_CPU_LOAD_INFO:
		return room(have, func(x *mach.ProcessorCPULoadInfo) error {
			addTicks(&x.CPUTicks, cpu)
			return nil
		})
	}
	return cpuStat(m, flavor, cpu, have)
}

// cpuStat answers the flavors of the hardware, which Intel machines do not have
// (xnu osfmk/i386/cpu.c, osfmk/arm/cpu_common.c). Linux counts interrupts; the
// exceptions of programs it does not, and they stay 0.
func cpuStat(m Machine, flavor mach.ProcessorFlavor, cpu CPU, have uint32) ([]uint32, mach.KernReturn) {
	if t, err := m.Topology(); err != nil || t.CPUType != mach.CPU_TYPE_ARM64 {
		return nil, mach.KERN_FAILURE
	}
	switch flavor {
	case mach.PROCESSOR_CPU_STAT:
		return room(have, func(x *mach.ProcessorCPUStat) error {
			n, err := m.Interrupts(cpu.Number)
			x.IrqExCnt, x.IpiCnt, x.TimerCnt = uint32(n.All), uint32(n.Others), uint32(n.Timer)
			return err
		})
	case mach.PROCESSOR_CPU_STAT64:
		return room(have, func(x *mach.ProcessorCPUStat64) error {
			n, err := m.Interrupts(cpu.Number)
			x.IrqExCnt, x.IpiCnt, x.TimerCnt = n.All, n.Others, n.Timer
			return err
		})
	}
	return nil, mach.KERN_FAILURE
}

func processorInfo(c *core.Ctx) mach.KernReturn {
	p, kr := processorArg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	h := Of(c.Kernel)
	kr = answer(c, 3, 4, func(have uint32) ([]uint32, mach.KernReturn) {
		cpus, err := h.machine.CPUs()
		if err != nil {
			return nil, mach.KERN_FAILURE
		}
		for i, cpu := range cpus {
			if cpu.Number == p.Number {
				return processorWords(h.machineOf(c), mach.ProcessorFlavor(c.I32(1)), cpu, i == 0, have)
			}
		}
		w, kr := processorWords(h.machineOf(c), mach.ProcessorFlavor(c.I32(1)), CPU{Number: p.Number}, false, have)
		if kr == mach.KERN_SUCCESS && mach.ProcessorFlavor(c.I32(1)) == mach.PROCESSOR_BASIC_INFO {
			w[2] = 0 // it has gone off line: not running
		}
		return w, kr
	})
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GivePort(2, h.public)
}

func hostProcessors(c *core.Ctx) mach.KernReturn {
	h, kr := privHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	cpus, err := h.machine.CPUs()
	if err != nil {
		return mach.KERN_FAILURE
	}
	var ports []*ipc.Port
	for _, cpu := range cpus {
		ports = append(ports, h.processor(cpu.Number).port)
	}
	return c.GivePorts(1, 2, ports)
}

func processorGetAssignment(c *core.Ctx) mach.KernReturn {
	p, kr := processorArg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	h := Of(c.Kernel)
	cpus, err := h.machine.CPUs()
	if err != nil {
		return mach.KERN_FAILURE
	}
	for _, cpu := range cpus {
		if cpu.Number == p.Number {
			return c.GivePort(1, h.set.name)
		}
	}
	return mach.KERN_FAILURE // off line
}

// processorSwitch would switch a processor of the real machine off or on.
func processorSwitch(c *core.Ctx) mach.KernReturn {
	if _, kr := processorArg(c); kr != mach.KERN_SUCCESS {
		return kr
	}
	return mach.KERN_NOT_SUPPORTED
}

// processorControl answers as XNU does on all machines of today: there are no
// commands (xnu osfmk/i386/cpu.c, osfmk/arm/cpu_common.c).
func processorControl(c *core.Ctx) mach.KernReturn {
	if _, kr := processorArg(c); kr != mach.KERN_SUCCESS {
		return kr
	}
	return mach.KERN_FAILURE
}
