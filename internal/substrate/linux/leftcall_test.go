//go:build linux && (amd64 || arm64)

package linux

import (
	"testing"
	"time"
)

// A thread that sleeps in a call stands at the instruction, or behind it.
func TestAtCall(t *testing.T) {
	x := startTarget(t, "fault") // blocks in read
	x.ready()
	eventually(t, "it blocks", func() bool {
		s, err := x.p.Stat()
		return err == nil && s.State == 'S'
	})
	time.Sleep(time.Millisecond)
	err := x.tr.With(x.PID(), func(s *Stopped) error {
		var r Registers
		if err := s.Registers(&r); err != nil {
			return err
		}
		pc := r.PC()
		if !s.AtCall(pc) && !s.AtCall(pc-uint64(len(syscallCode))) {
			t.Errorf("no system call at %#x", pc)
		}
		if s.AtCall(1) || s.AtCall(x.fixed()) {
			t.Error("a system call where there is none")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// fixed is the address of something that is no code.
func (x *target) fixed() uint64 {
	for m, err := range x.p.Maps() {
		if err == nil && m.Perm&PermWrite != 0 {
			return m.Start
		}
	}
	return 0
}

// What a thread left stays known for as long as it lives, and no longer.
func TestLeftCalls(t *testing.T) {
	x := startTarget(t, "fault")
	x.ready()
	start, err := x.p.ThreadStat(x.PID())
	if err != nil {
		t.Fatal(err)
	}
	const none = ^uint64(0)
	restart := ^uint64(511) // ERESTARTSYS
	err = x.tr.With(x.PID(), func(s *Stopped) error {
		at := func(pc uint64) CallState { return CallState{PC: pc, SP: 1, Result: restart} }
		if n := s.NextCall(at(10), at(10), 7); n != 7 {
			t.Errorf("not moved: call %d", int64(n))
		}
		if n := s.NextCall(at(10), at(20), 7); n != none {
			t.Errorf("moved: call %d", int64(n))
		}
		if n := s.NextCall(CallState{PC: 20, SP: 1, Result: 3}, at(10), none); n != 7 {
			t.Errorf("put back: call %d", int64(n))
		}
		if n := s.NextCall(CallState{PC: 20, SP: 1, Result: 3}, CallState{PC: 10, SP: 2, Result: restart}, none); n != none {
			t.Errorf("another stack: call %d", int64(n))
		}
		for pc := uint64(100); pc < 100+2*maxLeftCalls; pc++ {
			s.NextCall(at(pc), at(20), pc)
		}
		left := s.t.left[s.x.tid]
		if left.start != start.StartTime || len(left.calls) != maxLeftCalls || left.calls[maxLeftCalls-1].number != 99+2*maxLeftCalls {
			t.Errorf("%d calls are kept", len(left.calls))
		}
		s.t.left[1<<30] = &leftCalls{start: 1}
		s.t.forgetLeftCalls()
		if len(s.t.left) != 1 {
			t.Errorf("%d threads are kept", len(s.t.left))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
