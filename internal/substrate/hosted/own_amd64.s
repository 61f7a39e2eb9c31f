//go:build linux

#include "textflag.h"

// Offsets in a slot.
#define STOPPED 0
#define PROCEED 4
#define LEFT    8
#define OP      12
#define CONTEXT 16
#define REGS    64
#define FLOAT   1024

// Offsets in a ucontext, and in the vector registers' image.
#define GREGS   40
#define FPSTATE 224
#define MAGIC   464
#define SIZE    480

// The handler: DI is the signal, SI the siginfo, DX the ucontext. It is called
// by the system, on the stack for signals, and returns to ownReturn; no
// register needs saving.
TEXT ·ownHandler(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	CMPL 8(SI), $-1 // only what was queued has a slot
	JNE  out
	MOVQ 24(SI), R12
	TESTQ R12, R12
	JZ   out
	MOVQ DX, R14
	MOVQ DX, CONTEXT(R12)
	MOVL OP(R12), R13
	CLD

	// How much of the vector registers there is: the image says so.
	XORL R15, R15
	MOVQ FPSTATE(R14), AX
	TESTQ AX, AX
	JZ   sized
	MOVL $512, R15
	CMPL MAGIC(AX), $0x46505853
	JNE  sized
	MOVL SIZE(AX), R15
	CMPL R15, $15360
	JBE  sized
	MOVL $512, R15
sized:
	TESTL $1, R13
	JZ   in
	MOVQ R14, SI
	LEAQ REGS(R12), DI
	MOVL $32, CX
	REP; MOVSQ
	MOVQ FPSTATE(R14), SI
	LEAQ FLOAT(R12), DI
	MOVL R15, CX
	REP; MOVSB
in:
	TESTL $2, R13
	JZ   tell
	LEAQ (REGS+GREGS)(R12), SI
	LEAQ GREGS(R14), DI
	MOVL $23, CX
	REP; MOVSQ
	MOVQ FPSTATE(R14), DI
	LEAQ FLOAT(R12), SI
	MOVL R15, CX
	REP; MOVSB
tell:
	MOVL $1, AX
	XCHGL AX, STOPPED(R12)
	TESTL $4, R13
	JZ   done
hold:
	MOVL PROCEED(R12), AX
	TESTL AX, AX
	JNZ  done
	LEAQ PROCEED(R12), DI // futex(&proceed, FUTEX_WAIT_PRIVATE, 0, no limit)
	MOVL $128, SI
	XORL DX, DX
	XORL R10, R10
	MOVL $202, AX
	SYSCALL
	JMP  hold
done:
	MOVL $1, AX
	XCHGL AX, LEFT(R12)
out:
	RET

// ownReturn ends the handler: rt_sigreturn.
TEXT ·ownReturn(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVL $15, AX
	SYSCALL
	INT  $3

DATA ·ownHandlerPC(SB)/8, $·ownHandler(SB)
GLOBL ·ownHandlerPC(SB), NOPTR, $8
DATA ·ownReturnPC(SB)/8, $·ownReturn(SB)
GLOBL ·ownReturnPC(SB), NOPTR, $8
