package task

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

func infoTable() core.Table {
	return core.Table{
		"task_info": fullNote(onTask(core.NamePort, taskInfo),
			"Linux has no figures for copy-on-write faults, system calls, wake-ups, energy and kernel memory: 0; TASK_DYLD_INFO is 0 for a task without dyld, TASK_EXTMOD_INFO has no UUID for one"),
		"task_set_info": full(onTask(core.Control, func(*core.Ctx, *core.Task) mach.KernReturn { return mach.KERN_INVALID_ARGUMENT })),
		"task_inspect":  partial(onTask(core.Inspect, taskInspect), "the counters of processes are not read: KERN_NOT_SUPPORTED, as on a processor without them"),
		"thread_info":   full(onThread(core.Inspect, threadInfo)),
	}
}

// obsolete and internal flavors of <mach/task_info.h> and
// <mach/thread_info.h> that release kernels answer with a constant.
const (
	taskSchedTimeshare  mach.TaskFlavor = 10
	taskSchedRR         mach.TaskFlavor = 11
	taskSchedFIFO       mach.TaskFlavor = 12
	taskSuspendStats    mach.TaskFlavor = 30
	taskSuspendSources  mach.TaskFlavor = 31
	legacyDyldInfoCount                 = 4
	taskBasic64OnIntel  mach.TaskFlavor = 5
	defaultTaskPriority                 = 31 // BASEPRI_DEFAULT of osfmk/kern/sched.h
)

// taskInfo follows xnu osfmk/kern/task.c task_info.
func taskInfo(c *core.Ctx, t *core.Task) mach.KernReturn {
	flavor := mach.TaskFlavor(c.U32(1))
	switch flavor {
	case mach.TASK_DYLD_INFO:
		// task_info_from_user converts the port for this flavor as a read port,
		// for all others as a name port.
		if _, ok := c.TaskArg(0, core.Read); !ok {
			return mach.KERN_INVALID_ARGUMENT
		}
		return dyldInfo(c, t)
	case mach.TASK_VM_INFO, mach.TASK_VM_INFO_PURGEABLE:
		return vmInfo(c, t)
	case taskSchedFIFO, taskSchedRR, taskSchedTimeshare:
		return schedInfo(c, flavor)
	case mach.TASK_DEBUG_INFO_INTERNAL, mach.TASK_VM_INFO_PURGEABLE_ACCOUNT, taskSuspendStats, taskSuspendSources:
		return mach.KERN_NOT_SUPPORTED
	case mach.TASK_KERNELMEMORY_INFO:
		return put(c, 2, 3, &mach.TaskKernelmemoryInfo{})
	case mach.TASK_AFFINITY_TAG_INFO:
		return affinityInfo(c, t)
	case mach.TASK_EXTMOD_INFO:
		return put(c, 2, 3, &mach.TaskExtmodInfo{ExtmodStatistics: extmodOf(t).figures()})
	case mach.TASK_WAIT_STATE_INFO:
		return put(c, 2, 3, &mach.TaskWaitStateInfo{})
	}
	u, err := t.Sub.Usage()
	if err != nil {
		return mach.KERN_INVALID_ARGUMENT // xnu's answer for a task that is ending
	}
	return usageInfo(c, t, flavor, &u)
}

// usageInfo answers the flavors that are made of the task's figures.
func usageInfo(c *core.Ctx, t *core.Task, flavor mach.TaskFlavor, u *core.Usage) mach.KernReturn {
	arm := t.Sub.CPU() == mach.CPU_TYPE_ARM64
	switch flavor {
	case mach.TASK_BASIC_INFO_32, mach.TASK_BASIC2_INFO_32:
		return basicInfo32(c, t, u, flavor == mach.TASK_BASIC2_INFO_32)
	case taskBasic64OnIntel:
		if arm {
			return basicInfo32(c, t, u, false)
		}
		return basicInfo64(c, t, u)
	case mach.TASK_BASIC_INFO_64_2:
		if !arm {
			return mach.KERN_INVALID_ARGUMENT
		}
		return basicInfo64(c, t, u)
	case mach.MACH_TASK_BASIC_INFO:
		return put(c, 2, 3, &mach.MachTaskBasicInfo{
			VirtualSize: u.Virtual, ResidentSize: u.Resident, ResidentSizeMax: u.ResidentPeak,
			UserTime: timeValue(u.DeadUser), SystemTime: timeValue(u.DeadSys),
			Policy: mach.POLICY_TIMESHARE, SuspendCount: suspendCount(t),
		})
	case mach.TASK_THREAD_TIMES_INFO:
		return put(c, 2, 3, &mach.TaskThreadTimesInfo{UserTime: timeValue(u.User), SystemTime: timeValue(u.System)})
	case mach.TASK_ABSOLUTETIME_INFO:
		return put(c, 2, 3, &mach.TaskAbsolutetimeInfo{
			TotalUser: t.Ticks(u.User + u.DeadUser), TotalSystem: t.Ticks(u.System + u.DeadSys),
			ThreadsUser: t.Ticks(u.User), ThreadsSystem: t.Ticks(u.System),
		})
	case mach.TASK_EVENTS_INFO:
		return put(c, 2, 3, &mach.TaskEventsInfo{
			Faults: saturate(u.MinorFaults + u.MajorFaults), Pageins: saturate(u.MajorFaults),
			SyscallsUnix: saturate(u.Syscalls), Csw: saturate(u.CtxSwitches),
		})
	case mach.TASK_SECURITY_TOKEN:
		return put(c, 2, 3, &mach.SecurityToken{Val: [2]uint32{uint32(u.UID), uint32(u.GID)}})
	case mach.TASK_AUDIT_TOKEN:
		// Audit id, effective and real ids, pid, session, pid version (xnu
		// bsd/kern/kern_credential.c set_security_token_task_internal).
		return put(c, 2, 3, &mach.AuditToken{Val: [8]uint32{
			^uint32(0), uint32(u.UID), uint32(u.GID), uint32(u.RUID), uint32(u.RGID), uint32(t.Sub.PID()), 0, 0,
		}})
	case mach.TASK_POWER_INFO:
		return put(c, 2, 3, &mach.TaskPowerInfo{TotalUser: t.Ticks(u.User + u.DeadUser), TotalSystem: t.Ticks(u.System + u.DeadSys)})
	case mach.TASK_POWER_INFO_V2:
		return powerInfo(c, t, u)
	case mach.TASK_FLAGS_INFO:
		flags := uint32(0)
		if u.SixtyFour {
			flags = mach.TF_LP64 | mach.TF_64B_DATA
		}
		return put(c, 2, 3, &mach.TaskFlagsInfo{Flags: flags})
	}
	return mach.KERN_INVALID_ARGUMENT
}

// suspendCount is the number of suspensions that are out.
func suspendCount(t *core.Task) mach.Integer {
	h := holdsOf(t)
	h.mu.Lock()
	defer h.mu.Unlock()
	return mach.Integer(h.count)
}

func basicInfo32(c *core.Ctx, t *core.Task, u *core.Usage, peak bool) mach.KernReturn {
	resident := u.Resident
	if peak {
		resident = u.ResidentPeak
	}
	return put(c, 2, 3, &mach.TaskBasicInfo32{
		SuspendCount: suspendCount(t), VirtualSize: mach.Natural(u.Virtual), // cut, as by xnu's cast
		ResidentSize: mach.Natural(min(resident, 1<<32-1)),
		UserTime:     timeValue(u.DeadUser), SystemTime: timeValue(u.DeadSys), Policy: mach.POLICY_TIMESHARE,
	})
}

func basicInfo64(c *core.Ctx, t *core.Task, u *core.Usage) mach.KernReturn {
	return put(c, 2, 3, &mach.TaskBasicInfo64{
		SuspendCount: suspendCount(t), VirtualSize: mach.PackUint64(u.Virtual), ResidentSize: mach.PackUint64(u.Resident),
		UserTime: timeValue(u.DeadUser), SystemTime: timeValue(u.DeadSys), Policy: mach.POLICY_TIMESHARE,
	})
}

// dyldInfo: callers of the form without the last field get that.
func dyldInfo(c *core.Ctx, t *core.Task) mach.KernReturn {
	info := mach.TaskDyldInfo{AllImageInfoFormat: mach.TASK_DYLD_ALL_IMAGE_INFO_64}
	if d, ok := t.Sub.(interface{ DyldInfo() (addr, size uint64) }); ok {
		addr, size := d.DyldInfo()
		info.AllImageInfoAddr.Set(addr)
		info.AllImageInfoSize.Set(size)
	}
	room, kr := c.Get32(3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	w := words(&info)
	if int(room) < len(w) {
		w = w[:legacyDyldInfoCount]
	}
	return c.PutInfo(2, 3, w, legacyDyldInfoCount)
}

// schedInfo: only the timesharing flavor fits a user's task.
func schedInfo(c *core.Ctx, flavor mach.TaskFlavor) mach.KernReturn {
	need := uint32(mach.POLICY_FIFO_BASE_COUNT)
	if flavor == taskSchedRR {
		need = uint32(mach.POLICY_RR_BASE_COUNT)
	}
	room, kr := c.Get32(3)
	switch {
	case kr != mach.KERN_SUCCESS:
		return kr
	case room < need:
		return mach.KERN_INVALID_ARGUMENT
	case flavor != taskSchedTimeshare:
		return mach.KERN_INVALID_POLICY
	}
	return put(c, 2, 3, &mach.PolicyTimeshareBase{BasePriority: defaultTaskPriority})
}

// powerInfo serves the old, shorter form too.
func powerInfo(c *core.Ctx, t *core.Task, u *core.Usage) mach.KernReturn {
	var info mach.TaskPowerInfoV2
	info.CPUEnergy = mach.TaskPowerInfo{TotalUser: t.Ticks(u.User + u.DeadUser), TotalSystem: t.Ticks(u.System + u.DeadSys)}
	info.TaskPtime = t.Ticks(u.User + u.DeadUser + u.System + u.DeadSys)
	return c.PutInfo(2, 3, words(&info), int(mach.TASK_POWER_INFO_V2_COUNT_OLD))
}

// taskInspect: xnu answers so where the counters are missing
// (osfmk/kern/task.c task_inspect), after it has checked the arguments.
func taskInspect(c *core.Ctx, _ *core.Task) mach.KernReturn {
	room, kr := c.Get32(3)
	switch {
	case kr != mach.KERN_SUCCESS:
		return kr
	case c.U32(1) != mach.TASK_INSPECT_BASIC_COUNTS, room < uint32(mach.TASK_INSPECT_BASIC_COUNTS_COUNT):
		return mach.KERN_INVALID_ARGUMENT
	}
	return mach.KERN_NOT_SUPPORTED
}
