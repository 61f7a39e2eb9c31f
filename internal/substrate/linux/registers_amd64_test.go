//go:build linux

package linux

import "testing"

func parkedValues(r *Registers) []uint64 { return []uint64{r.Rbx, r.R12, r.R13, r.R14, r.R15} }

func lastParked(r *Registers) *uint64 { return &r.R15 }

func vector(f *FloatRegisters, i int) []byte { return f.XMM[i][:] }

func TestDebugRegisters(t *testing.T) {
	x := startTarget(t, "park", "0")
	fn := x.ready()
	if err := x.tr.Suspend(); err != nil {
		t.Fatal(err)
	}
	var d DebugRegisters
	d[0], d[1] = fn, fn&^7
	d[7] = 1 | 3<<20 | 3<<22 | 1<<2 // 0: execute at fn; 1: 4 bytes read or written
	if err := x.tr.SetDebug(x.p.PID(), &d); err != nil {
		t.Fatal(err)
	}
	got, err := x.tr.Debug(x.p.PID())
	if err != nil || got[0] != fn || got[1] != fn&^7 || got[7]&0xff != 5 {
		t.Errorf("%x, %v", got, err)
	}
	d = DebugRegisters{}
	if err := x.tr.SetDebug(x.p.PID(), &d); err != nil {
		t.Fatal(err)
	}
	d[0], d[7] = 0xffff800000000000, 1
	if err := x.tr.SetDebug(x.p.PID(), &d); err == nil {
		t.Error("a breakpoint in the kernel was taken")
	}
	area := make([]byte, 16<<10)
	err = x.tr.With(x.p.PID(), func(s *Stopped) error {
		n, err := s.RegisterSet(NoteX86XState, area)
		if err == nil && n < 576 {
			t.Errorf("the XSAVE area has %d bytes", n)
		}
		if err == nil {
			err = s.SetRegisterSet(NoteX86XState, area[:n])
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
