package exc

import "github.com/gomach/mach"

// Fields of DBGWCR_EL1 (Arm Architecture Reference Manual, D19.3): it is on, for
// code without privileges, for loads, stores or both, and a bit for each byte of
// the eight from the address in DBGWVR_EL1 on.
const (
	armWatchOn    = 1
	armWatchUser  = 2 << 1
	armWatchKind  = 3 // position
	armWatchBytes = 5 // position
)

// armWatches puts the watchpoints into the registers of an arm64 processor.
func armWatches(s *mach.ARMDebugState64, list [maxWatches]*Watchpoint) {
	kinds := map[Access]uint64{OnWrite: 2, OnAccess: 3}
	for i, w := range list {
		s.Wvr[i], s.Wcr[i] = 0, 0
		if w != nil {
			bytes := (uint64(1)<<w.Size - 1) << (w.Address % 8)
			s.Wvr[i] = w.Address &^ 7
			s.Wcr[i] = armWatchOn | armWatchUser | kinds[w.Access]<<armWatchKind | bytes<<armWatchBytes
		}
	}
}

// armHit is the number of the watchpoint that an access has come to, by the address
// that the processor tells; -1 if there is none. That is an address of the access,
// which may begin before what is watched: the nearest within the longest access of
// one instruction is meant (Arm Architecture Reference Manual, D2.10.5, has the
// address within the naturally aligned block; dc zva writes 64 bytes).
func armHit(list [maxWatches]*Watchpoint, address uint64) int {
	const longest = 64
	found, nearest := -1, uint64(longest)
	for i, w := range list {
		if w == nil {
			continue
		}
		away := uint64(0)
		switch {
		case address < w.Address:
			away = w.Address - address
		case address-w.Address >= uint64(w.Size):
			away = address - w.Address - uint64(w.Size) + 1
		}
		if away < nearest {
			found, nearest = i, away
		}
	}
	return found
}
