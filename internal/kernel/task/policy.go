package task

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// policies are what a thread was told about its scheduling.
type policies struct {
	mu       sync.Mutex
	depress  bool
	affinity mach.Integer
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
