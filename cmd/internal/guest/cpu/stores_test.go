//go:build linux && amd64

package cpu

import (
	"encoding/binary"
	"testing"
	"time"
)

// stores are the instructions of the tests below, by architecture: the first argument is the
// value, the second the address.
var stores = map[*Arch]struct {
	store, storeLoop []byte
	result           func(n byte) []byte // 8 bytes: n into the first argument, then a breakpoint
}{
	ARM64: {[]byte{0x20, 0x00, 0x00, 0xf9}, []byte{0x20, 0x00, 0x00, 0xf9, 0x00, 0x04, 0x00, 0x91, 0xfe, 0xff, 0xff, 0x17},
		func(n byte) []byte {
			return append(binary.LittleEndian.AppendUint32(nil, 0xd2800000|uint32(n)<<5), ARM64.Trap...)
		}},
	AMD64: {[]byte{0x48, 0x89, 0x3e}, []byte{0x48, 0x89, 0x3e, 0x48, 0xff, 0xc7, 0xeb, 0xf8},
		func(n byte) []byte { return []byte{0xbf, n, 0, 0, 0, AMD64.Trap[0], 0, 0} }},
}

// What is stored by the guest into memory with each kind of protection, and when code that it
// has written is executed, must be the same with quick stores and without.
func TestStoresRespectProtection(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		a, with := p.arch, stores[p.arch]
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		copy(code, append(append([]byte{}, with.store...), a.Trap...))
		copy(code[512:], append(append([]byte{}, p.load...), a.Trap...))
		const at = 1 << 17
		run := func(pc, value uint64) Event {
			t.Helper()
			c.Regs[a.PC], c.Regs[a.IntArgs[0]], c.Regs[a.IntArgs[1]] = pc, value, base+at+8
			ev, err := m.Run(c, 1000)
			if err != nil {
				t.Fatal(err)
			}
			return ev
		}
		shown := false
		show := func(prot Prot) {
			t.Helper()
			if shown {
				if err := m.Unmap(base+at, 65536); err != nil {
					t.Fatal(err)
				}
			}
			shown = true
			if err := m.Map(base+at, 65536, prot); err != nil {
				t.Fatal(err)
			}
		}
		mustStore := func(v uint64) {
			t.Helper()
			if ev := run(base, v); ev.Stop != StopBreakpoint || binary.LittleEndian.Uint64(code[at+8:]) != v {
				t.Fatalf("storing %#x: %+v, memory %#x", v, ev, code[at+8:at+16])
			}
		}
		mustGive := func(n byte) {
			t.Helper()
			if ev := run(base+at+8, 0); ev.Stop != StopBreakpoint || c.Regs[a.IntArgs[0]] != uint64(n) {
				t.Fatalf("code that was written: %+v, %d, want %d", ev, c.Regs[a.IntArgs[0]], n)
			}
		}
		word := func(n byte) uint64 { return binary.LittleEndian.Uint64(with.result(n)) }

		show(ProtRead | ProtWrite)
		for v := range uint64(3) {
			mustStore(v)
		}
		show(ProtRead)
		for range 2 {
			c.Regs[a.PC], c.Regs[a.IntArgs[0]] = base+512, base+at+8
			if ev, err := m.Run(c, 1000); err != nil || ev.Stop != StopBreakpoint || c.Regs[a.Result] != 2 {
				t.Fatalf("loading: %+v, %v, %d", ev, err, c.Regs[a.Result])
			}
			if ev := run(base, 9); ev != (Event{Stop: StopMemory, Address: base + at + 8, Access: ProtWrite}) {
				t.Errorf("storing to what may only be read: %+v", ev)
			}
		}
		if code[at+8] != 2 {
			t.Errorf("memory that may only be read has changed to %d", code[at+8])
		}
		for n := byte(10); n < 13; n++ { // as who makes code does it: write, then execute
			show(ProtRead | ProtWrite)
			mustStore(word(n))
			m.ForgetCode(base+at, 65536)
			show(ProtRead | ProtExec)
			mustGive(n)
			if ev := run(base, 9); ev.Stop != StopMemory {
				t.Errorf("storing to what may only be executed: %+v", ev)
			}
		}
		show(ProtRead | ProtWrite | ProtExec)
		for n := byte(20); n < 25; n++ {
			mustStore(word(n))
			mustGive(n)
		}
	})
}

func TestStoresAreQuick(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		if plain.pages == nil {
			t.Skip("this Unicorn was left as it is")
		}
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		copy(code, p.spin)
		copy(code[256:], stores[p.arch].storeLoop)
		least := [2]time.Duration{time.Hour, time.Hour}
		for range 10 { // whatever else the machine does, one of them is undisturbed
			for i := range least {
				c.Regs[p.arch.PC], c.Regs[p.arch.IntArgs[1]] = base+uint64(i)*256, base+1<<18
				start := time.Now()
				if ev, err := m.Run(c, 200_000); err != nil || ev.Stop != StopBudget {
					t.Fatalf("%+v, %v", ev, err)
				}
				least[i] = min(least[i], time.Since(start))
			}
		}
		t.Logf("a round takes %v, with a store %v", least[0]/200_000, least[1]/200_000)
		if least[1] > 4*least[0] {
			t.Errorf("200,000 rounds with a store take %v, without %v: stores take their long way", least[1], least[0])
		}
	})
}
