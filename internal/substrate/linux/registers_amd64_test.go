//go:build linux

package linux

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func parkedValues(r *Registers) []uint64 { return []uint64{r.Rbx, r.R12, r.R13, r.R14, r.R15} }

func lastParked(r *Registers) *uint64 { return &r.R15 }

func vector(f *FloatRegisters, i int) []byte { return f.XMM[i][:] }

func TestDebugRegisters(t *testing.T) {
	x := startTarget(t, "park", "0")
	fn := x.ready()
	if err := x.tr.Suspend(t.Context()); err != nil {
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

func TestWatchpoint(t *testing.T) {
	watches(t)
	x := startTarget(t, "mem")
	at := x.ready()
	events := make(chan Event, 4)
	err := x.tr.SetHandler(func(e Event) Action { events <- e; return Suppress }, Watch{Signals: Exceptions})
	if err != nil {
		t.Fatal(err)
	}
	d := DebugRegisters{0: at + 4096, 7: 1 | 3<<16} // one byte, read or written
	if err := x.tr.SetDebug(x.p.PID(), &d); err != nil {
		t.Fatal(err)
	}
	x.Ask("p")             // reads it
	const trapHardware = 4 // TRAP_HWBKPT
	if e := receive(t, events); e.Signal != unix.SIGTRAP || e.Info.Code() != trapHardware {
		t.Errorf("%+v code %d", e, e.Info.Code())
	}
	if got, err := x.tr.Debug(x.p.PID()); err != nil || got[6]&1 == 0 {
		t.Errorf("%x, %v", got, err)
	}
	if got := x.Line(); got != "0 0" {
		t.Errorf("the target says %q", got)
	}
}

func TestProgramOf32Bits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "loop32")
	gcc := exec.Command("gcc", "-m32", "-nostdlib", "-static", "-x", "c", "-o", path, "-")
	gcc.Stdin = strings.NewReader("void _start(void) { for (;;) __asm__ volatile(\"pause\"); }")
	if out, err := gcc.CombinedOutput(); err != nil {
		t.Skipf("gcc -m32: %v %s", err, out)
	}
	cmd := exec.Command(path)
	if err := cmd.Start(); err != nil {
		t.Skip("no 32-bit programs here: ", err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	p, err := Open(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	tr, err := p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	if _, err := tr.Registers(p.PID()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("registers: %v", err)
	}
	if err := tr.SetRegisters(p.PID(), &Registers{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("set registers: %v", err)
	}
	if _, err := tr.Syscall(0, unix.SYS_GETPID); !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, ErrNoGadget) {
		t.Errorf("call: %v", err)
	}
	if _, err := tr.Dump(t.Context(), nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("dump: %v", err)
	}
	if s, err := p.Stat(); err != nil || s.State != 'R' {
		t.Errorf("state %c, %v", s.State, err)
	}
}
