package symbol

import "bytes"

// What a signal handler of Linux returns to, if it is not told by call frame
// information: a system call rt_sigreturn.
var (
	x86Return = []byte{0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05} // mov $15, %rax; syscall
	x86Short  = []byte{0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05}             // mov $15, %eax; syscall
	armReturn = []byte{0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4}    // mov x8, #139; svc #0
)

// signalCode reports whether the program counter is at that.
func (s *state) signalCode() bool {
	if s.memory.r == nil || s.pc < pageSize {
		return false
	}
	var b [9]byte
	lo := s.memory.at(s.pc)
	if lo == nil {
		return false
	}
	copy(b[:], lo)
	if s.arm {
		return bytes.Equal(b[:8], armReturn)
	}
	if bytes.Equal(b[:7], x86Short) {
		return true
	}
	if !bytes.Equal(b[:8], x86Return[:8]) {
		return false
	}
	last := s.memory.at(s.pc + 1)
	return last != nil && last[7] == x86Return[8]
}

// signalFrame restores the registers that the kernel has put on the stack: struct
// rt_sigframe of arch/x86/include/asm/sigframe.h and arch/arm64/kernel/signal.c, with
// the ucontext of <sys/ucontext.h>.
func (s *state) signalFrame() bool {
	if s.arm {
		const registers = 128 + 176 + 8 // siginfo, ucontext up to its sigcontext, fault address
		at := *s.sp() + registers
		for i := range uint64(32) { // x0 to x30, sp
			v, ok := s.word(at + 8*i)
			if !ok {
				return false
			}
			s.regs[i] = v
		}
		pc, ok := s.word(at + 8*32)
		s.pc, s.cfa = pc, *s.sp()
		return ok
	}
	// r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip
	order := [...]int{8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16}
	const registers = 40 // of the ucontext, at which the stack pointer is
	at := *s.sp() + registers
	for i, n := range order {
		v, ok := s.word(at + 8*uint64(i))
		if !ok {
			return false
		}
		s.regs[n] = v
	}
	s.pc, s.cfa = s.regs[x86RA], s.regs[x86SP]
	return true
}
