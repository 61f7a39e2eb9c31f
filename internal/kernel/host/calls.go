package host

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/vm"
)

func machHostSelf(c *core.Ctx) uint64 {
	name, kr := c.Task.Space.InsertSend(Of(c.Kernel).SelfPort(c.Task))
	if kr != mach.KERN_SUCCESS {
		return uint64(mach.MACH_PORT_NULL)
	}
	return uint64(name)
}

func hostInfo(c *core.Ctx) mach.KernReturn {
	h, kr := anyHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return answer(c, 2, 3, func(have uint32) ([]uint32, mach.KernReturn) {
		if flavor := mach.HostFlavor(c.I32(1)); flavor != mach.HOST_VM_PURGABLE {
			return infoWords(h.machineOf(c), flavor, have)
		}
		return room(have, func(x *mach.TaskPurgableInfo_t) error {
			*x = vm.Volatile(c.Kernel, nil)
			return nil
		})
	})
}

func hostStatistics(c *core.Ctx) mach.KernReturn {
	h, kr := anyHost(c, mach.KERN_INVALID_HOST)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return answer(c, 2, 3, func(have uint32) ([]uint32, mach.KernReturn) {
		return h.statisticsWords(mach.HostFlavor(c.I32(1)), have)
	})
}

func hostStatistics64(c *core.Ctx) mach.KernReturn {
	h, kr := anyHost(c, mach.KERN_INVALID_HOST)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return answer(c, 2, 3, func(have uint32) ([]uint32, mach.KernReturn) {
		return h.statistics64Words(mach.HostFlavor(c.I32(1)), have)
	})
}

func hostPrivStatistics(c *core.Ctx) mach.KernReturn {
	if _, kr := privHost(c, mach.KERN_INVALID_HOST); kr != mach.KERN_SUCCESS {
		return kr
	}
	return hostStatistics(c)
}

// messagePageSize is the message; host_page_size is a function of the library
// that ignores its argument (xnu libsyscall/mach/mach_init.c).
func messagePageSize(c *core.Ctx) mach.KernReturn {
	h, kr := anyHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(1, h.machine.PageSize())
}

func libraryPageSize(c *core.Ctx) mach.KernReturn {
	return c.Put64(1, Of(c.Kernel).machine.PageSize())
}

func hostKernelVersion(c *core.Ctx) mach.KernReturn {
	h, kr := anyHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return text(c, 1, mach.KERNEL_VERSION_MAX, h.machine.Version)
}

func hostGetBootInfo(c *core.Ctx) mach.KernReturn {
	h, kr := privHost(c, mach.KERN_INVALID_HOST)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return text(c, 1, mach.KERNEL_BOOT_INFO_MAX, h.machine.BootArgs)
}

// text stores a text and zeroes up to the size of the buffer that C gives it.
func text(c *core.Ctx, i, size int, get func() (string, error)) mach.KernReturn {
	s, err := get()
	if err != nil {
		return mach.KERN_FAILURE
	}
	b := make([]byte, size)
	copy(b[:size-1], s)
	return c.Write(i, b)
}

func hostProcessorInfo(c *core.Ctx) mach.KernReturn {
	h, kr := anyHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	cpus, err := h.machine.CPUs()
	if err != nil {
		return mach.KERN_FAILURE
	}
	var all []byte
	for i, cpu := range cpus {
		w, kr := processorWords(h.machineOf(c), mach.ProcessorFlavor(c.I32(1)), cpu, i == 0, 1<<10)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		for _, x := range w {
			all = binary.LittleEndian.AppendUint32(all, x)
		}
	}
	if kr := c.Put32(2, uint32(len(cpus))); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GiveMemory(3, 4, all, uint32(len(all)/4))
}

func hostGetIOMain(c *core.Ctx) mach.KernReturn {
	h, kr := anyHost(c, mach.KERN_INVALID_ARGUMENT)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return h.giveSpecial(c, 1, mach.HOST_IO_MAIN_PORT)
}

// hostGetATMDiagnosticFlag reads a page shared with the kernel on Darwin and so
// cannot fail.
func hostGetATMDiagnosticFlag(c *core.Ctx) mach.KernReturn { return c.Put32(1, 0) }

func hostSetATMDiagnosticFlag(c *core.Ctx) mach.KernReturn {
	if _, kr := anyHost(c, mach.KERN_INVALID_ARGUMENT); kr != mach.KERN_SUCCESS {
		return kr
	}
	return mach.KERN_NO_ACCESS // only with an entitlement of Apple's
}

func hostDefaultMemoryManager(c *core.Ctx) mach.KernReturn {
	if _, kr := privHost(c, mach.KERN_INVALID_HOST); kr != mach.KERN_SUCCESS {
		return kr
	}
	name, kr := c.Get32(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if name != uint32(mach.MACH_PORT_NULL) {
		return mach.KERN_NO_ACCESS
	}
	return c.Put32(1, uint32(mach.MACH_PORT_NULL)) // anonymous memory has no pager outside the kernel
}

func always(kr mach.KernReturn) core.Handler {
	return func(*core.Ctx) uint64 { return uint64(uint32(kr)) }
}
