//go:build linux && (amd64 || arm64)

package cpu

import (
	"encoding/binary"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A page beyond the end of a mapped file is one that Linux has nothing for (mmap(2), SIGBUS).
// Loads and stores there are faults of the guest; all registers are what they were, and when
// the file has become longer the page is there.
func TestHostFault(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		if m.slot == nil {
			t.Fatal("the machine is not protected from faults of the host")
		}
		a := p.arch
		page := max(os.Getpagesize(), int(a.PageSize))
		f, err := os.Create(t.TempDir() + "/file")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := f.Truncate(int64(page)); err != nil {
			t.Fatal(err)
		}
		const at = 0x30_0000_0000 // where a guest can have memory
		got, _, e := unix.Syscall6(unix.SYS_MMAP, at, uintptr(2*page), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_FIXED_NOREPLACE, f.Fd(), 0)
		if e != 0 || got != at {
			t.Fatal(e)
		}
		defer func() { _, _, _ = unix.Syscall(unix.SYS_MUNMAP, at, uintptr(2*page), 0) }()
		if err := m.Map(at, uint64(2*page), ProtRead|ProtWrite); err != nil {
			t.Fatal(err)
		}
		// Both from and to what the first argument points to.
		with := map[*Arch]struct{ load, store []byte }{
			ARM64: {[]byte{0x01, 0x00, 0x40, 0xf9}, []byte{0x01, 0x00, 0x00, 0xf9}}, // ldr x1, [x0]; str x1, [x0]
			AMD64: {[]byte{0x48, 0x8b, 0x37}, []byte{0x48, 0x89, 0x37}},             // mov rsi, [rdi]; mov [rdi], rsi
		}[a]
		copy(code, append(append([]byte{}, with.load...), a.Trap...))
		copy(code[256:], append(append([]byte{}, with.store...), a.Trap...))
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		general := append([]int{a.Result, a.Result2, a.FP}, a.IntArgs[1:]...)
		for round := range 3 {
			for access, pc := range map[Prot]uint64{ProtRead: base, ProtWrite: base + 256} {
				where := at + uint64(page) + 8
				for i, r := range general {
					c.Regs[r] = uint64(100*round + i)
				}
				for i := range a.Vectors {
					m.SetVector(c, i, [2]uint64{uint64(i), uint64(round)})
				}
				c.Regs[a.PC], c.Regs[a.IntArgs[0]] = pc, where
				want := c.Regs
				ev, err := m.Run(c, 1000)
				if err != nil || ev != (Event{Stop: StopMemory, Address: where, Access: access, Host: true}) {
					t.Fatalf("%+v, %v, want access %d to %#x, host", ev, err, access, where)
				}
				for _, r := range append(general, a.PC, a.SP, a.IntArgs[0]) {
					if c.Regs[r] != want[r] {
						t.Errorf("%s is %#x after the fault, was %#x", a.Names[r], c.Regs[r], want[r])
					}
				}
				for i := range a.Vectors {
					if got := m.Vector(c, i); got != [2]uint64{uint64(i), uint64(round)} {
						t.Errorf("vector register %d is %#x", i, got)
					}
				}
			}
		}
		if err := f.Truncate(int64(2 * page)); err != nil {
			t.Fatal(err)
		}
		c.Regs[a.PC], c.Regs[a.IntArgs[0]], c.Regs[a.IntArgs[1]] = base+256, at+uint64(page), 77
		if ev, err := m.Run(c, 1000); err != nil || ev.Stop != StopBreakpoint {
			t.Fatalf("after the file has grown: %+v, %v", ev, err)
		}
		var b [8]byte
		if _, err := f.ReadAt(b[:], int64(page)); err != nil || binary.LittleEndian.Uint64(b[:]) != 77 {
			t.Errorf("the file has %d, %v; want 77", b, err)
		}
	})
}

// The words are what assemblers make of the instructions named.
func TestIsStore(t *testing.T) {
	for word, want := range map[uint32]bool{
		0xf9000001: true,  // str x1, [x0]
		0xf9400001: false, // ldr x1, [x0]
		0xb8004401: true,  // str w1, [x0], #4
		0xb8626801: false, // ldr w1, [x0, x2]
		0xf8226801: true,  // str x1, [x0, x2]
		0x39000001: true,  // strb w1, [x0]
		0x39c00001: false, // ldrsb w1, [x0]
		0xb9800001: false, // ldrsw x1, [x0]
		0xf9800000: false, // prfm pldl1keep, [x0]
		0xa9000801: true,  // stp x1, x2, [x0]
		0xa9400801: false, // ldp x1, x2, [x0]
		0xad000400: true,  // stp q0, q1, [x0]
		0xad400400: false, // ldp q0, q1, [x0]
		0x3d800000: true,  // str q0, [x0]
		0x3dc00000: false, // ldr q0, [x0]
		0xfd000000: true,  // str d0, [x0]
		0x4c007000: true,  // st1 {v0.16b}, [x0]
		0x4c407000: false, // ld1 {v0.16b}, [x0]
		0xc85f7c01: false, // ldxr x1, [x0]
		0xc8027c01: true,  // stxr w2, x1, [x0]
		0xc8dffc01: false, // ldar x1, [x0]
		0xc89ffc01: true,  // stlr x1, [x0]
		0xc8a17c02: false, // cas x1, x2, [x0]
		0xf8210002: false, // ldadd x1, x2, [x0]
		0xd50b7420: true,  // dc zva, x0
		0x58000001: false, // ldr x1, [pc]
		0xd503201f: false, // nop
	} {
		if isStore(word) != want {
			t.Errorf("%#x: %v, want %v", word, !want, want)
		}
	}
}
