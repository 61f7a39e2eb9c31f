//go:build linux

package linux

import (
	"math/bits"
	"os"
	"slices"
	"strings"
	"testing"
)

func parkedValues(r *Registers) []uint64 { return r.Regs[19:24] }

func lastParked(r *Registers) *uint64 { return &r.Regs[23] }

func vector(f *FloatRegisters, i int) []byte { return f.V[i][:] }

// signs tells whether pointers are signed here: the feature paca of the kernel's
// Documentation/arch/arm64/elf_hwcaps.rst.
func signs(t *testing.T) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(strings.Fields(string(text)), "paca")
}

// The kernel tells which bits are the signature where pointers are signed
// (Documentation/arch/arm64/pointer-authentication.rst), and what it says is what
// looking for the end of addresses finds: all bits below are address.
func TestSignatureMask(t *testing.T) {
	x := startTarget(t)
	var data, code uint64
	err := x.tr.With(x.PID(), func(s *Stopped) (err error) {
		data, code, err = s.SignatureMask()
		return err
	})
	if !signs(t) {
		if err == nil {
			t.Errorf("masks %#x and %#x where nothing is signed", data, code)
		}
		t.Skip("the processor or the kernel does not sign pointers")
	}
	if err != nil {
		t.Fatal(err)
	}
	_, found := bounds()
	if data != code || data>>55 != 0 || uint64(1)<<bits.TrailingZeros64(data) != found {
		t.Errorf("masks %#x and %#x, addresses end at %#x", data, code, found)
	}
	if _, err := x.tr.Registers(x.PID()); err != nil {
		t.Fatal(err)
	}
	if got := endBySignatures(); got != found {
		t.Errorf("addresses end at %#x by the signatures, at %#x by what can be mapped", got, found)
	}
}
