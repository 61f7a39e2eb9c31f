//go:build linux && (amd64 || arm64)

package hosted

import (
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

func ticks(n uint64) time.Duration {
	return time.Duration(n) * (time.Second / time.Duration(linux.ClockTicks()))
}

// Usage reads the figures from /proc/PID and of each thread.
func (t *task) Usage() (u core.Usage, err error) {
	u, s, err := t.processUsage()
	if err != nil {
		return u, err
	}
	t.addThreads(&u)
	// The process's times count all threads it ever had.
	u.DeadUser = max(0, ticks(s.UTime)-u.User)
	u.DeadSys = max(0, ticks(s.STime)-u.System)
	return u, nil
}

// ProcessUsage is Usage without what threads have to be asked for: their times and
// switches.
func (t *task) ProcessUsage() (core.Usage, error) {
	u, _, err := t.processUsage()
	return u, err
}

func (t *task) processUsage() (u core.Usage, s linux.Stat, err error) {
	if s, err = t.p.Stat(); err != nil {
		return u, s, err
	}
	st, err := t.p.Status()
	if err != nil {
		return u, s, err
	}
	page := uint64(linux.PageSize())
	u = core.Usage{
		Name: s.Comm, PPID: s.PPID, Threads: s.NumThreads, Nice: s.Nice, SixtyFour: true,
		UID: int(st.UID[1]), GID: int(st.GID[1]), RUID: int(st.UID[0]), RGID: int(st.GID[0]),
		Virtual: s.VSize, Resident: uint64(max(s.RSS, 0)) * page, ResidentPeak: st.VMHWM,
		Anonymous: st.RSSAnon + st.RSSShmem, File: st.RSSFile, Swapped: st.VMSwap,
		MinorFaults: s.MinFlt, MajorFaults: s.MajFlt,
	}
	u.ResidentPeak = max(u.ResidentPeak, u.Resident)
	if host, err := linux.ReadHostStat(); err == nil {
		u.Start = time.Unix(int64(host.BootTime), 0).Add(ticks(s.StartTime))
	}
	return u, s, nil
}

// addThreads sums what the live threads used.
func (t *task) addThreads(u *core.Usage) {
	ids, err := t.p.ThreadIDs(nil)
	if err != nil {
		return
	}
	for _, id := range ids {
		s, err := t.p.ThreadStat(id)
		if err != nil {
			continue
		}
		u.User += ticks(s.UTime)
		u.System += ticks(s.STime)
		if st, err := t.p.ThreadStatus(id); err == nil {
			u.CtxSwitches += st.VoluntarySwitches + st.InvoluntarySwitches
		}
	}
}

func (t *thread) Usage() (core.ThreadUsage, error)    { return t.task.threadUsage(t.id, t.start) }
func (t *ownThread) Usage() (core.ThreadUsage, error) { return t.task.threadUsage(t.id, t.start) }

// threadUsage reads the figures from /proc/PID/task/TID.
func (t *task) threadUsage(tid int, start uint64) (u core.ThreadUsage, err error) {
	s, err := t.p.ThreadStat(tid)
	if err != nil {
		return u, err
	}
	if s.StartTime != start {
		return u, linux.ErrThreadGone
	}
	u = core.ThreadUsage{
		Name: s.Comm, State: runState(s.State), User: ticks(s.UTime), System: ticks(s.STime),
		Nice: s.Nice, Policy: s.Policy, UniqueID: uint64(tid),
	}
	// Linux's priorities grow downwards from 20 (nice 0); Darwin's grow
	// upwards from 31, the default of user threads, to 63 and on to 97 for
	// real-time threads.
	u.BasePriority = min(max(31+(20-s.Priority), 0), 63)
	if s.RTPriority > 0 {
		u.BasePriority = min(63+s.RTPriority, 97)
	}
	u.Priority = u.BasePriority
	if fine, err := t.p.ThreadSchedstat(tid); err == nil && fine.Run > 0 {
		// Split the exact time in the ratio of the two tick counts.
		total := u.User + u.System
		exact := time.Duration(fine.Run)
		if total > 0 {
			u.User = time.Duration(float64(exact) * (float64(u.User) / float64(total)))
		} else {
			u.User = exact
		}
		u.System = exact - u.User
	}
	u.CPUPercent = t.recentCPU(tid, u.User+u.System)
	return u, nil
}

// runState translates a state letter of /proc.
func runState(c byte) mach.Integer {
	switch c {
	case 'R':
		return mach.TH_STATE_RUNNING
	case 'D':
		return mach.TH_STATE_UNINTERRUPTIBLE
	case 'T', 't':
		return mach.TH_STATE_STOPPED
	case 'Z', 'X':
		return mach.TH_STATE_HALTED
	}
	return mach.TH_STATE_WAITING
}

// sample is a thread's CPU time at some moment.
type sample struct {
	at      time.Time
	used    time.Duration
	percent float64
}

// recentCPU gives the share of a CPU that the thread had since it was asked
// last, or over its life at the first time.
func (t *task) recentCPU(tid int, used time.Duration) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.samples == nil {
		t.samples = map[int]sample{}
	}
	now := time.Now()
	last, known := t.samples[tid]
	if known && now.Sub(last.at) < 50*time.Millisecond {
		return last.percent
	}
	if len(t.samples) > 10_000 {
		clear(t.samples)
	}
	since := last.at
	if !known {
		t.samples[tid] = sample{now, used, 0}
		return 0
	}
	percent := min(100, 100*float64(used-last.used)/float64(now.Sub(since)))
	t.samples[tid] = sample{now, used, percent}
	return percent
}
