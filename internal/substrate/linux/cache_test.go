//go:build linux && (amd64 || arm64)

package linux

import (
	"slices"
	"testing"
)

// What Standing tells of a suspended process is what the threads have, also
// after somebody writes registers and after the process went on.
func TestStanding(t *testing.T) {
	x := startTarget(t, "park", "20")
	x.ready()
	tids, err := x.p.ThreadIDs(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := x.tr.Standing(tids[0]); ok {
		t.Error("it tells of a process that runs")
	}
	check := func() {
		t.Helper()
		for _, tid := range tids {
			r, start, ok := x.tr.Standing(tid)
			if !ok {
				t.Fatalf("nothing about thread %d", tid)
			}
			s, err := x.p.ThreadStat(tid)
			if err != nil || s.StartTime != start {
				t.Errorf("thread %d began at %d, not %d, %v", tid, s.StartTime, start, err)
			}
			var want Registers
			if err := x.tr.With(tid, func(s *Stopped) error { return s.Registers(&want) }); err != nil || r != want {
				t.Errorf("thread %d: %+v, want %+v, %v", tid, r, want, err)
			}
		}
	}
	for range 2 {
		if err := x.tr.Suspend(t.Context()); err != nil {
			t.Fatal(err)
		}
		check()
		r, _, _ := x.tr.Standing(tids[3])
		old := r
		setPreserved(&r, 12345)
		if err := x.tr.SetRegisters(tids[3], &r); err != nil {
			t.Fatal(err)
		}
		check()
		if now, _, _ := x.tr.Standing(tids[3]); now == old {
			t.Error("what was written is not seen")
		}
		if err := x.tr.SetRegisters(tids[3], &old); err != nil {
			t.Fatal(err)
		}
		check()
		if _, _, ok := x.tr.Standing(1 << 30); ok {
			t.Error("a thread that there is not")
		}
		if err := x.tr.Resume(); err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(tids, func(tid int) bool { _, _, ok := x.tr.Standing(tid); return ok }); i >= 0 {
			t.Errorf("thread %d is told of after the process went on", tids[i])
		}
	}
}
