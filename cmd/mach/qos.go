package main

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// qosPolicy is struct thread_qos_policy, and its flavor (xnu
// osfmk/mach/thread_policy_private.h).
type qosPolicy struct {
	Tier       mach.Integer
	Importance mach.Integer
}

const qosPolicyFlavor mach.ThreadPolicyFlavor = 9

// qosNames are the THREAD_QOS_ constants of that header.
var qosNames = [...]string{"unspecified", "maintenance", "background", "utility", "default", "user-initiated", "user-interactive"}

// qosClass is the class of quality of service that a thread asks for; "" if the system
// does not tell.
func qosClass(th *task.Thread) string {
	var p qosPolicy
	n := mach.CountOf[qosPolicy]()
	var unset mach.Boolean
	if mach.ThreadPolicyGet(th.Name(), qosPolicyFlavor, mach.Info(&p), &n, &unset) != nil {
		return ""
	}
	if p.Tier < 0 || int(p.Tier) >= len(qosNames) {
		return ""
	}
	return qosNames[p.Tier]
}

// qosTiers are the tiers of latency and of throughput that a thread asks for, from 0, the
// best; -1 if it asks for none (<mach/thread_policy.h>).
func qosTiers(th *task.Thread) (latency, throughput int) {
	latency, throughput = -1, -1
	if p, unset, err := task.Policy[mach.ThreadLatencyQOSPolicy](th); err == nil && !unset {
		latency = tier(int(p.ThreadLatencyQOSTier), mach.LATENCY_QOS_TIER_0)
	}
	if p, unset, err := task.Policy[mach.ThreadThroughputQOSPolicy](th); err == nil && !unset {
		throughput = tier(int(p.ThreadThroughputQOSTier), mach.THROUGHPUT_QOS_TIER_0)
	}
	return latency, throughput
}

func tier(v, first int) int {
	if v < first || v > first+5 {
		return -1
	}
	return v - first
}
