package exc_test

import "github.com/gomach/mach"

type debugState = mach.X86DebugState64

const (
	debugFlavor = mach.X86_DEBUG_STATE64
	debugCount  = mach.X86_DEBUG_STATE64_COUNT
)

// watchWord has DR0 watch writes of four bytes (Intel's manual, volume 3, debug registers).
func watchWord(at uint64) debugState { return debugState{Dr0: at, Dr7: 1 | (1|3<<2)<<16} }

// sameWatch compares what is watched: DR6 and the bits that are always set tell of else.
func sameWatch(a, b *debugState) bool { return a.Dr0 == b.Dr0 && a.Dr7&^(1<<10) == b.Dr7 }
