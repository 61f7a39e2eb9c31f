//go:build linux && (amd64 || arm64)

package cpu

import (
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// code to run, by architecture
var countAll = false

type program struct {
	arch  *Arch
	spin  []byte // a loop that counts in its first argument register
	load  []byte // nop; load of [first argument] into the result register
	trap  []byte
	undef []byte
}

var programs = []program{
	{ARM64, []byte{0x00, 0x04, 0x00, 0x91, 0xff, 0xff, 0xff, 0x17}, []byte{0x1f, 0x20, 0x03, 0xd5, 0x00, 0x00, 0x40, 0xf9}, ARM64.Trap, []byte{0, 0, 0, 0}},
	{AMD64, []byte{0x48, 0xff, 0xc7, 0xeb, 0xfb}, []byte{0x90, 0x48, 0x8b, 0x07}, AMD64.Trap, []byte{0x0f, 0x0b}},
}

func forEachArch(t *testing.T, f func(t *testing.T, p program, m *Machine, code []byte, base uint64)) {
	if err := Available(); err != nil {
		t.Skip(err)
	}
	for _, p := range programs {
		t.Run(p.arch.Name, func(t *testing.T) {
			b, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
			if err != nil {
				t.Fatal(err)
			}
			base := uint64(uintptr(unsafe.Pointer(&b[0])))
			stub := base + 1<<19
			copy(b[1<<19:], p.arch.Stub)
			var m *Machine
			m, err = New(Config{Arch: p.arch, StubStart: stub, StubEnd: stub + 4096, CountInstructions: countAll, Fault: func(address, size uint64, access Prot) bool {
				if address >= base+1<<18 && address < base+1<<18+65536 {
					return m.Map(base+1<<18, 65536, ProtRead|ProtWrite) == nil
				}
				return false
			}})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Map(base, 65536, ProtRead|ProtExec); err != nil {
				t.Fatal(err)
			}
			if err := m.Map(stub, 65536, ProtRead|ProtExec); err != nil {
				t.Fatal(err)
			}
			f(t, p, m, b, base)
		})
	}
}

func TestRun(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a := p.arch
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		copy(code, p.spin)
		c.Regs[a.PC] = base
		for i := range 3 {
			before := c.Regs[a.IntArgs[0]]
			ev, err := m.Run(c, 1000)
			if err != nil || ev.Stop != StopBudget {
				t.Fatalf("spinning: %+v, %v", ev, err)
			}
			if got := c.Regs[a.IntArgs[0]] - before; got < 999 || got > 1001 {
				t.Errorf("run %d: a budget of 1000 blocks gave %d rounds", i, got)
			}
		}
		start := time.Now()
		m.Run(c, 10_000_000)
		t.Logf("%v a block, %d instructions", time.Since(start)/10_000_000, m.Instructions())

		copy(code[256:], p.load)
		c.Regs[a.PC] = base + 256
		c.Regs[a.IntArgs[0]] = 0x5000
		ev, err := m.Run(c, 1000)
		if err != nil || ev != (Event{Stop: StopMemory, Address: 0x5000, Access: ProtRead}) {
			t.Fatalf("a load from nowhere: %+v, %v", ev, err)
		}
		skip := uint64(1)
		if a == ARM64 {
			skip = 4
		}
		if got := c.Regs[a.PC] - base; got != 256+skip {
			t.Errorf("the fault was reported at +%d, want +%d", got, 256+skip)
		}
		// The same load with memory that appears when it is touched.
		code[1<<18] = 77
		c.Regs[a.IntArgs[0]] = base + 1<<18
		ev, _ = m.Run(c, 0)
		if c.Regs[a.Result] != 77 && ev.Stop == StopMemory {
			t.Errorf("demand mapping: %+v, result %d", ev, c.Regs[a.Result])
		}

		copy(code[512:], p.trap)
		c.Regs[a.PC] = base + 512
		ev, err = m.Run(c, 1000)
		if err != nil || ev.Stop != StopBreakpoint {
			t.Errorf("breakpoint: %+v, %v", ev, err)
		}
		t.Logf("breakpoint at 512: pc +%d", c.Regs[a.PC]-base)
		copy(code[768:], p.undef)
		c.Regs[a.PC] = base + 768
		ev, err = m.Run(c, 1000)
		if err != nil || ev.Stop != StopUndefined {
			t.Errorf("undefined: %+v, %v", ev, err)
		}
		t.Logf("undefined at 768: pc +%d", c.Regs[a.PC]-base)

		start = time.Now()
		for range 100000 {
			c.Regs[a.PC] = base + 1<<19
			ev, err = m.Run(c, 1000)
		}
		t.Logf("%v a call", time.Since(start)/100000)
		if err != nil || ev != (Event{Stop: StopCall, Address: base + 1<<19}) || c.Regs[a.PC] != base+1<<19 {
			t.Errorf("stub: %+v, %v", ev, err)
		}
	})
}
