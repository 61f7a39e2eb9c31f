//go:build linux && (amd64 || arm64)

package cpu

import "testing"

// A step executes one instruction, wherever the translator ends its blocks and whatever it
// has translated before.
func TestStep(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a := p.arch
		// A loop: count up; compare with 3; back if not equal; trap.
		loop := []byte{0x48, 0xff, 0xc7, 0x48, 0x83, 0xff, 0x03, 0x75, 0xf7, 0xcc}
		at := []uint64{0, 3, 7, 0, 3, 7, 0, 3, 7, 9}
		if a == ARM64 {
			loop = append([]byte{0x00, 0x04, 0x00, 0x91, 0x1f, 0x0c, 0x00, 0xf1, 0xc1, 0xff, 0xff, 0x54}, a.Trap...)
			at = []uint64{0, 4, 8, 0, 4, 8, 0, 4, 8, 12}
		}
		copy(code, loop)
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		run := func(from, n uint64) Event {
			c.Regs[a.PC], c.Regs[a.IntArgs[0]] = base+from, n
			ev, err := m.Run(c, 1000)
			if err != nil {
				t.Fatal(err)
			}
			return ev
		}
		step := func() Event {
			t.Helper()
			ev, err := m.Step(c)
			if err != nil {
				t.Fatal(err)
			}
			return ev
		}
		for round := range 3 { // the first one sees nothing translated yet
			c.Regs[a.PC], c.Regs[a.IntArgs[0]] = base, 0
			for i, want := range at {
				if got := c.Regs[a.PC] - base; got != want {
					t.Fatalf("round %d: after %d steps at +%d, want +%d", round, i, got, want)
				}
				if i == len(at)-1 {
					break
				}
				if ev := step(); ev.Stop != StopStep {
					t.Fatalf("round %d: step %d: %+v", round, i, ev)
				}
			}
			if got := c.Regs[a.IntArgs[0]]; got != 3 {
				t.Errorf("round %d: counted to %d", round, got)
			}
			if ev := step(); ev.Stop != StopBreakpoint {
				t.Errorf("round %d: a step at a trap: %+v", round, ev)
			}
			if ev := run(0, 0); ev.Stop != StopBreakpoint || c.Regs[a.IntArgs[0]] != 3 {
				t.Errorf("round %d: after stepping the code runs to %+v", round, ev)
			}
		}
		// The load of TestRun, from nowhere.
		copy(code[256:], p.load)
		c.Regs[a.PC], c.Regs[a.IntArgs[0]] = base+256, 0x5000
		if ev := step(); ev.Stop != StopStep {
			t.Errorf("a nop: %+v", ev)
		}
		second := c.Regs[a.PC]
		if ev := step(); ev != (Event{Stop: StopMemory, Address: 0x5000, Access: ProtRead}) || c.Regs[a.PC] != second {
			t.Errorf("a load from nowhere: %+v, at %+d", ev, int64(c.Regs[a.PC]-second))
		}
		// A jump into a stub is a step; at the stub nothing is executed.
		stub := base + 1<<19
		jump := []byte{0xff, 0xe7} // jmp rdi
		if a == ARM64 {
			jump = []byte{0x00, 0x00, 0x1f, 0xd6} // br x0
		}
		copy(code[512:], jump)
		c.Regs[a.PC], c.Regs[a.IntArgs[0]] = base+512, stub
		if ev := step(); ev.Stop != StopStep || c.Regs[a.PC] != stub {
			t.Errorf("a jump to a stub: %+v, at %#x", ev, c.Regs[a.PC])
		}
		if ev := step(); ev != (Event{Stop: StopCall, Address: stub}) {
			t.Errorf("at a stub: %+v", ev)
		}
	})
}

// A repeated string instruction is executed once a step, as by a processor.
func TestStepRepeated(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		if p.arch != AMD64 {
			t.Skip("of amd64")
		}
		copy(code, []byte{0xf3, 0xa4, 0x90}) // rep movsb; nop
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		data := base + 1<<18
		copy(code[1<<18:], "abc")
		c.Regs[AMD64.PC], c.Regs[2], c.Regs[5], c.Regs[4] = base, 3, data, data+16 // rcx, rsi, rdi
		for left := uint64(2); ; left-- {
			if ev, err := m.Step(c); err != nil || ev.Stop != StopStep {
				t.Fatal(ev, err)
			}
			if c.Regs[2] != left {
				t.Fatalf("rcx is %d, want %d", c.Regs[2], left)
			}
			if left == 0 {
				break
			}
			if c.Regs[AMD64.PC] != base {
				t.Fatalf("at +%d with %d bytes to go", c.Regs[AMD64.PC]-base, left)
			}
		}
		if got := string(code[1<<18+16 : 1<<18+19]); got != "abc" {
			t.Errorf("copied %q", got)
		}
	})
}

// What a step has translated does not stay: another thread that gets there runs on.
func TestRunAfterStep(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a := p.arch
		stub := base + 1<<19
		// add 1 to the argument; nop; jump to the second argument
		f := []byte{0x48, 0xff, 0xc7, 0x90, 0xff, 0xe6}
		if a == ARM64 {
			f = []byte{0x00, 0x04, 0x00, 0x91, 0x1f, 0x20, 0x03, 0xd5, 0x20, 0x00, 0x1f, 0xd6}
		}
		for round, at := range []uint64{0, 256, 4096} {
			trap := append(append([]byte{}, a.Trap...), f[len(a.Trap):]...)
			copy(code[at:], f)
			threads := make([]*Context, 3)
			for i := range threads {
				c, err := m.NewContext()
				if err != nil {
					t.Fatal(err)
				}
				c.Regs[a.PC], c.Regs[a.IntArgs[0]], c.Regs[a.IntArgs[1]] = base+at, 0, stub
				threads[i] = c
			}
			run := func(i int, want uint64) {
				t.Helper()
				c := threads[i]
				ev, err := m.Run(c, 100)
				if err != nil || ev != (Event{Stop: StopCall, Address: stub}) || c.Regs[a.IntArgs[0]] != want {
					t.Errorf("round %d: thread %d: %+v, %v, at +%d, counted to %d", round, i, ev, err, int64(c.Regs[a.PC]-base), c.Regs[a.IntArgs[0]])
				}
			}
			if round == 1 { // a breakpoint was there
				copy(code[at:], trap)
				m.ForgetCode(base+at, uint64(len(a.Trap)))
				if ev, err := m.Run(threads[0], 100); err != nil || ev.Stop != StopBreakpoint {
					t.Fatal(ev, err)
				}
				copy(code[at:], f)
				m.ForgetCode(base+at, uint64(len(a.Trap)))
				threads[0].Regs[a.PC] = base + at
			}
			if ev, err := m.Step(threads[0]); err != nil || ev.Stop != StopStep {
				t.Fatal(ev, err)
			}
			run(0, 1)
			run(1, 1)
			run(2, 1)
		}
	})
}
