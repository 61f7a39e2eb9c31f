//go:build linux

#include "textflag.h"

// Offsets in a slot, and its size.
#define STATE   0
#define PROCEED 4
#define CONTEXT 16
#define INFO    24
#define TID     32
#define SIGNAL  36
#define SLOT    16384

// The handler for faults: DI is the signal, SI the siginfo, DX the ucontext.
// It ends by return, or by going to Go's handler as if that had been called.
TEXT ·faultHandler(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVQ DI, R12
	MOVQ SI, R13
	MOVQ DX, R14
	CMPL 8(SI), $0 // what another program sent is no exception
	JLE  chain
	MOVQ ·faultSlots(SB), BX
	TESTQ BX, BX
	JZ   chain
	MOVL $16, CX
find:
	XORL AX, AX
	MOVL $1, DX
	LOCK
	CMPXCHGL DX, STATE(BX)
	JEQ  taken
	ADDQ $SLOT, BX
	DECL CX
	JNZ  find
	JMP  chain
taken:
	MOVL $0, PROCEED(BX)
	MOVQ R14, CONTEXT(BX)
	MOVQ R13, INFO(BX)
	MOVL R12, SIGNAL(BX)
	MOVL $186, AX // gettid
	SYSCALL
	MOVL AX, TID(BX)
	MOVL $2, AX
	XCHGL AX, STATE(BX)
	LEAQ ·faultBell(SB), DI
	LOCK
	INCL (DI)
	MOVL $129, SI // futex(&faultBell, FUTEX_WAKE_PRIVATE, all)
	MOVL $0x7fffffff, DX
	MOVL $202, AX
	SYSCALL
hold:
	MOVL PROCEED(BX), AX
	TESTL AX, AX
	JNZ  decided
	LEAQ PROCEED(BX), DI // futex(&proceed, FUTEX_WAIT_PRIVATE, 0, no limit)
	MOVL $128, SI
	XORL DX, DX
	XORL R10, R10
	MOVL $202, AX
	SYSCALL
	JMP  hold
decided:
	MOVL AX, R15
	XORL AX, AX
	XCHGL AX, STATE(BX)
	CMPL R15, $1
	JEQ  out
chain:
	MOVQ R12, DI
	MOVQ R13, SI
	MOVQ R14, DX
	LEAQ ·goHandlers(SB), AX
	MOVQ (AX)(R12*8), AX
	JMP  AX
out:
	RET

DATA ·faultEntry(SB)/8, $·faultHandler(SB)
GLOBL ·faultEntry(SB), NOPTR, $8
