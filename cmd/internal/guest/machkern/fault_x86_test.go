//go:build linux && (amd64 || arm64)

package machkern

import (
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// An address that is none is a general protection fault, whose address the processor does not
// tell (Intel's manual, volume 1, 3.3.7.1; xnu osfmk/i386/trap.c, user_trap).
func TestNonCanonicalAddress(t *testing.T) {
	for addr, want := range map[uint64][2]int64{
		0x1234567800000000: {mach.EXC_I386_GPFLT, 0},
		1 << 47:            {mach.EXC_I386_GPFLT, 0},
		1<<47 - 1:          {int64(mach.KERN_INVALID_ADDRESS), 1<<47 - 1},
		8:                  {int64(mach.KERN_INVALID_ADDRESS), 8},
	} {
		x, last, ok := x86Exception(proc.Fault{Kind: cpu.StopMemory, Address: addr, Access: cpu.ProtRead})
		if !ok || x.Kind != mach.EXC_BAD_ACCESS || x.Codes != want {
			t.Errorf("%#x: %+v, want %v", addr, x, want)
		}
		if gp := want[0] == mach.EXC_I386_GPFLT; gp != (last.trap == trapGP) {
			t.Errorf("%#x: trap %d", addr, last.trap)
		}
	}
}
