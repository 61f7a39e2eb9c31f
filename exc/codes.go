package exc

import "github.com/gomach/mach"

// codes are the first codes of exceptions by type and family: the groups of
// <mach/i386/exception.h> and <mach/arm/exception.h>, and of x86's numbers of
// traps those that the kernel puts into exceptions (xnu osfmk/i386/trap.c,
// user_trap; osfmk/arm64/sleh.c). The rest of those numbers, EXC_I386_DIVERR to
// EXC_I386_ENDPERR, are what the processor calls them; see codes_internal_test.go.
var codes = [...]struct {
	typ    mach.ExceptionType
	family family
	value  int64
	name   string
}{
	{mach.EXC_BAD_ACCESS, arm, mach.EXC_ARM_DA_ALIGN, "EXC_ARM_DA_ALIGN"},
	{mach.EXC_BAD_ACCESS, arm, mach.EXC_ARM_SP_ALIGN, "EXC_ARM_SP_ALIGN"},
	{mach.EXC_BAD_ACCESS, arm, mach.EXC_ARM_SWP, "EXC_ARM_SWP"},
	{mach.EXC_BAD_ACCESS, arm, mach.EXC_ARM_PAC_FAIL, "EXC_ARM_PAC_FAIL"},
	{mach.EXC_BAD_ACCESS, arm, mach.EXC_ARM_MTE_TAGCHECK_FAIL, "EXC_ARM_MTE_TAGCHECK_FAIL"},
	{mach.EXC_BAD_ACCESS, arm, mach.EXC_ARM_MTE_CANONICAL_FAIL, "EXC_ARM_MTE_CANONICAL_FAIL"},
	{mach.EXC_BAD_ACCESS, x86, mach.EXC_I386_GPFLT, "EXC_I386_GPFLT"},
	{mach.EXC_BAD_ACCESS, x86, mach.EXC_I386_PGFLT, "EXC_I386_PGFLT"},
	{mach.EXC_BAD_ACCESS, x86, mach.EXC_I386_ALIGNFLT, "EXC_I386_ALIGNFLT"},
	{mach.EXC_BAD_INSTRUCTION, arm, mach.EXC_ARM_UNDEFINED, "EXC_ARM_UNDEFINED"},
	{mach.EXC_BAD_INSTRUCTION, arm, mach.EXC_ARM_SME_DISALLOWED, "EXC_ARM_SME_DISALLOWED"},
	{mach.EXC_BAD_INSTRUCTION, x86, mach.EXC_I386_INVOP, "EXC_I386_INVOP"},
	{mach.EXC_BAD_INSTRUCTION, x86, mach.EXC_I386_INVTSSFLT, "EXC_I386_INVTSSFLT"},
	{mach.EXC_BAD_INSTRUCTION, x86, mach.EXC_I386_SEGNPFLT, "EXC_I386_SEGNPFLT"},
	{mach.EXC_BAD_INSTRUCTION, x86, mach.EXC_I386_STKFLT, "EXC_I386_STKFLT"},
	{mach.EXC_ARITHMETIC, arm, mach.EXC_ARM_FP_UNDEFINED, "EXC_ARM_FP_UNDEFINED"},
	{mach.EXC_ARITHMETIC, arm, mach.EXC_ARM_FP_IO, "EXC_ARM_FP_IO"},
	{mach.EXC_ARITHMETIC, arm, mach.EXC_ARM_FP_DZ, "EXC_ARM_FP_DZ"},
	{mach.EXC_ARITHMETIC, arm, mach.EXC_ARM_FP_OF, "EXC_ARM_FP_OF"},
	{mach.EXC_ARITHMETIC, arm, mach.EXC_ARM_FP_UF, "EXC_ARM_FP_UF"},
	{mach.EXC_ARITHMETIC, arm, mach.EXC_ARM_FP_IX, "EXC_ARM_FP_IX"},
	{mach.EXC_ARITHMETIC, arm, mach.EXC_ARM_FP_ID, "EXC_ARM_FP_ID"},
	{mach.EXC_ARITHMETIC, x86, mach.EXC_I386_DIV, "EXC_I386_DIV"},
	{mach.EXC_ARITHMETIC, x86, mach.EXC_I386_INTO, "EXC_I386_INTO"},
	{mach.EXC_ARITHMETIC, x86, mach.EXC_I386_NOEXT, "EXC_I386_NOEXT"},
	{mach.EXC_ARITHMETIC, x86, mach.EXC_I386_EXTOVR, "EXC_I386_EXTOVR"},
	{mach.EXC_ARITHMETIC, x86, mach.EXC_I386_EXTERR, "EXC_I386_EXTERR"},
	{mach.EXC_ARITHMETIC, x86, mach.EXC_I386_EMERR, "EXC_I386_EMERR"},
	{mach.EXC_ARITHMETIC, x86, mach.EXC_I386_BOUND, "EXC_I386_BOUND"},
	{mach.EXC_ARITHMETIC, x86, mach.EXC_I386_SSEEXTERR, "EXC_I386_SSEEXTERR"},
	{mach.EXC_SOFTWARE, both, mach.EXC_UNIX_BAD_SYSCALL, "EXC_UNIX_BAD_SYSCALL"},
	{mach.EXC_SOFTWARE, both, mach.EXC_UNIX_BAD_PIPE, "EXC_UNIX_BAD_PIPE"},
	{mach.EXC_SOFTWARE, both, mach.EXC_UNIX_ABORT, "EXC_UNIX_ABORT"},
	{mach.EXC_SOFTWARE, both, mach.EXC_SOFT_SIGNAL, "EXC_SOFT_SIGNAL"},
	{mach.EXC_SOFTWARE, x86, mach.EXC_I386_BOUND, "EXC_I386_BOUND"},
	{mach.EXC_BREAKPOINT, arm, mach.EXC_ARM_BREAKPOINT, "EXC_ARM_BREAKPOINT"},
	{mach.EXC_BREAKPOINT, arm, mach.EXC_ARM_DA_DEBUG, "EXC_ARM_DA_DEBUG"},
	{mach.EXC_BREAKPOINT, x86, mach.EXC_I386_SGL, "EXC_I386_SGL"},
	{mach.EXC_BREAKPOINT, x86, mach.EXC_I386_BPT, "EXC_I386_BPT"},
}
