//go:build linux && (amd64 || arm64)

package cpu

import "testing"

// Exceptions follow each other without becoming double faults: each has been handled when the
// next one comes.
func TestExceptionsInARow(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		if p.arch != AMD64 {
			t.Skip("of amd64")
		}
		copy(code, []byte{0x31, 0xc9, 0xf7, 0xf1})        // xor ecx, ecx; div ecx
		copy(code[256:], []byte{0x48, 0x8b, 0x07})        // mov rax, [rdi]
		copy(code[512:], []byte{0x0f, 0x0b})              // ud2
		copy(code[1024:], []byte{0x48, 0xff, 0xc7, 0xcc}) // inc rdi; int3
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		m.SetVector(c, 3, [2]uint64{7, 8})
		m.SetThreadRegister(c, AMD64.Thread, 0x1234)
		run := func(at, rdi uint64, want Stop) {
			t.Helper()
			c.Regs[AMD64.PC], c.Regs[AMD64.IntArgs[0]] = base+at, rdi
			if ev, err := m.Run(c, 1000); err != nil || ev.Stop != want {
				t.Fatalf("%+v, %v; want %v", ev, err, want)
			}
		}
		for range 5 {
			run(0, 0, StopArithmetic)
			run(0, 0, StopArithmetic)
			run(256, 0x5000, StopMemory)
			run(0, 0, StopArithmetic)
			run(512, 0, StopUndefined)
			run(1024, 1, StopBreakpoint)
			if c.Regs[AMD64.IntArgs[0]] != 2 {
				t.Fatal("what follows was not executed")
			}
		}
		if v := m.Vector(c, 3); v != [2]uint64{7, 8} || m.ThreadRegister(c, AMD64.Thread) != 0x1234 {
			t.Error("registers were lost")
		}
	})
}
