#include "textflag.h"

TEXT absoluteTime<>(SB), NOSPLIT, $0-0
	JMP libc_mach_absolute_time(SB)
GLOBL ·absoluteTimeAddr(SB), RODATA, $8
DATA ·absoluteTimeAddr(SB)/8, $absoluteTime<>(SB)

TEXT vmAllocate<>(SB), NOSPLIT, $0-0
	JMP libc_mach_vm_allocate(SB)
GLOBL ·vmAllocateAddr(SB), RODATA, $8
DATA ·vmAllocateAddr(SB)/8, $vmAllocate<>(SB)

TEXT vmMsync<>(SB), NOSPLIT, $0-0
	JMP libc_mach_vm_msync(SB)
GLOBL ·vmMsyncAddr(SB), RODATA, $8
DATA ·vmMsyncAddr(SB)/8, $vmMsync<>(SB)
