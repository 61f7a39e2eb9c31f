package task

import (
	"math"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// threadInfo follows xnu osfmk/kern/thread.c thread_info_internal.
func threadInfo(c *core.Ctx, th *core.Thread) mach.KernReturn {
	flavor := mach.ThreadFlavor(c.U32(1))
	switch flavor {
	case mach.THREAD_BASIC_INFO, mach.THREAD_IDENTIFIER_INFO, mach.THREAD_EXTENDED_INFO,
		mach.THREAD_SCHED_TIMESHARE_INFO, mach.THREAD_SCHED_RR_INFO:
	case mach.THREAD_SCHED_FIFO_INFO:
		room, kr := c.Get32(3)
		if kr == mach.KERN_SUCCESS && room >= uint32(mach.POLICY_FIFO_INFO_COUNT) {
			kr = mach.KERN_INVALID_POLICY
		} else if kr == mach.KERN_SUCCESS {
			kr = mach.KERN_INVALID_ARGUMENT
		}
		return kr
	case mach.THREAD_DEBUG_INFO_INTERNAL:
		return mach.KERN_NOT_SUPPORTED
	default:
		return mach.KERN_INVALID_ARGUMENT
	}
	usage := th.Sub.Usage
	if x, ok := th.Sub.(core.Identifier); ok && flavor == mach.THREAD_IDENTIFIER_INFO {
		usage = x.Identity
	}
	u, err := usage()
	if err != nil {
		return threadFailure(th, err)
	}
	switch flavor {
	case mach.THREAD_IDENTIFIER_INFO:
		return put(c, 2, 3, &mach.ThreadIdentifierInfo{ThreadID: u.UniqueID, ThreadHandle: u.Handle, DispatchQaddr: u.DispatchQ})
	case mach.THREAD_SCHED_TIMESHARE_INFO:
		return timeshareInfo(c, th, &u)
	case mach.THREAD_SCHED_RR_INFO:
		return roundRobinInfo(c, th, &u)
	}
	basic := basicThreadInfo(th, &u)
	if flavor == mach.THREAD_BASIC_INFO {
		return put(c, 2, 3, &basic)
	}
	info := mach.ThreadExtendedInfo{
		// Like xnu's, these have the grain of the basic info.
		PthUserTime:   nanoseconds(basic.UserTime),
		PthSystemTime: nanoseconds(basic.SystemTime),
		PthCPUUsage:   basic.CPUUsage, PthPolicy: int32(basic.Policy), PthRunState: basic.RunState,
		PthFlags: basic.Flags, PthSleepTime: basic.SleepTime,
		PthCurpri: int32(u.Priority), PthPriority: int32(u.BasePriority), PthMaxpriority: int32(maxPriority(&u)),
	}
	copy(info.PthName[:len(info.PthName)-1], u.Name)
	return put(c, 2, 3, &info)
}

func nanoseconds(t mach.TimeValue) uint64 {
	return uint64(t.Seconds)*1e9 + uint64(t.Microseconds)*1e3
}

func basicThreadInfo(th *core.Thread, u *core.ThreadUsage) mach.ThreadBasicInfo {
	flags := mach.Integer(0)
	if u.Idle {
		flags |= mach.TH_FLAGS_IDLE
	}
	if u.Swapped {
		flags |= mach.TH_FLAGS_SWAPPED
	}
	h := threadHoldsOf(th)
	h.mu.Lock()
	count := h.count
	h.mu.Unlock()
	state := u.State
	if count > 0 && state != mach.TH_STATE_HALTED {
		state = mach.TH_STATE_STOPPED
	}
	return mach.ThreadBasicInfo{
		UserTime: timeValue(u.User), SystemTime: timeValue(u.System),
		CPUUsage: mach.Integer(math.Round(min(u.CPUPercent, 100) * mach.TH_USAGE_SCALE / 100)),
		Policy:   policyOf(u), RunState: state, Flags: flags, SuspendCount: mach.Integer(count),
	}
}

// policyOf: Linux's FIFO, round-robin and deadline threads are Darwin's
// fixed-priority ones.
func policyOf(u *core.ThreadUsage) mach.Policy {
	switch u.Policy {
	case 1, 2, 6: // SCHED_FIFO, SCHED_RR, SCHED_DEADLINE
		return mach.POLICY_RR
	}
	return mach.POLICY_TIMESHARE
}

// maxPriority is MAXPRI_USER for ordinary threads (osfmk/kern/sched.h).
func maxPriority(u *core.ThreadUsage) int { return max(63, u.BasePriority) }

const defaultQuantum = 10 // milliseconds

func timeshareInfo(c *core.Ctx, th *core.Thread, u *core.ThreadUsage) mach.KernReturn {
	info := mach.PolicyTimeshareInfo{
		MaxPriority: mach.Integer(maxPriority(u)), BasePriority: mach.Integer(u.BasePriority),
		CurPriority: mach.Integer(u.Priority), DepressPriority: -1,
	}
	if room, kr := c.Get32(3); kr != mach.KERN_SUCCESS || room < uint32(len(words(&info))) {
		return mach.KERN_INVALID_ARGUMENT
	}
	if policyOf(u) != mach.POLICY_TIMESHARE {
		return mach.KERN_INVALID_POLICY
	}
	if depressed(th) {
		info.Depressed, info.BasePriority, info.DepressPriority = 1, 0, mach.Integer(u.BasePriority)
	}
	return put(c, 2, 3, &info)
}

func roundRobinInfo(c *core.Ctx, th *core.Thread, u *core.ThreadUsage) mach.KernReturn {
	info := mach.PolicyRrInfo{
		MaxPriority: mach.Integer(maxPriority(u)), BasePriority: mach.Integer(u.BasePriority),
		Quantum: defaultQuantum, DepressPriority: -1,
	}
	if room, kr := c.Get32(3); kr != mach.KERN_SUCCESS || room < uint32(len(words(&info))) {
		return mach.KERN_INVALID_ARGUMENT
	}
	if policyOf(u) == mach.POLICY_TIMESHARE {
		return mach.KERN_INVALID_POLICY
	}
	if depressed(th) {
		info.Depressed, info.BasePriority, info.DepressPriority = 1, 0, mach.Integer(u.BasePriority)
	}
	return put(c, 2, 3, &info)
}
