package main

import (
	"context"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

const deepest = 128

// stack is the program counters of a thread's functions, the innermost first.
type stack [deepest]uint64

// sampler collects stacks.
type sampler struct {
	t       *task.Task
	samples int
	counts  map[stack]int64
	regions []task.Region // as of the first sample
}

func newSampler(t *task.Task) *sampler {
	return &sampler{t: t, counts: map[stack]int64{}}
}

// sample looks once at each thread that runs or is ready to.
func (s *sampler) sample(ctx context.Context) error {
	if s.regions == nil {
		for r, err := range s.t.Regions() {
			if err != nil {
				return err
			}
			s.regions = append(s.regions, r)
		}
	}
	threads, err := s.t.Threads()
	if err != nil {
		return err
	}
	defer threads.Close()
	// Who runs is seen before the process stands still.
	var running []*task.Thread
	for _, th := range threads.All() {
		info, err := task.ThreadInfo[mach.ThreadBasicInfo](th)
		if err == nil && info.Value.RunState == mach.TH_STATE_RUNNING {
			running = append(running, th)
		}
	}
	err = s.t.Suspended(ctx, func(context.Context) error {
		for _, th := range running {
			frames, err := th.Stack(deepest)
			if err != nil {
				continue // it has ended
			}
			var x stack
			for i, f := range frames {
				x[i] = f.PC
			}
			s.counts[x]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.samples++
	return nil
}
