//go:build linux && (amd64 || arm64)

package proc

import (
	"encoding/binary"
	"fmt"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// Classes of system calls (xnu osfmk/mach/i386/syscall_sw.h). On arm64 the sign of the number
// tells the first two apart.
const (
	classMach = 1
	classUnix = 2
)

// Carry flags: a call of the Unix class has failed.
const (
	carryAMD64 = 1 << 0
	carryARM64 = 1 << 29
)

// rawCall is what is special about a call that was made by an instruction.
type rawCall struct {
	unix  bool
	errno Errno
	// ErrorResult says that the function returns an error number, as those of pthreads do.
	errorResult bool
}

// Syscall is what the system call instruction with a number does.
type Syscall struct {
	Name string
	Function
	ErrorResult bool // the function returns an error number
}

// syscall does what a system call instruction asks for. The program counter is behind it.
// The conventions are those of xnu osfmk/arm64/sleh.c handle_svc and bsd/dev/arm/systemcalls.c,
// bsd/dev/i386/systemcalls.c.
func (p *Process) syscall(t *Thread) {
	a, r := p.Arch, &t.ctx.Regs
	c := &Call{Thread: t, Process: p, regs: *r, raw: &rawCall{}}
	var number int
	if a == cpu.ARM64 {
		const x16 = 16
		number = int(int32(r[x16]))
		c.raw.unix = number >= 0
		if number == 0 { // indirect: the number is the first argument
			number = int(int32(c.regs[0]))
			copy(c.regs[:7], c.regs[1:8])
		}
	} else {
		const rcx, r10, r11 = 2, 10, 11
		code := uint32(r[a.Result])
		number = int(code & 0xffffff)
		switch code >> 24 {
		case classUnix:
			c.raw.unix = true
		case classMach:
			number = -number
		default: // machine-dependent and diagnostic calls
			number = 1 << 24
		}
		c.regs[a.IntArgs[3]] = r[r10]
		r[rcx], r[r11] = r[a.PC], r[a.Flags]
	}
	s, ok := p.Syscall(number)
	c.Symbol = s.Name
	if !ok {
		c.Symbol = fmt.Sprintf("system call %d", number)
	}
	c.raw.errorResult = s.ErrorResult
	if s.Do == nil {
		if ok && p.Absent == nil {
			p.fatal(t, "%s: %w (called from %#x)", c.Symbol, ErrUnknownSymbol, c.ReturnAddress())
			return
		}
		if ok {
			p.reportAbsent(c)
		}
		const invalidArgument = 4 // KERN_INVALID_ARGUMENT, of kern_invalid in osfmk/kern/syscall_sw.c
		s.Function = Function{Do: func(c *Call) {
			if c.raw.unix {
				c.Fail(ENOSYS)
			} else {
				c.Return(invalidArgument)
			}
		}}
	}
	p.perform(c, &s.Function)
}

// returnRaw puts the results of a system call into the registers.
func (p *Process) returnRaw(c *Call) {
	a, r := p.Arch, &c.Thread.ctx.Regs
	carry := uint64(carryAMD64)
	if a == cpu.ARM64 {
		carry = carryARM64
	}
	raw := c.raw
	if raw.errorResult && c.result != 0 {
		raw.errno = Errno(c.result)
	}
	if !raw.unix {
		r[a.Result] = c.result
		return
	}
	if raw.errno != 0 {
		r[a.Result] = uint64(raw.errno)
		r[a.Flags] |= carry
		return
	}
	r[a.Result], r[a.Result2] = c.result, c.high
	r[a.Flags] &^= carry
}

// Raw says whether the call was made by a system call instruction.
func (c *Call) Raw() bool { return c.raw != nil }

// ReturnTwo sets both results of a system call.
func (c *Call) ReturnTwo(first, second uint64) { c.result, c.high = first, second }

// SetArg replaces one of the arguments in registers.
func (c *Call) SetArg(n int, v uint64) { c.regs[c.Process.Arch.IntArgs[n]] = v }

// SetStackArgs gives a call of an instruction arguments on the stack, below what the program
// may use of it. The words are as the CPU's calling convention wants them.
func (c *Call) SetStackArgs(words ...uint64) bool {
	const below = 1024 // the red zone and more
	a := c.Process.Arch
	sp := (c.regs[a.SP] - below) &^ 15
	c.regs[a.SP] = sp
	b, ok := c.Out(c.StackArgs(), 8*uint64(len(words)))
	if !ok {
		return false
	}
	for i, w := range words {
		binary.LittleEndian.PutUint64(b[8*i:], w)
	}
	return true
}
