//go:build linux && (amd64 || arm64)

package cpu

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Translations that nothing uses any more are given back. Here a block of code is translated
// again and again, because it faults; without a limit that takes 40 MB and more.
func TestTranslationsAreBounded(t *testing.T) {
	defer func(before uintptr) { mostTranslations = before }(mostTranslations)
	mostTranslations = 8 << 20
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		before, most := resident(t), uint64(0)
		for i := range 1000 {
			mustFaultLast(t, p.arch, m, c, code, base, 400)
			if i%100 != 0 {
				continue
			}
			most = max(most, resident(t))
			// What does not fault goes on as ever.
			copy(code[4096:], append(append([]byte{}, p.load...), p.trap...))
			code[1<<18] = 7
			c.Regs[p.arch.PC], c.Regs[p.arch.IntArgs[0]] = base+4096, base+1<<18
			if ev, err := m.Run(c, 1000); err != nil || ev.Stop != StopBreakpoint || c.Regs[p.arch.Result] != 7 {
				t.Fatalf("%d: a load that is fine: %+v, %v, %d", i, ev, err, c.Regs[p.arch.Result])
			}
		}
		t.Logf("%d MB before, then at most %d MB", before>>20, most>>20)
		if most > before+3*uint64(mostTranslations) {
			t.Errorf("memory has grown from %d to %d MB", before>>20, most>>20)
		}
	})
}

// The instruction that faults is found in blocks of any length: with its instructions traced,
// a long one is translated in several parts.
func TestFaultInLongBlock(t *testing.T) {
	forEachArch(t, func(t *testing.T, p program, m *Machine, code []byte, base uint64) {
		c, err := m.NewContext()
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, 50, 200, 400, 510, 511, 512, 1000} {
			mustFaultLast(t, p.arch, m, c, code, base, n)
		}
	})
}

// mustFaultLast executes n loads and one that faults.
func mustFaultLast(t *testing.T, a *Arch, m *Machine, c *Context, code []byte, base uint64, n int) {
	t.Helper()
	// From what the first argument points to, and the second.
	with := map[*Arch]struct{ load, last []byte }{
		ARM64: {[]byte{0x02, 0x00, 0x40, 0xf9}, []byte{0x20, 0x00, 0x40, 0xf9}},
		AMD64: {[]byte{0x48, 0x8b, 0x07}, []byte{0x48, 0x8b, 0x06}},
	}[a]
	program := append(append(bytes.Repeat(with.load, n), with.last...), a.Trap...)
	if !bytes.HasPrefix(code, program) {
		copy(code, program)
		m.ForgetCode(base, 8192)
	}
	fine, bad := base+1<<18, base+1<<17
	c.Regs[a.PC], c.Regs[a.IntArgs[0]], c.Regs[a.IntArgs[1]] = base, fine, bad
	ev, err := m.Run(c, 1000)
	at := base + uint64(n*len(with.load))
	if err != nil || ev != (Event{Stop: StopMemory, Address: bad, Access: ProtRead}) || c.Regs[a.PC] != at {
		t.Fatalf("%d loads before: %+v, %v at +%#x, want a read of %#x at +%#x", n, ev, err, c.Regs[a.PC]-base, bad, at-base)
	}
}

// resident is the memory of this process that is in use.
func resident(t *testing.T) uint64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var all, now uint64
	if _, err := fmt.Sscan(string(b), &all, &now); err != nil {
		t.Fatal(err)
	}
	return now * uint64(os.Getpagesize())
}

// What stands in for memset in the library clears what it is told to and nothing else, also
// if that does not begin or end with a page.
func TestClearMemory(t *testing.T) {
	if err := Available(); err != nil {
		t.Skip(err)
	}
	if !leanClearing() {
		t.Skip("this Unicorn's memset was left as it is")
	}
	const size = 300 << 20 // 256 MB and more are given back
	page := os.Getpagesize()
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(b) }()
	clear := func(from, to int, value byte) {
		t.Helper()
		at := uintptr(unsafe.Pointer(&b[from]))
		if got := call(clearMemory(), at, uintptr(value), uintptr(to-from)); got != uint32(at) {
			t.Errorf("memset answers %#x, want its argument, %#x", got, uint32(at))
		}
	}
	for _, r := range [][2]int{{0, size}, {100, size}, {0, size - 100}, {100, size - 100}, {page, size - page}, {100, 200}, {100, 3*page + 1}} {
		marks := []int{0, 99, 100, 101, page - 1, page, page + 1, 199, 200, 201, 3 * page, 3*page + 1, size / 2, size - page - 1, size - page, size - 101, size - 100, size - 99, size - 1}
		for _, i := range marks {
			b[i] = 1
		}
		clear(r[0], r[1], 0)
		for _, i := range marks {
			want := byte(1)
			if r[0] <= i && i < r[1] {
				want = 0
			}
			if b[i] != want {
				t.Errorf("%v: byte %d is %d, want %d", r, i, b[i], want)
			}
		}
	}
	clear(5, 2*page, 0xa5)
	if b[4] != 0 && b[4] != 1 || b[5] != 0xa5 || b[2*page-1] != 0xa5 || b[2*page] == 0xa5 {
		t.Error("another value than zero is not written")
	}
}
