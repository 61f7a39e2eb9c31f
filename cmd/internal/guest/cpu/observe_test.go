//go:build linux && (amd64 || arm64)

package cpu

import (
	"encoding/binary"
	"testing"
)

// An observed step tells each access of its instruction, also those that no hook of the
// library sees, and can be undone. What it has translated does not stay.
func TestStepObserved(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a := p.arch
		const at = 1 << 18
		data := base + at
		type access struct {
			at, size uint64
			kind     Prot
		}
		tests := []struct {
			code   []byte
			offset uint64 // of the first argument, the second is 16 beyond it
			want   []access
		}{
			{[]byte{0x48, 0x8b, 0x07}, 8, []access{{8, 8, ProtRead}}},                          // mov rax, [rdi]
			{[]byte{0x66, 0x89, 0x07}, 8, []access{{8, 2, ProtWrite}}},                         // mov [rdi], ax
			{[]byte{0x89, 0x07}, 4094, []access{{4094, 4, ProtWrite}}},                         // mov [rdi], eax
			{[]byte{0x48, 0x8b, 0x07}, 4092, []access{{4092, 8, ProtRead}}},                    // across pages
			{[]byte{0xff, 0x07}, 8, []access{{8, 4, ProtRead}, {8, 4, ProtWrite}}},             // inc dword [rdi]
			{[]byte{0xa4}, 32, []access{{48, 1, ProtRead}, {32, 1, ProtWrite}}},                // movsb
			{[]byte{0x0f, 0x11, 0x07}, 64, []access{{64, 8, ProtWrite}, {72, 8, ProtWrite}}},   // movups [rdi], xmm0
			{[]byte{0xf0, 0x0f, 0xc1, 0x07}, 8, []access{{8, 4, ProtRead}, {8, 4, ProtWrite}}}, // lock xadd [rdi], eax
			{[]byte{0x48, 0xff, 0xc0}, 8, nil},                                                 // inc rax
			{[]byte{0x48, 0x89, 0x47, 0x18}, 8, []access{{32, 8, ProtWrite}}},                  // mov [rdi+24], rax
		}
		if a == ARM64 {
			word := func(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
			tests = tests[:0]
			for _, x := range []struct {
				code   uint32
				offset uint64
				want   []access
			}{
				{0xf9400002, 8, []access{{8, 8, ProtRead}}},                        // ldr x2, [x0]
				{0x79000002, 8, []access{{8, 2, ProtWrite}}},                       // strh w2, [x0]
				{0xb9000002, 4094, []access{{4094, 4, ProtWrite}}},                 // str w2, [x0]
				{0xf9400002, 4092, []access{{4092, 8, ProtRead}}},                  // across pages
				{0xa9000c02, 16, []access{{16, 8, ProtWrite}, {24, 8, ProtWrite}}}, // stp x2, x3, [x0]
				{0xd50b7420, 100, []access{{64, 64, ProtWrite}}},                   // dc zva, x0
				{0x3d800000, 64, []access{{64, 8, ProtWrite}, {72, 8, ProtWrite}}}, // str q0, [x0]
				{0xf8210002, 8, []access{{8, 8, ProtRead}, {8, 8, ProtWrite}}},     // ldadd x1, x2, [x0]
				{0x91000400, 8, nil}, // add x0, x0, #1
			} {
				tests = append(tests, struct {
					code   []byte
					offset uint64
					want   []access
				}{word(x.code), x.offset, x.want})
			}
		}
		memory := func(address, size uint64) []byte {
			if address < base || address+size > base+1<<19 {
				return nil
			}
			return code[address-base : address-base+size]
		}
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range tests {
			start := base + uint64(i)*256
			copy(code[start-base:], append(append([]byte{}, x.code...), a.Trap...))
			for round, undo := range []bool{false, true, false} {
				for j := range 8192 {
					code[at+j] = byte(j)
				}
				c.Regs[a.PC], c.Regs[a.IntArgs[0]], c.Regs[a.IntArgs[1]] = start, data+x.offset, data+x.offset+16
				regs, old := c.Regs, string(code[at:at+8192])
				ev, seen, err := m.StepObserved(c, memory, func([]Access) bool { return undo })
				if err != nil {
					t.Fatal(err)
				}
				want := StopStep
				if undo {
					want = StopWatch
				}
				if ev.Stop != want || len(seen) != len(x.want) {
					t.Errorf("instruction %d, round %d: %+v, %+v", i, round, ev, seen)
					continue
				}
				for j, w := range x.want {
					if s := seen[j]; s.Address != data+w.at || s.Size != w.size || s.Kind != w.kind {
						t.Errorf("instruction %d, round %d: access %d is %+v, want %+v", i, round, j, s, w)
					}
				}
				if undo && (c.Regs != regs || string(code[at:at+8192]) != old) {
					t.Errorf("instruction %d is not undone", i)
				}
				if !undo && c.Regs[a.PC] != start+uint64(len(x.code)) {
					t.Errorf("instruction %d is not executed", i)
				}
				// It runs on, unobserved.
				if ev, err := m.Run(c, 1000); err != nil || ev.Stop != StopBreakpoint {
					t.Errorf("instruction %d, round %d: then %+v, %v", i, round, ev, err)
				}
			}
		}
	})
}
