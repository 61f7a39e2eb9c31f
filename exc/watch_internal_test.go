package exc

import (
	"testing"

	"github.com/gomach/mach"
)

// Arm Architecture Reference Manual, DBGWCR_EL1: E is bit 0, PAC bits 2 and 1 (0b10
// is EL0), LSC bits 4 and 3 (0b10 stores, 0b11 both), BAS bits 12 to 5; DBGWVR_EL1
// is aligned to 8 bytes.
func TestArmWatches(t *testing.T) {
	list := [maxWatches]*Watchpoint{
		{Address: 0x1000, Size: 8, Access: OnWrite}, nil,
		{Address: 0x2004, Size: 4, Access: OnAccess}, {Address: 0x3007, Size: 1, Access: OnWrite},
	}
	s := mach.ARMDebugState64{MdscrEl1: 1}
	s.Wvr[1], s.Wcr[1], s.Bcr[0], s.Wcr[4] = 0x9000, 1, 5, 6
	armWatches(&s, list)
	for i, want := range [5][2]uint64{{0x1000, 0xff<<5 | 0b10101}, {}, {0x2000, 0xf0<<5 | 0b11101}, {0x3000, 0x80<<5 | 0b10101}, {0, 6}} {
		if got := [2]uint64{s.Wvr[i], s.Wcr[i]}; got != want {
			t.Errorf("watchpoint %d: %#x, want %#x", i, got, want)
		}
	}
	if s.MdscrEl1 != 1 || s.Bcr[0] != 5 {
		t.Errorf("the rest has changed: %+v", s)
	}
	for _, x := range []struct {
		address uint64
		want    int
	}{
		{0x1000, 0}, {0x1007, 0}, {0x0ff8, 0}, // a store of 16 bytes begins before it
		{0x2004, 2}, {0x2000, 2}, {0x3007, 3}, {0x3000, 3}, {0x5000, -1}, {0x1048, -1},
	} {
		if got := armHit(list, x.address); got != x.want {
			t.Errorf("access at %#x: watchpoint %d, want %d", x.address, got, x.want)
		}
	}
}
