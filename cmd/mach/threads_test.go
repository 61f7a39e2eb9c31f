package main

import (
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// The tiers of a thread are those that it asked for, counted from 0 (LATENCY_QOS_TIER_0
// and THROUGHPUT_QOS_TIER_0 of <mach/thread_policy.h>).
func TestThreadTiers(t *testing.T) {
	list, err := task.Self().Threads()
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	for _, th := range list.All() {
		if err := task.SetPolicy(th, mach.ThreadLatencyQOSPolicy{ThreadLatencyQOSTier: mach.LATENCY_QOS_TIER_2}); err != nil {
			t.Fatal(err)
		}
		defer task.SetPolicy(th, mach.ThreadLatencyQOSPolicy{ThreadLatencyQOSTier: mach.LATENCY_QOS_TIER_UNSPECIFIED})
		x := newThreadInfo(0, th)
		if x.Latency == nil || *x.Latency != 2 || *x.Through != -1 {
			t.Errorf("%+v", x)
		}
		x.QoS = "utility"
		if s := x.qos(); s != "utility latency 2" {
			t.Error(s)
		}
		x.QoS, x.Latency = "", nil
		if s := x.qos(); s != "-" {
			t.Error(s)
		}
		break
	}
}
