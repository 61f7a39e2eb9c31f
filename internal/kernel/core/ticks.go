package core

import "time"

// Ticker is a TaskSub whose mach_absolute_time does not count nanoseconds.
type Ticker interface{ Ticks(d time.Duration) uint64 }

// Ticks is a time in the unit of the task's mach_absolute_time.
func (t *Task) Ticks(d time.Duration) uint64 {
	if x, ok := t.Sub.(Ticker); ok {
		return x.Ticks(d)
	}
	return uint64(d)
}
