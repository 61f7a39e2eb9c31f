#include "textflag.h"

// A fault of the host in memory that the processor uses: see hostfault_linux_amd64.go. The
// offsets are those of hostSlot, hookState, siginfo and ucontext.

#define SLOTS 64
#define SLOTSIZE 16

// FS:0 is the C library's pointer to the thread's own block, which tells threads apart.
#define THREAD_AX BYTE $0x64; BYTE $0x48; BYTE $0x8b; BYTE $0x04; BYTE $0x25; LONG $0

// C: uint64 emulate(slot DI, uc_emu_start SI, uc DX, begin CX, until R8)
TEXT ·emulate(SB), NOSPLIT|NOFRAME, $0
	PUSHQ BX
	MOVQ  DI, BX
	THREAD_AX
	MOVQ  AX, 0(BX)
	MOVQ  SI, AX
	MOVQ  DX, DI
	MOVQ  CX, SI
	MOVQ  R8, DX
	XORL  CX, CX
	XORL  R8, R8
	CALL  AX
	MOVQ  $0, 0(BX)
	POPQ  BX
	RET

// The handler of SIGBUS and SIGSEGV: (signal DI, siginfo SI, ucontext DX). What is not the
// processor's goes to the handler that was there before.
TEXT ·hostFaultHandler(SB), NOSPLIT|NOFRAME, $0
	THREAD_AX
	LEAQ ·hostSlots(SB), R8
	MOVQ $SLOTS, R9
next:
	CMPQ AX, 0(R8)
	JEQ  found
	ADDQ $SLOTSIZE, R8
	DECQ R9
	JNZ  next
before:
	CMPL DI, $7 // SIGBUS
	JEQ  bus
	MOVQ ·hostFaults+8(SB), AX
	JMP  AX
bus:
	MOVQ ·hostFaults+0(SB), AX
	JMP  AX
found:
	MOVQ 8(R8), R9 // hookState
	CMPQ 96(R9), $0
	JNE  before // in the middle of a call into Go
	MOVQ 16(SI), R10 // si_addr
	MOVQ $0x10000, R11
	CMPQ R10, R11
	JCS  before
	MOVQ $0x700000000000, R11
	CMPQ R10, R11
	JCC  before
	MOVQ R10, 80(R9)
	MOVQ 192(DX), R10 // the error code
	MOVQ R10, 88(R9)
	// As if the instruction had called hostFaultThunk: below the red zone stand what it is
	// told and where it returns to, the instruction itself.
	MOVQ 160(DX), R11 // rsp
	SUBQ $144, R11
	MOVQ 168(DX), R10 // rip
	MOVQ R10, 0(R11)
	MOVQ R9, 8(R11)
	MOVQ R11, 160(DX)
	LEAQ ·hostFaultThunk(SB), R10
	MOVQ R10, 168(DX)
	RET

// Calls Go with every register kept.
TEXT ·hostFaultThunk(SB), NOSPLIT|NOFRAME, $0
	PUSHFQ
	CLD
	PUSHQ AX
	PUSHQ CX
	PUSHQ DX
	PUSHQ BX
	PUSHQ BP
	PUSHQ SI
	PUSHQ DI
	PUSHQ R8
	PUSHQ R9
	PUSHQ R10
	PUSHQ R11
	PUSHQ R12
	PUSHQ R13
	PUSHQ R14
	PUSHQ R15
	MOVQ  SP, BP
	MOVQ  136(BP), DI
	SUBQ  ·hostFaults+24(SB), SP
	ANDQ  $~63, SP
	XORL  AX, AX
	MOVQ  AX, 512(SP) // the header of the area
	MOVQ  AX, 520(SP)
	MOVQ  AX, 528(SP)
	MOVQ  AX, 536(SP)
	MOVQ  AX, 544(SP)
	MOVQ  AX, 552(SP)
	MOVQ  AX, 560(SP)
	MOVQ  AX, 568(SP)
	MOVL  $-1, AX
	MOVL  $-1, DX
	XSAVE64 (SP)
	MOVQ  ·hostFaults+16(SB), AX
	CALL  AX
	MOVL  $-1, AX
	MOVL  $-1, DX
	XRSTOR64 (SP)
	MOVQ  BP, SP
	POPQ  R15
	POPQ  R14
	POPQ  R13
	POPQ  R12
	POPQ  R11
	POPQ  R10
	POPQ  R9
	POPQ  R8
	POPQ  DI
	POPQ  SI
	POPQ  BP
	POPQ  BX
	POPQ  DX
	POPQ  CX
	POPQ  AX
	POPFQ
	BYTE  $0xc2; WORD $136 // ret 136

// func hostFaultAddresses() (emulate, handler uintptr)
TEXT ·hostFaultAddresses(SB), NOSPLIT, $0-16
	LEAQ ·emulate(SB), AX
	MOVQ AX, emulate+0(FP)
	LEAQ ·hostFaultHandler(SB), AX
	MOVQ AX, handler+8(FP)
	RET

// func xsaveSize() uintptr: 0 where the system does not let it be used
TEXT ·xsaveSize(SB), NOSPLIT, $0-8
	MOVQ $0, ret+0(FP)
	MOVL $1, AX
	XORL CX, CX
	CPUID
	BTL  $27, CX // OSXSAVE
	JCC  none
	MOVL $13, AX
	XORL CX, CX
	CPUID
	MOVL BX, AX
	MOVQ AX, ret+0(FP)
none:
	RET
