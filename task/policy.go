package task

import (
	"time"

	"github.com/gomach/mach"
)

// PolicyType is a struct of a scheduling policy. Each has one flavor.
type PolicyType interface {
	mach.ThreadExtendedPolicy | mach.ThreadTimeConstraintPolicy | mach.ThreadPrecedencePolicy |
		mach.ThreadAffinityPolicy | mach.ThreadLatencyQOSPolicy | mach.ThreadThroughputQOSPolicy |
		mach.ThreadBackgroundPolicy
}

func policyFlavorOf(policy any) mach.ThreadPolicyFlavor {
	switch policy.(type) {
	case *mach.ThreadExtendedPolicy:
		return mach.THREAD_EXTENDED_POLICY
	case *mach.ThreadTimeConstraintPolicy:
		return mach.THREAD_TIME_CONSTRAINT_POLICY
	case *mach.ThreadPrecedencePolicy:
		return mach.THREAD_PRECEDENCE_POLICY
	case *mach.ThreadAffinityPolicy:
		return mach.THREAD_AFFINITY_POLICY
	case *mach.ThreadLatencyQOSPolicy:
		return mach.THREAD_LATENCY_QOS_POLICY
	case *mach.ThreadThroughputQOSPolicy:
		return mach.THREAD_THROUGHPUT_QOS_POLICY
	case *mach.ThreadBackgroundPolicy:
		return mach.THREAD_BACKGROUND_POLICY
	}
	return 0 // no such flavor: the call refuses it
}

// Policy reads a policy of a thread, and whether it is the default because none
// was set. The inspect port will do.
//
// Mach calls: thread_policy_get.
func Policy[T PolicyType](th *Thread) (p T, isDefault bool, err error) {
	name, err := th.use()
	if err != nil {
		return p, false, err
	}
	defer th.h.done()
	n := mach.CountOf[T]()
	var unset mach.Boolean
	err = mach.ThreadPolicyGet(name, policyFlavorOf(&p), mach.Info(&p), &n, &unset)
	return p, unset.Bool(), failed("thread_policy_get", err)
}

// SetPolicy sets a policy of a thread: of the thread, not of a goroutine. See
// [CurrentThread]. It takes the control port, and fails with
// [mach.KERN_INVALID_ARGUMENT] for values out of range, and with
// [mach.KERN_NOT_SUPPORTED] where the system has no such policy (Apple silicon
// has no affinity).
//
// Mach calls: thread_policy_set.
func SetPolicy[T PolicyType](th *Thread, p T) error {
	name, err := th.use()
	if err != nil {
		return err
	}
	defer th.h.done()
	return failed("thread_policy_set", mach.ThreadPolicySet(name, policyFlavorOf(&p), mach.Info(&p), mach.CountOf[T]()))
}

// TimeConstraint is what a real-time thread asks for: in each Period, it
// computes for Computation at most, and that is to be over Constraint after the
// period began. The period may be 0, if there is none.
type TimeConstraint struct {
	Period, Computation, Constraint time.Duration
	Preemptible                     bool
}

// SetTimeConstraint makes the thread a real-time thread, which runs before all
// others: keep to what is asked for. The times are rounded down to the kernel's
// ticks, which are those of Apple silicon under Rosetta too (see [Task.Times]).
// The kernel raises Computation to half of Constraint, up to 50 ms. It fails with
// [mach.KERN_INVALID_ARGUMENT] when Computation is less than 50 µs or more than
// 50 ms or than Constraint, or when a time does not fit.
//
// Mach calls: thread_policy_set with THREAD_TIME_CONSTRAINT_POLICY,
// mach_timebase_info.
func (th *Thread) SetTimeConstraint(c TimeConstraint) error {
	p := mach.ThreadTimeConstraintPolicy{Preemptible: mach.BooleanOf(c.Preemptible)}
	for _, x := range []struct {
		to *uint32
		d  time.Duration
	}{{&p.Period, c.Period}, {&p.Computation, c.Computation}, {&p.Constraint, c.Constraint}} {
		n, err := ticks(x.d)
		if err != nil {
			return err
		}
		*x.to = n
	}
	return SetPolicy(th, p)
}

// TimeConstraint reads what was asked for, and whether that is the default
// because the thread is no real-time thread.
//
// Mach calls: thread_policy_get with THREAD_TIME_CONSTRAINT_POLICY,
// mach_timebase_info.
func (th *Thread) TimeConstraint() (c TimeConstraint, isDefault bool, err error) {
	p, isDefault, err := Policy[mach.ThreadTimeConstraintPolicy](th)
	if err != nil {
		return c, false, err
	}
	c.Preemptible = p.Preemptible.Bool()
	if c.Period, err = duration(uint64(p.Period)); err != nil {
		return c, false, err
	}
	c.Computation, _ = duration(uint64(p.Computation))
	c.Constraint, _ = duration(uint64(p.Constraint))
	return c, isDefault, nil
}

// SetTimeshare makes the thread an ordinary one again.
//
// Mach calls: thread_policy_set with THREAD_STANDARD_POLICY.
func (th *Thread) SetTimeshare() error {
	var p mach.ThreadStandardPolicy
	return th.call("thread_policy_set", func(name mach.MachPort) error {
		return mach.ThreadPolicySet(name, mach.THREAD_STANDARD_POLICY, mach.Info(&p), mach.THREAD_STANDARD_POLICY_COUNT)
	})
}
