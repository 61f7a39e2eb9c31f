package wasmtime

import (
	"encoding/binary"
	"errors"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// written is a stack that remembers what was put there.
type written map[uint64]uint64

func (w written) WriteMemory(b []byte, at uint64) (int, error) {
	if w == nil {
		return 0, errors.New("not writable")
	}
	w[at] = binary.LittleEndian.Uint64(b)
	return len(b), nil
}

// The registers become what machports.rs makes of them, in its closures named
// resume: pc, fp, fault1, fault2 and the trap in the C ABI's argument registers.
func TestResume(t *testing.T) {
	how := trapped{pc: 0x1004, fp: 0x7f10, faulted: 1, fault: 0xdead, code: uint64(MemoryOutOfBounds), activation: 0xac}
	const pad = 0x5000
	for name, f := range map[string]struct {
		sp, wantSP uint64
		stack, put written
	}{
		"aligned: a call is simulated":      {0x7f00, 0x7ef8, written{}, written{0x7ef8: 0x1004}},
		"not aligned: the prologue trapped": {0x7f08, 0x7f08, written{}, written{}},
		"aligned, but the stack is used up": {0x7f00, 0x7f00, nil, nil},
		"not aligned, not by eight":         {0x7f04, 0x7f04, written{}, written{}},
	} {
		r := &task.Registers{CPU: mach.CPU_TYPE_X86_64}
		r.X86 = mach.X86ThreadState64{Rax: 1, Rbx: 2, Rip: how.pc, Rsp: f.sp, Rbp: how.fp, Rflags: 0x246, R10: 10, R15: 15, Cs: 0x2b, Fs: 3, Gs: 4}
		want := r.X86
		want.Rip, want.Rsp = pad, f.wantSP
		want.Rdi, want.Rsi, want.Rdx, want.Rcx, want.R8, want.R9 = how.pc, how.fp, 1, 0xdead, 1, 0xac
		resume(r, f.stack, pad, how)
		if r.X86 != want || !maps.Equal(f.stack, f.put) {
			t.Errorf("%s: %+v and %v, want %+v and %v", name, r.X86, f.stack, want, f.put)
		}
	}
	r := &task.Registers{CPU: mach.CPU_TYPE_ARM64}
	r.ARM = mach.ARMThreadState64{PC: how.pc, Fp: how.fp, Sp: 0x7f00, Lr: 0x9999, Cpsr: 0x60000000, Pad: 1}
	for i := range r.ARM.X {
		r.ARM.X[i] = uint64(100 + i)
	}
	want := r.ARM
	want.Lr, want.PC = how.pc, pad
	want.X[0], want.X[1], want.X[2], want.X[3], want.X[4], want.X[5] = how.pc, how.fp, 1, 0xdead, 1, 0xac
	resume(r, written(nil), pad, how)
	if r.ARM != want {
		t.Errorf("arm64: %+v, want %+v", r.ARM, want)
	}
}

// handle_exception takes three types, and the address of one.
func TestJudge(t *testing.T) {
	for _, f := range []struct {
		e              exc.Exception
		faulted, fault uint64
		ours           bool
	}{
		{exc.Exception{Type: mach.EXC_BAD_ACCESS, Codes: []int64{1, 0x10}}, 1, 0x10, true},
		{exc.Exception{Type: mach.EXC_BAD_ACCESS, Codes: []int64{mach.EXC_I386_GPFLT, 0}}, 1, 0, true},
		{exc.Exception{Type: mach.EXC_BAD_INSTRUCTION, Codes: []int64{1, 0xc11f}}, 0, 0, true},
		{exc.Exception{Type: mach.EXC_ARITHMETIC, Codes: []int64{1, 0}}, 0, 0, true},
		{exc.Exception{Type: mach.EXC_BREAKPOINT, Codes: []int64{1, 0x10}}, 0, 0, false},
		{exc.Exception{Type: mach.EXC_SOFTWARE, Codes: []int64{mach.EXC_SOFT_SIGNAL, 11}}, 0, 0, false},
		{exc.Exception{Type: mach.EXC_CRASH, Codes: []int64{0, 0}}, 0, 0, false},
		{exc.Exception{Type: mach.EXC_RESOURCE}, 0, 0, false},
		{exc.Exception{Type: mach.EXC_GUARD}, 0, 0, false},
		{exc.Exception{}, 0, 0, false},
	} {
		if !f.ours && new(Handler).exception(t.Context(), &f.e) != exc.Pass {
			t.Errorf("%v is not passed on", &f.e)
		}
		if faulted, fault, ours := judge(&f.e); faulted != f.faulted || fault != f.fault || ours != f.ours {
			t.Errorf("%v: %v, %#x, %v", &f.e, faulted, fault, ours)
		}
	}
}

// CompiledTrap::as_u8 in trap_encoding.rs: the order of the enum, and two at
// the end.
func TestNumbers(t *testing.T) {
	for number, text := range map[TrapCode]string{
		0: "call stack exhausted", 1: "out of bounds memory access", 2: "unaligned atomic", 5: "indirect call type mismatch",
		6: "integer overflow", 7: "integer divide by zero", 9: "unreachable instruction executed", 0xfe: "corrupt heap",
		0xff: "internal assertion failed", 77: "trap 77",
	} {
		if number.String() != text {
			t.Errorf("trap %d is %q, want %q", uint8(number), number, text)
		}
	}
}

// lookup_code and lookup_trap_code: the range that the address is in, and in it
// the very instruction.
func TestLookup(t *testing.T) {
	var r registry
	codes := map[*Code]bool{}
	at := uint64(0x1000)
	for range 50 {
		c := &Code{start: at, end: at + 16 + rand.Uint64N(100), traps: map[uint64]TrapCode{0: 1, 5: 2, 15: 3}}
		codes[c] = true
		at = c.end + rand.Uint64N(2)*7 // some follow at once
	}
	for c := range codes { // in any order
		r.insert(c)
	}
	check := func() {
		t.Helper()
		for pc := uint64(0xff0); pc < at+16; pc++ {
			var want TrapCode
			found := false
			for c := range codes {
				if pc >= c.start && pc < c.end {
					want, found = c.traps[pc-c.start]
				}
			}
			if got, ok := r.trapAt(pc); got != want || ok != found {
				t.Fatalf("%#x is %v, %v; want %v, %v", pc, got, ok, want, found)
			}
		}
	}
	check()
	for c := range codes {
		if rand.IntN(2) == 0 {
			r.remove(c)
			delete(codes, c)
		}
	}
	check()
}

// The words of a message are the registers, and back.
func TestWords(t *testing.T) {
	r := new(task.Registers)
	state(r)
	r.SetPC(0x123456789)
	w := toWords(r)
	if n := mach.CountOf[mach.X86ThreadState64](); !onARM && len(w) != int(n) {
		t.Errorf("%d words", len(w))
	}
	back, err := fromWords(w)
	if err != nil || *back != *r {
		t.Errorf("%+v, %v", back, err)
	}
	if _, err := fromWords(w[:len(w)-1]); err == nil {
		t.Error("half a state is one")
	}
	if _, err := fromWords(nil); err == nil {
		t.Error("nothing is a state")
	}
}
