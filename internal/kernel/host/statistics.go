package host

import "github.com/gomach/mach"

// statisticsWords answers host_statistics, and host_statistics64 for the
// flavors that it does not have itself.
func (h *Host) statisticsWords(flavor mach.HostFlavor, have uint32) ([]uint32, mach.KernReturn) {
	m := h.machine
	switch flavor {
	case mach.HOST_LOAD_INFO:
		return room(have, func(x *mach.HostLoadInfo) error {
			l, err := m.Load()
			if err != nil {
				return err
			}
			cpus, err := m.CPUs()
			for i, n := range []uint64{l.One, l.Five, l.Fifteen} {
				x.Avenrun[i] = mach.Integer(n) // LOAD_SCALE is 1000
				x.MachFactor[i] = mach.Integer(machFactor(n, len(cpus)))
			}
			return err
		})
	case mach.HOST_VM_INFO:
		if have < uint32(mach.HOST_VM_INFO_REV0_COUNT) {
			return nil, mach.KERN_FAILURE
		}
		w, kr := room(uint32(mach.HOST_VM_INFO_COUNT), func(x *mach.VMStatistics) error {
			x.PurgeableCount = h.volatilePages()
			return vmInfo32(m, x)
		})
		return revision(w, have, mach.HOST_VM_INFO_REV0_COUNT, mach.HOST_VM_INFO_REV1_COUNT, mach.HOST_VM_INFO_REV2_COUNT), kr
	case mach.HOST_CPU_LOAD_INFO:
		return room(have, func(x *mach.HostCPULoadInfo) error {
			cpus, err := m.CPUs()
			for _, c := range cpus {
				addTicks(&x.CPUTicks, c)
			}
			return err
		})
	case mach.HOST_EXPIRED_TASK_INFO:
		return expired(m, have)
	}
	return nil, mach.KERN_INVALID_ARGUMENT
}

// statistics64Words answers host_statistics64.
func (h *Host) statistics64Words(flavor mach.HostFlavor, have uint32) ([]uint32, mach.KernReturn) {
	switch flavor {
	case mach.HOST_VM_INFO64:
		if have < uint32(mach.HOST_VM_INFO64_REV0_COUNT) {
			return nil, mach.KERN_FAILURE
		}
		w, kr := room(uint32(mach.HOST_VM_INFO64_COUNT), func(x *mach.VMStatistics64) error {
			x.PurgeableCount = h.volatilePages()
			return vmInfo64(h.machine, x)
		})
		return revision(w, have, mach.HOST_VM_INFO64_REV0_COUNT, mach.HOST_VM_INFO64_REV1_COUNT, mach.HOST_VM_INFO64_REV2_COUNT), kr
	case mach.HOST_EXTMOD_INFO64:
		return room(have, func(x *mach.VMExtmodStatistics) error {
			*x = h.Extmod.figures()
			return nil
		})
	case hostVMCompressorQLens:
		return nil, mach.KERN_NOT_SUPPORTED // development kernels only
	}
	return h.statisticsWords(flavor, have)
}

// hostVMCompressorQLens is HOST_VM_COMPRESSOR_Q_LENS of XNU's private headers.
const hostVMCompressorQLens mach.HostFlavor = 7

// revision cuts words to the largest revision of a struct for which the caller
// has room: it learns by the count which one it got.
func revision(w []uint32, have uint32, revisions ...mach.MachMsgTypeNumber) []uint32 {
	n := 0
	for _, r := range revisions {
		if uint32(r) <= have && int(r) <= len(w) {
			n = int(r)
		}
	}
	return w[:n]
}

// machFactor is how much of the processors is left over for a further thread,
// in thousandths, by the rule of xnu osfmk/kern/sched_average.c.
func machFactor(load uint64, cpus int) uint64 {
	all := uint64(cpus) * mach.LOAD_SCALE
	if load > all {
		return all * mach.LOAD_SCALE / (load + mach.LOAD_SCALE)
	}
	return all - load
}

// addTicks adds a processor's times. The counters are 32 bits wide and wrap.
func addTicks(to *[mach.CPU_STATE_MAX]uint32, c CPU) {
	to[mach.CPU_STATE_USER] += uint32(c.User)
	to[mach.CPU_STATE_SYSTEM] += uint32(c.System)
	to[mach.CPU_STATE_IDLE] += uint32(c.Idle)
	to[mach.CPU_STATE_NICE] += uint32(c.Nice)
}

// expired answers HOST_EXPIRED_TASK_INFO, a task_power_info of the first or
// the second revision, with the time of all tasks that have ended.
func expired(m Machine, have uint32) ([]uint32, mach.KernReturn) {
	first := uint32(mach.CountOf[mach.TaskPowerInfo]())
	if have < first {
		return nil, mach.KERN_FAILURE
	}
	user, system, err := m.Expired()
	if err != nil {
		return nil, mach.KERN_FAILURE
	}
	var x mach.TaskPowerInfoV2
	const perTick = 1e9 / 100 // mach_absolute_time counts nanoseconds here
	x.CPUEnergy.TotalUser = uint64(user) * perTick
	x.CPUEnergy.TotalSystem = uint64(system) * perTick
	w := words(&x)
	if have < uint32(len(w)) {
		w = w[:first]
	}
	return w, mach.KERN_SUCCESS
}
