//go:build linux && (amd64 || arm64)

package machkern

import (
	"math/bits"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
)

// x86Watches reads the debug registers (Intel's manual, volume 3, debug registers): for
// each of the four a switch in DR7, for the kind two bits, and two for the size.
// Breakpoints for instructions are refused: there are none in the emulator.
func x86Watches(s *mach.X86DebugState64) ([]proc.Watch, error) {
	if !validDR7(s.Dr7) {
		return nil, core.ErrInvalidState
	}
	list := make([]proc.Watch, 4)
	for i, address := range []uint64{s.Dr0, s.Dr1, s.Dr2, s.Dr3} {
		if s.Dr7>>(2*i)&1 == 0 {
			continue
		}
		kind, size := s.Dr7>>(16+4*i)&3, []uint64{1, 2, 8, 4}[s.Dr7>>(18+4*i)&3]
		const end = 0x7fffffe00000 // VM_MAX_PAGE_ADDRESS, see debug_state_is_valid64 of xnu osfmk/i386/pcb.c
		switch {
		case address >= end:
			return nil, core.ErrInvalidState
		case kind == 0:
			return nil, core.ErrNoDebugRegisters
		}
		list[i] = proc.Watch{Address: address &^ (size - 1), Size: size, Access: cpu.ProtWrite}
		if kind == 3 {
			list[i].Access |= cpu.ProtRead
		}
	}
	return list, nil
}

// Bits of DR6: one for each register, and the end of a step.
const dr6Step = 1 << 14

// debugStatus puts into DR6 why the thread stopped, if it has debug registers.
func (t *thread) debugStatus(f proc.Fault) {
	words := t.debug[mach.X86_DEBUG_STATE64]
	if words == nil {
		return
	}
	var s mach.X86DebugState64
	copy(wordsOf(&s), words)
	switch f.Kind {
	case cpu.StopWatch:
		s.Dr6 |= uint64(f.Code)
		if t.t.Stepping {
			s.Dr6 |= dr6Step
		}
	case cpu.StopStep:
		s.Dr6 |= dr6Step
	default:
		return
	}
	t.setDebugState(mach.X86_DEBUG_STATE64, wordsOf(&s))
}

// Fields of DBGWCR_EL1 (Arm Architecture Reference Manual, D19.3), each with its place.
const (
	wcrOn    = 1
	wcrUser  = 2 << 1 // of PAC: code without privileges
	wcrLoad  = 1 << 3
	wcrStore = 2 << 3
	wcrBytes = 5  // eight bits
	wcrMask  = 24 // five bits
)

// armWatches reads the debug registers. Breakpoints are refused: there are none in the
// emulator.
func armWatches(s *mach.ARMDebugState64) ([]proc.Watch, error) {
	list := make([]proc.Watch, len(s.Wcr))
	for i, wcr := range s.Wcr {
		if s.Bcr[i]&1 != 0 {
			return nil, core.ErrNoDebugRegisters
		}
		if wcr&wcrOn == 0 || wcr&wcrUser == 0 {
			continue
		}
		w := proc.Watch{}
		if wcr&wcrLoad != 0 {
			w.Access |= cpu.ProtRead
		}
		if wcr&wcrStore != 0 {
			w.Access |= cpu.ProtWrite
		}
		bytes, mask := uint8(wcr>>wcrBytes), wcr>>wcrMask&31
		switch {
		case mask >= 3: // a range of so many bits
			w.Size = 1 << mask
			w.Address = s.Wvr[i] &^ (w.Size - 1)
		case bytes != 0:
			first := bits.TrailingZeros8(bytes)
			w.Address = s.Wvr[i]&^7 + uint64(first)
			w.Size = uint64(bits.Len8(bytes) - first)
		}
		list[i] = w
	}
	return list, nil
}
