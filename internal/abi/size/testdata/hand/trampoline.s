#include "textflag.h"

TEXT trampoline<>(SB),NOSPLIT,$0-0
	JMP	libc_mach_port_deallocate(SB)

GLOBL	·trampolineAddr(SB), RODATA, $8
DATA	·trampolineAddr(SB)/8, $trampoline<>(SB)
