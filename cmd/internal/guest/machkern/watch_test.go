//go:build linux && (amd64 || arm64)

package machkern

import (
	"errors"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/core"
)

const readWrite = cpu.ProtRead | cpu.ProtWrite

// Intel's manual, volume 3, table 18-2: a register watches a place that is aligned to its
// size. Addresses end where xnu osfmk/i386/pcb.c debug_state_is_valid64 has it.
func TestX86Watches(t *testing.T) {
	for i, x := range []struct {
		state mach.X86DebugState64
		slot  int
		want  proc.Watch
		err   error
	}{
		{state: mach.X86DebugState64{Dr0: 0x1000}},
		{state: mach.X86DebugState64{Dr0: 0x1000, Dr7: 1 | 1<<16}, want: proc.Watch{Address: 0x1000, Size: 1, Access: cpu.ProtWrite}},
		{state: mach.X86DebugState64{Dr1: 0x1006, Dr7: 1<<2 | 7<<20}, slot: 1, want: proc.Watch{Address: 0x1006, Size: 2, Access: readWrite}},
		{state: mach.X86DebugState64{Dr2: 0x1006, Dr7: 1<<4 | 13<<24}, slot: 2, want: proc.Watch{Address: 0x1004, Size: 4, Access: cpu.ProtWrite}},
		{state: mach.X86DebugState64{Dr3: 0x1008, Dr7: 1<<6 | 11<<28}, slot: 3, want: proc.Watch{Address: 0x1008, Size: 8, Access: readWrite}},
		{state: mach.X86DebugState64{Dr0: 0x1000, Dr7: 1}, err: core.ErrNoDebugRegisters},             // an instruction
		{state: mach.X86DebugState64{Dr0: 0x7fffffe00000, Dr7: 1 | 1<<16}, err: core.ErrInvalidState}, // the kernel's
		{state: mach.X86DebugState64{Dr0: 0x1000, Dr7: 2 | 1<<16}, err: core.ErrInvalidState},         // global
	} {
		got, err := x86Watches(&x.state)
		if !errors.Is(err, x.err) {
			t.Errorf("%d: %v, want %v", i, err, x.err)
		} else if err == nil && got[x.slot] != x.want {
			t.Errorf("%d: %+v, want %+v", i, got[x.slot], x.want)
		}
	}
}

// Arm Architecture Reference Manual, DBGWCR_EL1.
func TestArmWatches(t *testing.T) {
	const on, stores, both = 1 | 2<<1, 2 << 3, 3 << 3
	for i, x := range []struct {
		at, control uint64
		want        proc.Watch
	}{
		{0x1000, 0xff<<5 | stores, proc.Watch{}},     // off
		{0x1000, 1 | 0xff<<5 | stores, proc.Watch{}}, // for the kernel's code only
		{0x1000, on | 0xff<<5 | stores, proc.Watch{Address: 0x1000, Size: 8, Access: cpu.ProtWrite}},
		{0x1000, on | 0xf0<<5 | both, proc.Watch{Address: 0x1004, Size: 4, Access: readWrite}},
		{0x1000, on | 0x80<<5 | 1<<3, proc.Watch{Address: 0x1007, Size: 1, Access: cpu.ProtRead}},
		{0x1010, on | 0xff<<5 | stores | 6<<24, proc.Watch{Address: 0x1000, Size: 64, Access: cpu.ProtWrite}},
	} {
		s := mach.ARMDebugState64{}
		s.Wvr[3], s.Wcr[3] = x.at, x.control
		if got, err := armWatches(&s); err != nil || got[3] != x.want {
			t.Errorf("%d: %+v, %v, want %+v", i, got[3], err, x.want)
		}
	}
	if _, err := armWatches(&mach.ARMDebugState64{Bcr: [16]uint64{1}}); !errors.Is(err, core.ErrNoDebugRegisters) {
		t.Errorf("a breakpoint: %v", err)
	}
}
