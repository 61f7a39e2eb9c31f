//go:build linux && (amd64 || arm64)

package cpu

import (
	"sync/atomic"
	"testing"
)

// The faulting instruction is found whoever interrupts the processor meanwhile: the other
// threads of a guest do that all the time.
func TestFaultUnderInterrupts(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a := p.arch
		copy(code[256:], p.load)
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		c.Regs[a.PC], c.Regs[a.IntArgs[0]] = base+256, 0x5000
		var stop atomic.Bool
		done := make(chan struct{})
		go func() {
			defer close(done)
			for !stop.Load() {
				m.Interrupt()
			}
		}()
		defer func() {
			stop.Store(true)
			<-done
		}()
		for faults := 0; faults < 100; {
			c.Regs[a.PC] = base + 256
			ev, err := m.Run(c, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if ev.Stop == StopBudget {
				continue
			}
			faults++
			if ev.Stop != StopMemory {
				t.Fatalf("%+v", ev)
			}
			if c.Regs[a.PC] == base+256 {
				t.Fatalf("fault %d was reported at the beginning of the block", faults)
			}
		}
	})
}
