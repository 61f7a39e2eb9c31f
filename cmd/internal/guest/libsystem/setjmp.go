//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// What a jmp_buf keeps: the registers that a call preserves, as indexes into the register
// file, then (arm64) the low halves of eight vector registers, then the signal mask.
var (
	savedARM64 = []int{19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31}
	savedAMD64 = []int{1, 6, 7, 12, 13, 14, 15, 16}
)

const jumpSize = 192 // arm64's jmp_buf; amd64's is 148, of which 72 are used

func saved(a *cpu.Arch) []int {
	if a == cpu.ARM64 {
		return savedARM64
	}
	return savedAMD64
}

func jumpLen(a *cpu.Arch) uint64 {
	if a == cpu.ARM64 {
		return jumpSize
	}
	return 8*uint64(len(savedAMD64)) + 8
}

// setJump saves where the call returns to.
func setJump(c *proc.Call, withMask bool) {
	a := c.Process.Arch
	b, ok := to(c, c.Arg(0), jumpLen(a))
	if !ok {
		return
	}
	le := binary.LittleEndian
	i := 0
	for _, r := range saved(a) {
		v := c.Reg(r)
		if a == cpu.AMD64 {
			switch r {
			case a.SP:
				v += 8
			case a.PC:
				v = c.ReturnAddress()
			}
		}
		le.PutUint64(b[i:], v)
		i += 8
	}
	if a == cpu.ARM64 {
		for v := 8; v < 16; v++ {
			le.PutUint64(b[i:], c.Process.Machine.Vector(c.Thread.Context(), v)[0])
			i += 8
		}
	}
	le.PutUint32(b[i:], c.Thread.Sig.Mask)
	le.PutUint32(b[i+4:], 0)
	if withMask {
		le.PutUint32(b[i+4:], 1)
	}
}

func longJump(c *proc.Call) {
	a := c.Process.Arch
	b, ok := in(c, c.Arg(0), jumpLen(a))
	if !ok {
		return
	}
	le := binary.LittleEndian
	r := *c.Thread.Regs()
	i := 0
	for _, n := range saved(a) {
		r[n] = le.Uint64(b[i:])
		i += 8
	}
	if a == cpu.ARM64 {
		r[a.PC] = r[a.LR]
		for v := 8; v < 16; v++ {
			c.Process.Machine.SetVector(c.Thread.Context(), v, [2]uint64{le.Uint64(b[i:])})
			i += 8
		}
	}
	if le.Uint32(b[i+4:]) == 1 {
		c.Thread.Sig.Mask = le.Uint32(b[i:])
	}
	r[a.Result] = uint64(c.Uint32(1))
	if r[a.Result] == 0 {
		r[a.Result] = 1
	}
	c.Thread.Unwound(r[a.SP])
	c.SetRegs(r)
}

func init() {
	on("setjmp", func(c *proc.Call) { setJump(c, true) })
	on("_setjmp", func(c *proc.Call) { setJump(c, false) })
	on("sigsetjmp", func(c *proc.Call) { setJump(c, c.Int(1) != 0) })
	on("longjmp _longjmp siglongjmp", longJump)
}
