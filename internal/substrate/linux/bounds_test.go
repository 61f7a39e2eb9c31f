//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

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
	if got := endOfAddresses(func(uint64) bool { return false }); got != 0 {
		t.Errorf("%#x where nothing can be mapped", got)
	}
}

// A process that may map nothing more (setrlimit(2), RLIMIT_AS) is no reason to
// take addresses for smaller than they are.
func TestBoundsAtLimit(t *testing.T) {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "SUBSTRATE_LIMITED=1")
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var end, stack uint64
	if _, err := fmt.Sscanf(string(out), "%d %d", &end, &stack); err != nil {
		t.Fatalf("%v: %q", err, out)
	}
	if bits.Len64(end-1) != bits.Len64(stack) {
		t.Errorf("addresses end at %#x, and the stack is at %#x", end, stack)
	}
}

// limited prints where addresses end in a process at its limit, and where its
// stack is.
func limited() {
	check := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	self, err := Self()
	check(err)
	stat, err := self.Stat()
	check(err)
	check(unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{}))
	if mappable(1 << 33) {
		check(errors.New("the limit does not hold"))
	}
	_, end := Bounds()
	fmt.Println(end, stat.StartStack)
	os.Exit(0)
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
