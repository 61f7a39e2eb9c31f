package task

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// taskPolicies are what a task was told about its role and tiers.
type taskPolicies struct {
	mu          sync.Mutex
	role        mach.TaskRole
	base        [2]uint32 // latency, throughput
	override    [2]uint32
	suppression [suppressionWords]uint32
}

type taskPoliciesKey struct{}

func taskPoliciesOf(t *core.Task) *taskPolicies {
	return t.State(taskPoliciesKey{}, func() any { return &taskPolicies{} }).(*taskPolicies)
}

// taskPolicyState and struct task_suppression_policy are of xnu's
// osfmk/mach/task_policy_private.h.
const (
	taskPolicyState      mach.TaskPolicyFlavor = 4
	suppressionWords                           = 9
	suppressTimer                              = 2
	suppressCPULimit                           = 4
	suppressSuspend                            = 5
	suppressThroughput                         = 6
	taskPolicyStateWords                       = 22
)

// taskPolicySet follows xnu osfmk/kern/task_policy.c.
func taskPolicySet(c *core.Ctx, t *core.Task) mach.KernReturn {
	w, kr := c.TakeInfo(2, 3, mostPolicyWords)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	flavor := mach.TaskPolicyFlavor(c.U32(1))
	p := taskPoliciesOf(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch flavor {
	case mach.TASK_CATEGORY_POLICY:
		return p.setRole(c, t, w)
	case mach.TASK_SUPPRESSION_POLICY:
		if len(w) < suppressionWords || !tiers(w[suppressTimer], w[suppressThroughput]) {
			return mach.KERN_INVALID_ARGUMENT
		}
		copy(p.suppression[:], w)
		p.suppression[suppressCPULimit], p.suppression[suppressSuspend] = 0, 0
		return mach.KERN_SUCCESS
	case mach.TASK_BASE_QOS_POLICY, mach.TASK_OVERRIDE_QOS_POLICY,
		mach.TASK_BASE_LATENCY_QOS_POLICY, mach.TASK_BASE_THROUGHPUT_QOS_POLICY:
	default:
		return mach.KERN_INVALID_ARGUMENT
	}
	if len(w) < int(mach.TASK_QOS_POLICY_COUNT) || !tiers(w[0], w[1]) {
		return mach.KERN_INVALID_ARGUMENT
	}
	switch flavor {
	case mach.TASK_BASE_QOS_POLICY:
		p.base = [2]uint32{w[0], w[1]}
	case mach.TASK_OVERRIDE_QOS_POLICY:
		p.override = [2]uint32{w[0], w[1]}
	case mach.TASK_BASE_LATENCY_QOS_POLICY:
		p.base[0] = w[0]
	case mach.TASK_BASE_THROUGHPUT_QOS_POLICY:
		p.base[1] = w[1]
	}
	return mach.KERN_SUCCESS
}

func tiers(latency, throughput uint32) bool {
	return tierIn(latency, mach.LATENCY_QOS_TIER_0, mach.LATENCY_QOS_TIER_5) &&
		tierIn(throughput, mach.THROUGHPUT_QOS_TIER_0, mach.THROUGHPUT_QOS_TIER_5)
}

func (p *taskPolicies) setRole(c *core.Ctx, t *core.Task, w []uint32) mach.KernReturn {
	if len(w) < 1 {
		return mach.KERN_INVALID_ARGUMENT
	}
	role := mach.TaskRole(w[0])
	switch role {
	case mach.TASK_FOREGROUND_APPLICATION, mach.TASK_BACKGROUND_APPLICATION, mach.TASK_DEFAULT_APPLICATION:
	case mach.TASK_CONTROL_APPLICATION, mach.TASK_GRAPHICS_SERVER:
		if t != c.Task || !privileged(t) {
			return mach.KERN_INVALID_ARGUMENT
		}
	default:
		return mach.KERN_INVALID_ARGUMENT
	}
	p.role = role
	return mach.KERN_SUCCESS
}

// privileged tells whether a task runs as root.
func privileged(t *core.Task) bool {
	u, err := processUsage(t)
	return err == nil && u.UID == 0
}

func taskPolicyGet(c *core.Ctx, t *core.Task) mach.KernReturn {
	def, kr := c.Get32(4)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	p := taskPoliciesOf(t)
	p.mu.Lock()
	var w []uint32
	switch mach.TaskPolicyFlavor(c.U32(1)) {
	case mach.TASK_CATEGORY_POLICY:
		w = []uint32{uint32(p.role)}
	case mach.TASK_BASE_QOS_POLICY:
		w = p.base[:]
	case mach.TASK_OVERRIDE_QOS_POLICY:
		w = p.override[:]
	case mach.TASK_SUPPRESSION_POLICY:
		w = p.suppression[:]
	case taskPolicyState:
		w = make([]uint32, taskPolicyStateWords)
		if room, kr := c.Get32(3); kr == mach.KERN_SUCCESS && int(room) >= len(w) && !privileged(c.Task) {
			p.mu.Unlock()
			return mach.KERN_PROTECTION_FAILURE
		}
	}
	w = append([]uint32(nil), w...)
	p.mu.Unlock()
	if w == nil {
		return mach.KERN_INVALID_ARGUMENT
	}
	if def != 0 {
		clear(w)
	}
	_, kr = c.PutWords(2, 3, w, len(w)) // the count stays (osfmk/kern/task_policy.c)
	return kr
}
