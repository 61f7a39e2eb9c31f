//go:build linux

#include "textflag.h"

// See seize_unsafe.go.

// The system call instruction stands at the symbol's very address: a signal
// that finds the thread there came before the call, or made it end to be
// started again.
TEXT call<>(SB),NOSPLIT|NOFRAME,$0
	SYSCALL
	RET

// Where onAlarm sends such a thread: as if the call had said -EINTR.
TEXT broken<>(SB),NOSPLIT|NOFRAME,$0
	MOVQ	$-4, AX
	RET

// func breakable(number, a, b, c, d uintptr) (result int)
TEXT ·breakable(SB),NOSPLIT,$0-48
	MOVQ	number+0(FP), AX
	MOVQ	a+8(FP), DI
	MOVQ	b+16(FP), SI
	MOVQ	c+24(FP), DX
	MOVQ	d+32(FP), R10
	CALL	call<>(SB)
	MOVQ	AX, result+40(FP)
	RET

// onAlarm is the signal handler: DX is the ucontext_t, whose
// uc_mcontext.gregs[REG_RIP] is at 168 (sys/ucontext.h).
TEXT onAlarm<>(SB),NOSPLIT|NOFRAME,$0
	LEAQ	call<>(SB), AX
	CMPQ	AX, 168(DX)
	JNE	done
	LEAQ	broken<>(SB), AX
	MOVQ	AX, 168(DX)
done:
	RET

// restore ends the handler by rt_sigreturn.
TEXT restore<>(SB),NOSPLIT|NOFRAME,$0
	MOVQ	$15, AX
	SYSCALL
	INT	$3

// func alarmHandler() (handler, restorer uintptr)
TEXT ·alarmHandler(SB),NOSPLIT,$0-16
	LEAQ	onAlarm<>(SB), AX
	MOVQ	AX, handler+0(FP)
	LEAQ	restore<>(SB), AX
	MOVQ	AX, restorer+8(FP)
	RET
