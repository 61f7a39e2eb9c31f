package core

import "time"

// Ticks is a time in the unit of mach_absolute_time.
func (t *Task) Ticks(d time.Duration) uint64 {
	if k := t.Kernel; k != nil && k.Ticks != nil {
		return k.Ticks(d)
	}
	return uint64(d)
}
