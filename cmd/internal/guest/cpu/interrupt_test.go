//go:build linux && (amd64 || arm64)

package cpu

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

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
		stop := interrupting(m)
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
		stop()
		if faults == 0 {
			t.Error("not one fault")
		}
	})
}

// interrupting calls Interrupt all the time, until stop is called.
func interrupting(m *Machine) (stop func()) {
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
	return func() {
		close(done)
		<-ended
	}
}

// Where instructions are counted too, a return that led to a block at which an Interrupt stopped
// the machine is not executed again: the stack stays as it is.
func TestCallsInterrupted(t *testing.T) {
	countAll = true
	defer func() { countAll = false }()
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a := p.arch
		loop := []byte{ // again: call f; inc rdi; jmp again; f: ret
			0xe8, 0x05, 0, 0, 0, 0x48, 0xff, 0xc7, 0xeb, 0xf6, 0xc3}
		if a == ARM64 { // again: bl f; add x0, x0, 1; b again; f: ldr x1, [sp], 16; str x1, [sp, -16]!; ret
			loop = []byte{0x03, 0, 0, 0x94, 0x00, 0x04, 0, 0x91, 0xfe, 0xff, 0xff, 0x17,
				0xe1, 0x07, 0x41, 0xf8, 0xe1, 0x0f, 0x1f, 0xf8, 0xc0, 0x03, 0x5f, 0xd6}
		}
		copy(code, loop)
		stack, err := unix.Mmap(-1, 0, 65536, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		at := uint64(uintptr(unsafe.Pointer(&stack[0])))
		if err := m.Map(at, uint64(len(stack)), ProtRead|ProtWrite); err != nil {
			t.Fatal(err)
		}
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		top := at + 32768
		c.Regs[a.PC], c.Regs[a.SP] = base, top
		stop := interrupting(m)
		defer stop()
		for i := range 200_000 {
			if ev, err := m.Run(c, 50); err != nil || ev.Stop != StopBudget {
				t.Fatalf("run %d: %+v at +%d, %v", i, ev, c.Regs[a.PC]-base, err)
			}
			if sp := c.Regs[a.SP]; sp != top && sp != top-8 {
				t.Fatalf("run %d: the stack pointer is off by %d at +%d", i, int64(top-sp), c.Regs[a.PC]-base)
			}
		}
		if c.Regs[a.IntArgs[0]] == 0 {
			t.Error("not one call")
		}
	})
}
