//go:build linux && (amd64 || arm64)

package mem

import "testing"

// What is watched is hidden from the processor page by page, everything else stays.
func TestWatch(t *testing.T) {
	s, b := newSpace(t)
	at := mustMap(t, s, Request{Size: 16 * 16384, Prot: rw, Max: 7})
	sees := func(address uint64) bool {
		for _, c := range b.maps {
			if c.start <= address && address < c.end {
				return true
			}
		}
		return false
	}
	if !s.Touch(at, 8, rw) || !sees(at+5*4096) {
		t.Fatal("not shown")
	}
	s.Watch([]Range{{at + 5*4096 + 8, at + 5*4096 + 16}, {at + 6*4096 - 1, at + 6*4096 + 1}, {at + 9*4096, at + 9*4096 + 1}})
	for _, x := range []struct {
		at, size uint64
		met      bool
	}{
		{at, 8, false}, {at + 4*4096, 8, false}, {at + 5*4096, 8, true}, {at + 5*4096 - 4, 8, true},
		{at + 6*4096, 1, true}, {at + 7*4096 - 4, 8, true}, {at + 7*4096, 8, false}, {at + 8*4096, 4096, false},
		{at + 9*4096 + 4000, 1, true}, {at + 10*4096, 8, false},
	} {
		shown := s.Touch(x.at, x.size, rw)
		if met := s.MetWatch(); met != x.met || met && shown || !met && !sees(x.at) {
			t.Errorf("+%#x: shown %v, watched %v", x.at-at, shown, met)
		}
	}
	if s.Touch(at+5*4096, 8, rw|4) || s.MetWatch() {
		t.Error("an access that the guest may not do counts as watched")
	}
	s.LiftWatch(func() {
		if !s.Touch(at+5*4096, 8, rw) || s.MetWatch() || sees(at+6*4096) || sees(at+9*4096) {
			t.Errorf("lifted: %v", b.maps)
		}
	})
	for page := range uint64(16) {
		if hidden := page == 5 || page == 6 || page == 9; hidden && sees(at+page*4096) {
			t.Errorf("page %d can be seen afterwards", page)
		}
	}
	s.Watch(nil)
	if !s.Touch(at+5*4096, 8, rw) || s.MetWatch() {
		t.Error("still hidden")
	}
}
