package task

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

func policyTable() core.Table {
	return core.Table{
		"thread_policy_set": fullNote(onThread(core.Control, threadPolicySet),
			"precedence becomes a Linux nice value, and a fixed or real-time policy SCHED_RR, as far as the caller may; the other policies are stored and given back"),
		"thread_policy_get": fullNote(onThread(core.Inspect, threadPolicyGet), "no thread has a quality of service; THREAD_POLICY_STATE of xnu's private header is zeros"),
		"task_policy_set":   fullNote(onTask(core.Control, taskPolicySet), "stored and given back; Linux has nothing like it"),
		"task_policy_get":   full(onTask(core.Inspect, taskPolicyGet)),
		"thread_policy":     fullNote(onThread(core.Control, threadPolicy), "applied like thread_policy_set"),
		"thread_set_policy": fullNote(onThread(core.Control, threadSetPolicy), "applied like thread_policy_set"),
	}
}

// Scheduler is a ThreadSub whose scheduling can be changed.
type Scheduler interface {
	// SetImportance asks for more (positive) or less CPU time than others get.
	SetImportance(n int) error
	// SetFixed asks for a fixed priority above that of ordinary threads.
	SetFixed(on bool) error
}

// policies are what a thread was told about its scheduling.
type policies struct {
	mu         sync.Mutex
	depress    bool
	fixed      bool // THREAD_EXTENDED_POLICY without timeshare
	real       *mach.ThreadTimeConstraintPolicy
	importance mach.Integer
	affinity   mach.Integer
	latency    uint32
	throughput uint32
}

type policiesKey struct{}

func policiesOf(th *core.Thread) *policies {
	return th.State(policiesKey{}, func() any { return &policies{} }).(*policies)
}

// depressed tells whether the thread asked for the lowest priority with
// thread_switch or swtch_pri.
func depressed(th *core.Thread) bool {
	p := policiesOf(th)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.depress
}

// Bounds and defaults of THREAD_TIME_CONSTRAINT_POLICY, in nanoseconds (xnu osfmk/kern/sched_prim.c: a
// quantum of 10 ms; osfmk/kern/priority.c: real-time quanta of 50 us to 50 ms).
const (
	minRealTime        = 50_000
	maxRealTime        = 50_000_000
	defaultComputation = 5_000_000
	defaultConstraint  = 10_000_000
)

// Flavors of xnu's osfmk/mach/thread_policy_private.h, with their sizes in words.
const (
	threadPolicyState      mach.ThreadPolicyFlavor = 6
	threadQOSPolicy        mach.ThreadPolicyFlavor = 9
	threadRealWithPriority mach.ThreadPolicyFlavor = 10
	threadRequestedState   mach.ThreadPolicyFlavor = 11
	policyStateWords                               = 16
	qosWords                                       = 2
	requestedStateWords                            = 7
	realTimePriority                               = 97 // TIME_CONSTRAINT_POLICY_DEFAULT_PRIORITY
)

// mostPolicyWords is as many words as a policy has.
const mostPolicyWords = 64

func threadPolicySet(c *core.Ctx, th *core.Thread) mach.KernReturn {
	w, kr := c.TakeInfo(2, 3, mostPolicyWords)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return setThreadPolicy(th, mach.ThreadPolicyFlavor(c.U32(1)), w)
}

// setThreadPolicy follows xnu osfmk/kern/thread_policy.c
// thread_policy_set_internal.
func setThreadPolicy(th *core.Thread, flavor mach.ThreadPolicyFlavor, w []uint32) mach.KernReturn {
	if _, err := th.Sub.Usage(); err != nil {
		return threadFailure(th, err)
	}
	p := policiesOf(th)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch flavor {
	case mach.THREAD_EXTENDED_POLICY:
		p.fixed, p.real = len(w) > 0 && w[0] == 0, nil
		p.apply(th)
		return mach.KERN_SUCCESS
	case mach.THREAD_TIME_CONSTRAINT_POLICY:
		return p.setReal(th, w)
	case threadRealWithPriority: // users have one priority
		if len(w) < 5 || w[4] != realTimePriority {
			return mach.KERN_INVALID_ARGUMENT
		}
		return p.setReal(th, w)
	}
	if len(w) < 1 {
		return mach.KERN_INVALID_ARGUMENT
	}
	switch flavor {
	case mach.THREAD_PRECEDENCE_POLICY:
		p.importance = mach.Integer(w[0])
		p.apply(th)
	case mach.THREAD_AFFINITY_POLICY:
		if th.Task.Sub.CPU() == mach.CPU_TYPE_ARM64 {
			return mach.KERN_NOT_SUPPORTED
		}
		p.affinity = mach.Integer(w[0])
	case mach.THREAD_LATENCY_QOS_POLICY:
		if !tierIn(w[0], mach.LATENCY_QOS_TIER_0, mach.LATENCY_QOS_TIER_5) {
			return mach.KERN_INVALID_ARGUMENT
		}
		p.latency = w[0]
	case mach.THREAD_THROUGHPUT_QOS_POLICY:
		if !tierIn(w[0], mach.THROUGHPUT_QOS_TIER_0, mach.THROUGHPUT_QOS_TIER_5) {
			return mach.KERN_INVALID_ARGUMENT
		}
		p.throughput = w[0]
	default: // THREAD_BACKGROUND_POLICY too, which macOS has no more, and the quality of service, which is pthread's to set
		return mach.KERN_INVALID_ARGUMENT
	}
	return mach.KERN_SUCCESS
}

// tierIn tells whether a quality-of-service tier is unspecified or within
// bounds.
func tierIn(tier, first, last uint32) bool { return tier == 0 || (tier >= first && tier <= last) }

func (p *policies) setReal(th *core.Thread, w []uint32) mach.KernReturn {
	var r mach.ThreadTimeConstraintPolicy
	if len(w) < len(words(&r)) {
		return mach.KERN_INVALID_ARGUMENT
	}
	copy(words(&r), w)
	least, most := uint32(th.Task.Ticks(minRealTime)), uint32(th.Task.Ticks(maxRealTime))
	if r.Constraint < r.Computation || r.Computation < least || r.Computation > most {
		return mach.KERN_INVALID_ARGUMENT
	}
	if r.Computation < r.Constraint/2 {
		r.Computation = min(r.Constraint/2, most)
	}
	p.real = &r
	p.apply(th)
	return mach.KERN_SUCCESS
}

// apply asks Linux for what comes closest. That it refuses is no error: on
// Darwin too a policy is a wish.
func (p *policies) apply(th *core.Thread) {
	s, ok := th.Sub.(Scheduler)
	if !ok {
		return
	}
	_ = s.SetFixed(p.fixed || p.real != nil)
	_ = s.SetImportance(int(p.importance))
}

func threadPolicyGet(c *core.Ctx, th *core.Thread) mach.KernReturn {
	if _, err := th.Sub.Usage(); err != nil {
		return threadFailure(th, err)
	}
	def, kr := c.Get32(4)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	p := policiesOf(th)
	p.mu.Lock()
	w, isDefault, kr := p.get(mach.ThreadPolicyFlavor(c.U32(1)), def != 0, th.Task)
	p.mu.Unlock()
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	least := len(w)
	if mach.ThreadPolicyFlavor(c.U32(1)) == threadPolicyState {
		if room, kr := c.Get32(3); kr == mach.KERN_SUCCESS && int64(room) >= int64(least) && !privileged(c.Task) {
			return mach.KERN_PROTECTION_FAILURE
		}
	}
	if mach.ThreadPolicyFlavor(c.U32(1)) == mach.THREAD_EXTENDED_POLICY {
		least = 0
	}
	if _, kr := c.PutWords(2, 3, w, least); kr != mach.KERN_SUCCESS { // the count stays (osfmk/kern/thread_policy.c)
		return kr
	}
	return c.Put32(4, uint32(mach.BooleanOf(isDefault)))
}

// get gives a policy, or its default: if that is asked for, or if the thread
// does not follow this policy.
func (p *policies) get(flavor mach.ThreadPolicyFlavor, def bool, t *core.Task) (w []uint32, isDefault bool, kr mach.KernReturn) {
	one := func(v uint32) ([]uint32, bool, mach.KernReturn) {
		if def {
			v = 0
		}
		return []uint32{v}, def, mach.KERN_SUCCESS
	}
	switch flavor {
	case mach.THREAD_EXTENDED_POLICY:
		def = def || p.real != nil
		timeshare := def || !p.fixed
		return []uint32{uint32(mach.BooleanOf(timeshare))}, def, mach.KERN_SUCCESS
	case mach.THREAD_TIME_CONSTRAINT_POLICY, threadRealWithPriority:
		r := mach.ThreadTimeConstraintPolicy{Computation: uint32(t.Ticks(defaultComputation)), Constraint: uint32(t.Ticks(defaultConstraint)), Preemptible: 1}
		if def = def || p.real == nil; !def {
			r = *p.real
		}
		w := words(&r)
		if flavor == threadRealWithPriority {
			w = append(append([]uint32(nil), w...), realTimePriority)
		}
		return w, def, mach.KERN_SUCCESS
	case mach.THREAD_PRECEDENCE_POLICY:
		return one(uint32(p.importance))
	case mach.THREAD_AFFINITY_POLICY:
		if t.Sub.CPU() == mach.CPU_TYPE_ARM64 {
			return nil, false, mach.KERN_NOT_SUPPORTED
		}
		return one(uint32(p.affinity))
	case mach.THREAD_LATENCY_QOS_POLICY:
		return one(p.latency)
	case mach.THREAD_THROUGHPUT_QOS_POLICY:
		return one(p.throughput)
	case threadQOSPolicy: // no thread has a quality of service here
		return make([]uint32, qosWords), def, mach.KERN_SUCCESS
	case threadRequestedState:
		return make([]uint32, requestedStateWords), def, mach.KERN_SUCCESS
	case threadPolicyState:
		return make([]uint32, policyStateWords), def, mach.KERN_SUCCESS
	}
	return nil, false, mach.KERN_INVALID_ARGUMENT
}

// threadPolicy and threadSetPolicy are the calls of Mach 3. The base is one
// priority, and a quantum for round-robin.
func threadPolicy(c *core.Ctx, th *core.Thread) mach.KernReturn {
	return oldPolicy(c, th, mach.Policy(c.I32(1)), 2, 3)
}

func threadSetPolicy(c *core.Ctx, th *core.Thread) mach.KernReturn {
	if _, ok := c.Object(1, mach.IPC_OTYPE_PROCESSOR_SET); !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	limit, kr := c.TakeInfo(5, 6, mostPolicyWords)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if len(limit) != 1 {
		return mach.KERN_INVALID_ARGUMENT
	}
	kr = oldPolicy(c, th, mach.Policy(c.I32(2)), 3, 4)
	if kr == mach.KERN_INVALID_POLICY {
		kr = mach.KERN_INVALID_ARGUMENT
	}
	return kr
}

func oldPolicy(c *core.Ctx, th *core.Thread, policy mach.Policy, base, count int) mach.KernReturn {
	w, kr := c.TakeInfo(base, count, mostPolicyWords)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	need := 1
	switch policy {
	case mach.POLICY_RR:
		need = 2
	case mach.POLICY_TIMESHARE, mach.POLICY_FIFO:
	default:
		return mach.KERN_INVALID_POLICY
	}
	if len(w) != need {
		return mach.KERN_INVALID_ARGUMENT
	}
	timeshare := uint32(mach.BooleanOf(policy == mach.POLICY_TIMESHARE))
	if kr := setThreadPolicy(th, mach.THREAD_EXTENDED_POLICY, []uint32{timeshare}); kr != mach.KERN_SUCCESS {
		return kr
	}
	importance := int32(w[0]) - defaultTaskPriority
	return setThreadPolicy(th, mach.THREAD_PRECEDENCE_POLICY, []uint32{uint32(importance)})
}

// affinityInfo counts the affinity sets of the task's threads
// (osfmk/kern/affinity.c task_affinity_info).
func affinityInfo(c *core.Ctx, t *core.Task) mach.KernReturn {
	sets := map[mach.Integer]mach.Integer{}
	for _, th := range t.Known() {
		p := policiesOf(th)
		p.mu.Lock()
		tag := p.affinity
		p.mu.Unlock()
		if tag != 0 {
			sets[tag]++
		}
	}
	info := mach.TaskAffinityTagInfo{TaskCount: 1, SetCount: mach.Integer(len(sets))}
	for _, n := range sets {
		if info.Min == 0 || n < info.Min {
			info.Min = n
		}
		info.Max = max(info.Max, n)
	}
	return put(c, 2, 3, &info)
}
