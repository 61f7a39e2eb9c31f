package exc_test

import "github.com/gomach/mach"

type debugState = mach.ARMDebugState64

const (
	debugFlavor = mach.ARM_DEBUG_STATE64
	debugCount  = mach.ARM_DEBUG_STATE64_COUNT
)

// watchWord has the first watchpoint register watch writes of four bytes (Arm Architecture
// Reference Manual, D19.3).
func watchWord(at uint64) (s debugState) {
	s.Wvr[0], s.Wcr[0] = at&^7, 1|2<<1|2<<3|0xf<<(5+at%8)
	return s
}

func sameWatch(a, b *debugState) bool { return a.Wvr[0] == b.Wvr[0] && a.Wcr[0] == b.Wcr[0] }
