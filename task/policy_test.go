package task_test

import (
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// onOwnThread runs f on a thread that ends with it, so that no policy is left
// to other goroutines.
func onOwnThread(t *testing.T, f func(th *task.Thread)) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		must2(t, task.OnThread(func(th *task.Thread) error {
			f(th)
			return th.SetTimeshare()
		}))
	}()
	<-done
}

// must2 is must for other goroutines than the test's.
func must2(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// Pitfall timebase: a policy's times are in ticks, and a tick is not a nanosecond on
// Apple silicon.
func TestTimeConstraint(t *testing.T) {
	begin(t)
	onOwnThread(t, func(th *task.Thread) {
		_, unset, err := th.TimeConstraint()
		must2(t, err)
		if !unset {
			t.Error("a new thread is a real-time thread")
		}
		want := task.TimeConstraint{Period: 10 * time.Millisecond, Computation: 3 * time.Millisecond, Constraint: 5 * time.Millisecond, Preemptible: true}
		must2(t, th.SetTimeConstraint(want))
		got, unset, err := th.TimeConstraint()
		must2(t, err)
		near := func(a, b time.Duration) bool { return b-a >= 0 && b-a <= 50*time.Nanosecond }
		if unset || !near(got.Period, want.Period) || !near(got.Computation, want.Computation) || !near(got.Constraint, want.Constraint) || !got.Preemptible {
			t.Errorf("constraint is %+v, default %v, want %+v", got, unset, want)
		}
		// What the kernel was told.
		p, _, err := task.Policy[mach.ThreadTimeConstraintPolicy](th)
		must2(t, err)
		var b mach.MachTimebaseInfo_t
		must2(t, mach.MachTimebaseInfo(&b))
		if ticks := 10_000_000 * uint64(b.Denom) / uint64(b.Numer); uint64(p.Period) != ticks {
			t.Errorf("10 ms are %d ticks, want %d", p.Period, ticks)
		}
		// xnu osfmk/kern/thread_policy.c, thread_policy_set_internal: computation
		// becomes half of the constraint at least.
		want.Computation = time.Millisecond
		must2(t, th.SetTimeConstraint(want))
		if got, _, err := th.TimeConstraint(); err != nil || !near(got.Computation, want.Constraint/2) {
			t.Errorf("constraint is %+v, %v", got, err)
		}
		for _, bad := range []task.TimeConstraint{
			{Computation: time.Second, Constraint: 2 * time.Second},
			{Computation: time.Microsecond, Constraint: time.Millisecond},
			{Computation: 5 * time.Millisecond, Constraint: 2 * time.Millisecond},
			{Period: -1, Computation: time.Millisecond, Constraint: time.Millisecond},
			{Period: 1000 * time.Hour, Computation: time.Millisecond, Constraint: time.Millisecond},
		} {
			wantErr(t, th.SetTimeConstraint(bad), mach.KERN_INVALID_ARGUMENT)
		}
	})
}

func TestPolicies(t *testing.T) {
	begin(t)
	onOwnThread(t, func(th *task.Thread) {
		must2(t, task.SetPolicy(th, mach.ThreadPrecedencePolicy{Importance: -5}))
		p, unset, err := task.Policy[mach.ThreadPrecedencePolicy](th)
		if err != nil || unset || p.Importance != -5 {
			t.Errorf("precedence is %+v, %v, %v", p, unset, err)
		}
		must2(t, task.SetPolicy(th, mach.ThreadPrecedencePolicy{}))
		must2(t, task.SetPolicy(th, mach.ThreadLatencyQOSPolicy{ThreadLatencyQOSTier: mach.LATENCY_QOS_TIER_3}))
		must2(t, task.SetPolicy(th, mach.ThreadThroughputQOSPolicy{ThreadThroughputQOSTier: mach.THROUGHPUT_QOS_TIER_2}))
		if q, _, err := task.Policy[mach.ThreadLatencyQOSPolicy](th); err != nil || q.ThreadLatencyQOSTier != mach.LATENCY_QOS_TIER_3 {
			t.Errorf("latency is %+v, %v", q, err)
		}
		if q, _, err := task.Policy[mach.ThreadThroughputQOSPolicy](th); err != nil || q.ThreadThroughputQOSTier != mach.THROUGHPUT_QOS_TIER_2 {
			t.Errorf("throughput is %+v, %v", q, err)
		}
		err = task.SetPolicy(th, mach.ThreadAffinityPolicy{AffinityTag: 3})
		if err == nil {
			q, _, err := task.Policy[mach.ThreadAffinityPolicy](th)
			if err != nil || q.AffinityTag != 3 {
				t.Errorf("affinity is %+v, %v", q, err)
			}
		} else {
			wantErr(t, err, mach.KERN_NOT_SUPPORTED) // Apple silicon
		}
		if q, _, err := task.Policy[mach.ThreadExtendedPolicy](th); err != nil || !q.Timeshare.Bool() {
			t.Errorf("an ordinary thread shares time: %+v, %v", q, err)
		}
	})
}

// Pitfall timebase: on Apple silicon, 24 ticks are a microsecond. That is what the
// kernel is told, and what it says.
func TestTicksOfAppleSilicon(t *testing.T) {
	begin(t)
	task.OnTimebase(t, 125, 3)
	must(t, task.OnThread(func(th *task.Thread) error {
		want := task.TimeConstraint{Period: 20 * time.Millisecond, Computation: 5 * time.Millisecond, Constraint: 10 * time.Millisecond}
		must(t, th.SetTimeConstraint(want))
		defer th.SetTimeshare()
		raw, _, err := task.Policy[mach.ThreadTimeConstraintPolicy](th)
		must(t, err)
		if raw.Period != 480_000 || raw.Computation != 120_000 || raw.Constraint != 240_000 {
			t.Errorf("the kernel was told %+v", raw)
		}
		got, _, err := th.TimeConstraint()
		must(t, err)
		if got != want {
			t.Errorf("constraint is %+v, want %+v", got, want)
		}
		return nil
	}))
}
