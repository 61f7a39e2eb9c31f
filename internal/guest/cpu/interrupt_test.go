//go:build linux && (amd64 || arm64)

package cpu

import "testing"

// A fault is reported at its instruction, also if Interrupt comes while that is looked for.
func TestFaultInterrupted(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a := p.arch
		copy(code[256:], p.load)
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		skip := uint64(1)
		if a == ARM64 {
			skip = 4
		}
		done, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			for {
				select {
				case <-done:
					return
				default:
					m.Interrupt()
				}
			}
		}()
		faults := 0
		for i := 0; faults < 20 && i < 10_000_000; i++ {
			c.Regs[a.PC], c.Regs[a.IntArgs[0]] = base+256, 0x5000
			ev, err := m.Run(c, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if ev.Stop == StopBudget {
				continue
			}
			faults++
			if got := c.Regs[a.PC] - base; ev.Stop != StopMemory || got != 256+skip {
				t.Errorf("%+v at +%d, want a fault at +%d", ev, got, 256+skip)
				break
			}
		}
		close(done)
		<-ended
		if faults == 0 {
			t.Error("not one fault")
		}
	})
}
