//go:build linux

#include "textflag.h"

// Offsets in a slot.
#define STOPPED 0
#define PROCEED 4
#define LEFT    8
#define OP      12
#define CONTEXT 16
#define REGS    64

// The part of a ucontext that is copied: up to the end of the vector
// registers, which are the first record behind the general ones; and the part
// that is copied back begins with the registers.
#define ALL     992
#define FIRST   184

// The handler: R0 is the signal, R1 the siginfo, R2 the ucontext. It is called
// by the system, on the stack for signals; no register needs saving but the
// link register, which leads to rt_sigreturn.
TEXT ·ownHandler(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVW 8(R1), R3
	CMPW $-1, R3 // only what was queued has a slot
	BNE  out
	MOVD 24(R1), R19
	CBZ  R19, out
	MOVD R2, R20
	MOVD R2, CONTEXT(R19)
	MOVWU OP(R19), R21

	TBZ  $0, R21, in
	MOVD R20, R3
	ADD  $REGS, R19, R4
	MOVD $(ALL/8), R5
copyout:
	MOVD.P 8(R3), R6
	MOVD.P R6, 8(R4)
	SUB  $1, R5
	CBNZ R5, copyout
in:
	TBZ  $1, R21, tell
	ADD  $FIRST, R20, R4
	ADD  $(REGS+FIRST), R19, R3
	MOVD $((ALL-FIRST)/8), R5
copyin:
	MOVD.P 8(R3), R6
	MOVD.P R6, 8(R4)
	SUB  $1, R5
	CBNZ R5, copyin
tell:
	MOVD $1, R6
	ADD  $STOPPED, R19, R7
	STLRW R6, (R7)
	TBZ  $2, R21, done
hold:
	ADD  $PROCEED, R19, R7
	LDARW (R7), R6
	CBNZ R6, done
	MOVD R7, R0 // futex(&proceed, FUTEX_WAIT_PRIVATE, 0, no limit)
	MOVD $128, R1
	MOVD ZR, R2
	MOVD ZR, R3
	MOVD $98, R8
	SVC
	B    hold
done:
	MOVD $1, R6
	ADD  $LEFT, R19, R7
	STLRW R6, (R7)
out:
	RET

DATA ·ownHandlerPC(SB)/8, $·ownHandler(SB)
GLOBL ·ownHandlerPC(SB), NOPTR, $8
DATA ·ownReturnPC(SB)/8, $0
GLOBL ·ownReturnPC(SB), NOPTR, $8
