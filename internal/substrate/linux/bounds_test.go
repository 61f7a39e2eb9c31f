//go:build linux && (amd64 || arm64)

package linux

import "testing"

// Kernels of all configurations: Documentation/arch/arm64/memory.rst and
// Documentation/arch/x86/x86_64/mm.rst of Linux.
func TestEndOfAddresses(t *testing.T) {
	page := uint64(PageSize())
	for _, end := range []uint64{1<<47 - page, 1<<56 - page, 1 << 39, 1 << 42, 1 << 47, 1 << 48, 1 << 52} {
		got := endOfAddresses(func(addr uint64) bool { return addr < end })
		if got != end {
			t.Errorf("%#x instead of %#x", got, end)
		}
	}
}

// All that this process has mapped lies between the bounds, but for the kernel's
// own page (amd64's vsyscall), and looking for them leaves nothing behind.
func TestBounds(t *testing.T) {
	lo, hi := Bounds()
	if lo == 0 || lo > 1<<20 || hi < 1<<38 {
		t.Errorf("bounds %#x to %#x", lo, hi)
	}
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	for m, err := range self.Maps() {
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Path) == "[vsyscall]" {
			continue
		}
		if m.Start < lo || m.End > hi {
			t.Errorf("outside of %#x to %#x: %#x to %#x %s", lo, hi, m.Start, m.End, m.Path)
		}
	}
	for _, addr := range []uint64{hi, hi + 1<<20, 1 << 62} {
		if mappable(addr &^ uint64(PageSize()-1)) {
			t.Errorf("mappable at %#x", addr)
		}
	}
}
