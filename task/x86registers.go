package task

import "github.com/gomach/mach"

// x86Registers are the registers of Intel in the order of the struct.
var x86Registers = []struct {
	name string
	of   func(*mach.X86ThreadState64) *uint64
}{
	{"rax", func(s *mach.X86ThreadState64) *uint64 { return &s.Rax }},
	{"rbx", func(s *mach.X86ThreadState64) *uint64 { return &s.Rbx }},
	{"rcx", func(s *mach.X86ThreadState64) *uint64 { return &s.Rcx }},
	{"rdx", func(s *mach.X86ThreadState64) *uint64 { return &s.Rdx }},
	{"rdi", func(s *mach.X86ThreadState64) *uint64 { return &s.Rdi }},
	{"rsi", func(s *mach.X86ThreadState64) *uint64 { return &s.Rsi }},
	{"rbp", func(s *mach.X86ThreadState64) *uint64 { return &s.Rbp }},
	{"rsp", func(s *mach.X86ThreadState64) *uint64 { return &s.Rsp }},
	{"r8", func(s *mach.X86ThreadState64) *uint64 { return &s.R8 }},
	{"r9", func(s *mach.X86ThreadState64) *uint64 { return &s.R9 }},
	{"r10", func(s *mach.X86ThreadState64) *uint64 { return &s.R10 }},
	{"r11", func(s *mach.X86ThreadState64) *uint64 { return &s.R11 }},
	{"r12", func(s *mach.X86ThreadState64) *uint64 { return &s.R12 }},
	{"r13", func(s *mach.X86ThreadState64) *uint64 { return &s.R13 }},
	{"r14", func(s *mach.X86ThreadState64) *uint64 { return &s.R14 }},
	{"r15", func(s *mach.X86ThreadState64) *uint64 { return &s.R15 }},
	{"rip", func(s *mach.X86ThreadState64) *uint64 { return &s.Rip }},
	{"rflags", func(s *mach.X86ThreadState64) *uint64 { return &s.Rflags }},
	{"cs", func(s *mach.X86ThreadState64) *uint64 { return &s.Cs }},
	{"fs", func(s *mach.X86ThreadState64) *uint64 { return &s.Fs }},
	{"gs", func(s *mach.X86ThreadState64) *uint64 { return &s.Gs }},
}
