//go:build linux && (amd64 || arm64)

package proc

import (
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// Pages of Darwin: 16 KiB on arm64, 4 KiB on amd64 (mach/arm/vm_param.h, mach/i386/vm_param.h);
// Linux on arm64 can have 4, 16 or 64 KiB.
func TestPagesFit(t *testing.T) {
	for _, c := range []struct {
		arch *cpu.Arch
		host int
		fits bool
	}{
		{cpu.ARM64, 4096, true}, {cpu.ARM64, 16384, true}, {cpu.ARM64, 65536, false},
		{cpu.AMD64, 4096, true}, {cpu.AMD64, 16384, false}, {cpu.AMD64, 65536, false},
	} {
		if err := pagesFit(c.arch, c.host); (err == nil) != c.fits {
			t.Errorf("%s on pages of %d: %v", c.arch.Name, c.host, err)
		}
	}
}
