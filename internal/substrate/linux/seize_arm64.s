//go:build linux

#include "textflag.h"

// See seize_unsafe.go.

// The system call instruction stands at the symbol's very address: a signal
// that finds the thread there came before the call, or made it end to be
// started again.
TEXT call<>(SB),NOSPLIT|NOFRAME,$0
	SVC
	RET

// Where onAlarm sends such a thread: as if the call had said -EINTR.
TEXT broken<>(SB),NOSPLIT|NOFRAME,$0
	MOVD	$-4, R0
	RET

// func breakable(number, a, b, c, d uintptr) (result int)
TEXT ·breakable(SB),NOSPLIT,$16-48
	MOVD	number+0(FP), R8
	MOVD	a+8(FP), R0
	MOVD	b+16(FP), R1
	MOVD	c+24(FP), R2
	MOVD	d+32(FP), R3
	BL	call<>(SB)
	MOVD	R0, result+40(FP)
	RET

// onAlarm is the signal handler: R2 is the ucontext_t, whose uc_mcontext.pc is
// at 440: uc_mcontext at 176, and in it fault_address, regs[31], sp, pc
// (asm/ucontext.h, asm/sigcontext.h).
TEXT onAlarm<>(SB),NOSPLIT|NOFRAME,$0
	MOVD	$call<>(SB), R3
	MOVD	440(R2), R4
	CMP	R3, R4
	BNE	done
	MOVD	$broken<>(SB), R3
	MOVD	R3, 440(R2)
done:
	RET

// func alarmHandler() (handler, restorer uintptr)
//
// The kernel's own restorer is used.
TEXT ·alarmHandler(SB),NOSPLIT,$0-16
	MOVD	$onAlarm<>(SB), R0
	MOVD	R0, handler+0(FP)
	MOVD	ZR, restorer+8(FP)
	RET
