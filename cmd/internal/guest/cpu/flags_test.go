//go:build linux && (amd64 || arm64)

package cpu

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// At a load that faults, the flags and the program counter are those that a breakpoint in its
// place tells, whatever the block has computed before it, and the system's flags are what they
// were: Intel's manual, volume 3, 7.5, "a fault is an exception that can be reported with the
// state before the instruction".
func TestFlagsAtFault(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a := p.arch
		if a != AMD64 {
			t.Skip("of amd64: arm64's flags are registers")
		}
		if m.conditions.operation == 0 {
			t.Error("the places of the conditions are not found")
		}
		pieces := [][]byte{
			{0x48, 0x39, 0xd6},             // cmp rsi, rdx
			{0x48, 0x01, 0xd6},             // add rsi, rdx
			{0x48, 0x29, 0xd6},             // sub rsi, rdx
			{0x48, 0x11, 0xd6},             // adc rsi, rdx
			{0x48, 0x19, 0xf2},             // sbb rdx, rsi
			{0x31, 0xd2},                   // xor edx, edx
			{0x21, 0xd6},                   // and esi, edx
			{0x66, 0x85, 0xd2},             // test dx, dx
			{0xfe, 0xc0},                   // inc al
			{0x48, 0xff, 0xce},             // dec rsi
			{0xf7, 0xda},                   // neg edx
			{0x48, 0xc1, 0xe6, 0x03},       // shl rsi, 3
			{0xd3, 0xea},                   // shr edx, cl
			{0x48, 0xd3, 0xfe},             // sar rsi, cl
			{0x48, 0xd1, 0xc2},             // rol rdx, 1
			{0x48, 0x0f, 0xaf, 0xf2},       // imul rsi, rdx
			{0x48, 0x0f, 0xba, 0xe6, 0x05}, // bt rsi, 5
			{0x48, 0x0f, 0xbc, 0xd6},       // bsf rdx, rsi
			{0xf5}, {0xf8}, {0xf9},         // cmc, clc, stc
			{0xfc}, {0xfd}, // cld, std
			{0x9e},                   // sahf
			{0x90},                   // nop
			{0x48, 0x8d, 0x76, 0x08}, // lea rsi, [rsi+8]
			{0x49, 0x8b, 0x10},       // mov rdx, [r8]
			{0x49, 0x03, 0x30},       // add rsi, [r8]
			{0x41, 0x80, 0x38, 0x07}, // cmp byte ptr [r8], 7
			{0x49, 0x89, 0x30},       // mov [r8], rsi
			{0x0f, 0x92, 0xc2},       // setb dl
			{0x49, 0x8b, 0x08},       // mov rcx, [r8]
			{0xff, 0xc1},             // inc ecx
			{0x89, 0xd1},             // mov ecx, edx
			{0x31, 0xc9},             // xor ecx, ecx
			{0x48, 0xd3, 0xe6},       // shl rsi, cl
			{0x48, 0x0f, 0x44, 0xd6}, // cmovz rdx, rsi
			{0x66, 0x0f, 0x2e, 0xc1}, // ucomisd xmm0, xmm1
		}
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		run := func(at uint64, seed uint64, jump ...uint64) Event {
			t.Helper()
			r := rand.New(rand.NewPCG(3, seed))
			for i := range a.PC {
				c.Regs[i] = r.Uint64() >> (r.IntN(8) * 8)
			}
			c.Regs[4] = 0x5000       // rdi: the fault
			c.Regs[8] = base + 1<<18 // r8: memory
			if len(jump) > 0 {
				c.Regs[10] = jump[0]
			}
			c.Regs[a.PC], c.Regs[a.Flags] = base+at, 0x202|r.Uint64()&arithmeticFlags
			binary.LittleEndian.PutUint64(code[1<<18:], seed)
			ev, err := m.Run(c, 1000)
			if err != nil {
				t.Fatal(err)
			}
			return ev
		}
		for n := range uint64(3000) {
			r := rand.New(rand.NewPCG(4, n))
			random := func(most int) (code []byte) {
				for range r.IntN(most) {
					code = append(code, pieces[r.IntN(len(pieces))]...)
				}
				return code
			}
			block := random(8)
			if n%2 == 1 { // the block begins with the flags of another one
				block = slices.Concat(random(4), []byte{0xeb, 0}, block) // jmp to the next instruction
			}
			copy(code, append(slices.Clone(block), 0xcc))
			copy(code[4000:], append(slices.Clone(block), 0x48, 0x8b, 0x07, 0x90, 0xcc)) // mov rax, [rdi]; often over the end of a page
			m.ForgetCode(base, 8192)
			if ev := run(0, n); ev.Stop != StopBreakpoint {
				t.Fatalf("% x: %+v", block, ev)
			}
			want := c.Regs
			if ev := run(4000, n); ev != (Event{Stop: StopMemory, Address: 0x5000, Access: ProtRead}) {
				t.Fatalf("% x: %+v", block, ev)
			}
			if at := c.Regs[a.PC] - base - 4000; at != uint64(len(block)) {
				t.Fatalf("% x: the fault is reported at +%d, want +%d", block, at, len(block))
			}
			want[a.PC] = c.Regs[a.PC]
			if c.Regs != want {
				t.Errorf("% x: flags %#x, want %#x", block, c.Regs[a.Flags], want[a.Flags])
			}
			copy(code[4000:], append(slices.Clone(block), 0x41, 0xff, 0xe2)) // jmp r10
			m.ForgetCode(base, 8192)
			nowhere := []uint64{0x7000, base + 1<<17, base - 1<<40, 0x7e0000005000}[n%4]
			if ev := run(4000, n, nowhere); ev != (Event{Stop: StopMemory, Address: nowhere, Access: ProtExec}) {
				t.Fatalf("% x: %+v", block, ev)
			}
			want[a.PC], want[10] = nowhere, nowhere
			if c.Regs != want {
				t.Errorf("% x, jmp: flags %#x at %#x, want %#x", block, c.Regs[a.Flags], c.Regs[a.PC], want[a.Flags])
			}
		}
	})
}
