//go:build linux

package linux

// syscallCode is the instruction svc #0.
const (
	syscallCode  = "\x01\x00\x00\xd4"
	syscallAlign = 4
)

// prepareCall sets the registers for a system call at the instruction at.
// arm64 has undone an interrupted call already when it shows the registers,
// so nothing tells of a restart.
func prepareCall(r *Registers, at uint64, number uintptr, args [6]uint64) {
	r.Pc = at
	r.Regs[8] = uint64(number)
	copy(r.Regs[:6], args[:])
}

func callResult(r *Registers) uint64 { return r.Regs[0] }
