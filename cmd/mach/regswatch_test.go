package main

import (
	"slices"
	"testing"
)

// A look tells of what is new, has changed, and has ended since the last one.
func TestCompareRegisters(t *testing.T) {
	th := func(id uint64, pc, sp address) threadRegisters {
		return threadRegisters{ID: id, Registers: []register{{"pc", pc}, {"sp", sp}}, Vector: []vector{{"v0", 1, address(id)}}}
	}
	got := compareRegisters([]threadRegisters{th(1, 1, 2), th(2, 3, 4), th(3, 5, 6)}, []threadRegisters{th(1, 1, 2), th(3, 5, 7), th(4, 8, 9)})
	if len(got) != 3 {
		t.Fatalf("%+v", got)
	}
	if c := got[0]; c.ID != 3 || c.What != "changed" || !slices.Equal(c.Changed, []registerChange{{"sp", 6, 7}}) {
		t.Errorf("%+v", c)
	}
	if c := got[1]; c.ID != 4 || c.What != "new" || len(c.Changed) != 4 {
		t.Errorf("%+v", c)
	}
	if c := got[2]; c.ID != 2 || c.What != "ended" || c.Changed != nil {
		t.Errorf("%+v", c)
	}
}
