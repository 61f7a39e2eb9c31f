#include "textflag.h"

TEXT tramp_dlsym<>(SB), NOSPLIT, $0-0
	JMP libc_dlsym(SB)
GLOBL ·dlsymAddr(SB), RODATA, $8
DATA ·dlsymAddr(SB)/8, $tramp_dlsym<>(SB)
