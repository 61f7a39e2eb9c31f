//go:build linux && (amd64 || arm64)

package cpu

import "testing"

// Stopping for the budget must neither repeat nor skip anything: a loop of two blocks
// whose counters are compared after many stops.
func TestStopIsExact(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a := p.arch
		loop := []byte{ // inc rdi; jmp +0; inc rsi; jmp back
			0x48, 0xff, 0xc7, 0xeb, 0x00, 0x48, 0xff, 0xc6, 0xeb, 0xf6}
		if a == ARM64 {
			loop = []byte{0x00, 0x04, 0x00, 0x91, 0x01, 0x00, 0x00, 0x14, 0x21, 0x04, 0x00, 0x91, 0xfd, 0xff, 0xff, 0x17}
		}
		copy(code, loop)
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		c.Regs[a.PC] = base
		for i := range 1000 {
			if ev, err := m.Run(c, int64(i%7)); err != nil || ev.Stop != StopBudget {
				t.Fatal(ev, err)
			}
			first, second := c.Regs[a.IntArgs[0]], c.Regs[a.IntArgs[1]]
			ahead := map[uint64]uint64{3: 1, 5: 1} // by position: between the two increments
			if a == ARM64 {
				ahead = map[uint64]uint64{4: 1, 8: 1}
			}
			if want := second + ahead[c.Regs[a.PC]-base]; first != want {
				t.Fatalf("run %d stopped at +%d: the blocks ran %d and %d times", i, c.Regs[a.PC]-base, first, second)
			}
		}
	})
}
