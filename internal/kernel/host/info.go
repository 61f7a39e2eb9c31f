package host

import (
	"github.com/gomach/mach"
)

// basicInfoOld is the size of host_basic_info before it told threads from
// cores, in words (HOST_BASIC_INFO_OLD_COUNT of xnu osfmk/mach/host_info.h).
const basicInfoOld = 5

// Priorities of xnu osfmk/kern/sched.h, which the thread calls of this kernel
// use as well.
const (
	priMinKernel   = 80
	priMaxReserved = 79
	priMinReserved = 64
	priDefault     = 31
	priDepressed   = 0
	priIdle        = 0
	priMinUser     = 0
	priMaxKernel   = 95
)

// infoWords answers host_info. have is the caller's room in words.
func infoWords(m Machine, flavor mach.HostFlavor, have uint32) ([]uint32, mach.KernReturn) {
	switch flavor {
	case mach.HOST_BASIC_INFO:
		if have < basicInfoOld {
			return nil, mach.KERN_FAILURE
		}
		w, kr := room(uint32(mach.HOST_BASIC_INFO_COUNT), func(x *mach.HostBasicInfo) error { return basicInfo(m, x) })
		if kr == mach.KERN_SUCCESS && have < uint32(len(w)) {
			w = w[:basicInfoOld]
		}
		return w, kr
	case mach.HOST_SCHED_INFO:
		return room(have, func(x *mach.HostSchedInfo) error {
			ms, err := m.TimeSlice()
			x.MinQuantum, x.MinTimeout = mach.Integer(ms), mach.Integer(ms)
			return err
		})
	case mach.HOST_RESOURCE_SIZES:
		if have < uint32(mach.HOST_RESOURCE_SIZES_COUNT) {
			return nil, mach.KERN_FAILURE
		}
		return nil, mach.KERN_INVALID_ARGUMENT // so on every XNU
	case mach.HOST_PRIORITY_INFO:
		return room(have, func(x *mach.HostPriorityInfo) error {
			x.KernelPriority, x.SystemPriority = priMinKernel, priMinKernel
			x.ServerPriority, x.UserPriority = priMinReserved, priDefault
			x.DepressPriority, x.IdlePriority = priDepressed, priIdle
			x.MinimumPriority, x.MaximumPriority = priMinUser, priMaxReserved
			return nil
		})
	case mach.HOST_MACH_MSG_TRAP, mach.HOST_SEMAPHORE_TRAPS:
		return nil, mach.KERN_SUCCESS // that there are such traps is the answer
	case mach.HOST_CAN_HAS_DEBUGGER:
		return room(have, func(x *mach.HostCanHasDebuggerInfo) error { return nil })
	case mach.HOST_DEBUG_INFO_INTERNAL:
		return nil, mach.KERN_NOT_SUPPORTED // development kernels only
	case mach.HOST_PREFERRED_USER_ARCH:
		return room(have, func(x *mach.HostPreferredUserArch) error {
			t, err := m.Topology()
			x.CPUType, x.CPUSubtype = t.CPUType, t.CPUSubtype
			return err
		})
	}
	return nil, mach.KERN_INVALID_ARGUMENT
}

func basicInfo(m Machine, x *mach.HostBasicInfo) error {
	t, err := m.Topology()
	if err != nil {
		return err
	}
	most := max(t.Possible, t.Logical)
	x.MaxCpus, x.LogicalCPUMax = mach.Integer(most), mach.Integer(most)
	x.AvailCpus, x.LogicalCPU = mach.Integer(t.Logical), mach.Integer(t.Logical)
	x.PhysicalCPU = mach.Integer(t.Physical)
	// Processors that are not on line are taken to have as many threads a
	// core as the others.
	x.PhysicalCPUMax = mach.Integer(t.Physical)
	if t.Logical > 0 {
		x.PhysicalCPUMax = mach.Integer((most*t.Physical + t.Logical - 1) / t.Logical)
	}
	if t.CPUType == mach.CPU_TYPE_X86 && t.Logical > t.Physical {
		x.CPUThreadtype = mach.CPU_THREADTYPE_INTEL_HTT
	}
	x.CPUType, x.CPUSubtype = t.CPUType, t.CPUSubtype
	x.MemorySize = uint32(t.Memory) // cut, not saturated: xnu osfmk/kern/startup.c
	x.MaxMem = t.Memory
	return nil
}
