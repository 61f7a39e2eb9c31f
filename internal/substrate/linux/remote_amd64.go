//go:build linux

package linux

// syscallCode is the instruction syscall.
const (
	syscallCode  = "\x0f\x05"
	syscallAlign = 1
)

// prepareCall sets the registers for a system call at the instruction at.
// The kernel takes a call number in Orig_rax as "stopped in a call, which may
// be restarted": -1 says that there is none.
func prepareCall(r *Registers, at uint64, number uintptr, args [6]uint64) {
	r.Rip = at
	r.Rax = uint64(number)
	r.Orig_rax = ^uint64(0)
	r.Rdi, r.Rsi, r.Rdx = args[0], args[1], args[2]
	r.R10, r.R8, r.R9 = args[3], args[4], args[5]
}

func callResult(r *Registers) uint64 { return r.Rax }
