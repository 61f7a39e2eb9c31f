package exc

import (
	"math/bits"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// watchesAhead: the processor stops a thread behind the access.
const watchesAhead = false

// setWatches puts the watchpoints into a thread's debug registers: the address
// in DR0 to DR3, and in DR7 a bit that turns it on, for the kind two bits, and
// two for the size.
func setWatches(th *task.Thread, list [maxWatches]*Watchpoint) error {
	s, err := task.State[mach.X86DebugState64](th)
	if err != nil {
		return err
	}
	addresses := [maxWatches]*uint64{&s.Dr0, &s.Dr1, &s.Dr2, &s.Dr3}
	for i, w := range list {
		s.Dr7 &^= 3<<(2*i) | 0xf<<(16+4*i)
		*addresses[i] = 0
		if w != nil {
			size := map[int]uint64{1: 0, 2: 1, 4: 3, 8: 2}[w.Size]
			s.Dr7 |= 1<<(2*i) | (uint64(w.Access)|size<<2)<<(16+4*i)
			*addresses[i] = w.Address
		}
	}
	return task.SetState(th, s)
}

// dr6Hits are the bits of DR6 for the four registers.
const dr6Hits = 1<<maxWatches - 1

// hitWatch is the number of the watchpoint that a thread has come to by DR6; -1 if it
// is none.
func hitWatch(stop *Stop, _ [maxWatches]*Watchpoint) (int, error) {
	s, err := task.State[mach.X86DebugState64](stop.Thread)
	if err != nil {
		return -1, err
	}
	hits := s.Dr6 & dr6Hits
	if hits == 0 {
		return -1, nil
	}
	return bits.TrailingZeros64(hits), nil
}

// clearHits forgets what a thread has come to: the processor only adds to DR6.
func clearHits(th *task.Thread) error {
	s, err := task.State[mach.X86DebugState64](th)
	if err != nil {
		return err
	}
	s.Dr6 &^= dr6Hits
	return task.SetState(th, s)
}

// leftWatch tells a watchpoint that is gone from other exceptions: here it looks
// as the end of a step does.
func leftWatch(*Exception) bool { return false }
