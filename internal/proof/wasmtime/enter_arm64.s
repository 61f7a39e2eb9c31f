//go:build linux || darwin

#include "textflag.h"

// Offsets in an activation.
#define ENTRY   0
#define STACK   8
#define ARG     16
#define RESULT  32
#define SAVED   40
#define TRAPPED 48
#define PC_     56
#define FP_     64
#define FAULTED 72
#define FAULT   80
#define NUMBER  88

// A C function: R0 is the activation. It keeps what C wants kept.
TEXT ·enter(SB), NOSPLIT|NOFRAME, $0
	SUB  $160, RSP
	STP  (R29, R30), 0(RSP)
	STP  (R19, R20), 16(RSP)
	STP  (R21, R22), 32(RSP)
	STP  (R23, R24), 48(RSP)
	STP  (R25, R26), 64(RSP)
	STP  (R27, g), 80(RSP)
	FSTPD (F8, F9), 96(RSP)
	FSTPD (F10, F11), 112(RSP)
	FSTPD (F12, F13), 128(RSP)
	FSTPD (F14, F15), 144(RSP)
	CALL run<>(SB)
	LDP  0(RSP), (R29, R30)
	LDP  16(RSP), (R19, R20)
	LDP  32(RSP), (R21, R22)
	LDP  48(RSP), (R23, R24)
	LDP  64(RSP), (R25, R26)
	LDP  80(RSP), (R27, g)
	FLDPD 96(RSP), (F8, F9)
	FLDPD 112(RSP), (F10, F11)
	FLDPD 128(RSP), (F12, F13)
	FLDPD 144(RSP), (F14, F15)
	ADD  $160, RSP
	RET

// run calls the compiled code on its own stack. Its stack pointer and its return
// address, which it keeps there, are all that a trap needs to return from here.
TEXT run<>(SB), NOSPLIT|NOFRAME, $0
	SUB  $16, RSP
	MOVD R30, (RSP)
	MOVD RSP, R9
	MOVD R9, SAVED(R0)
	MOVD STACK(R0), R9
	SUB  $16, R9
	MOVD R0, (R9)
	MOVD R9, RSP
	MOVD ENTRY(R0), R9
	MOVD (ARG+8)(R0), R1
	MOVD ARG(R0), R0
	CALL (R9)
	MOVD (RSP), R5
	MOVD R0, RESULT(R5)
	MOVD SAVED(R5), R9
	MOVD R9, RSP
	MOVD (RSP), R30
	ADD  $16, RSP
	RET

// The landing pad: a thread that has trapped goes on here, with the arguments of
// a C function. Nothing is left of the compiled code's registers but what the
// handler has passed on.
TEXT ·leave(SB), NOSPLIT|NOFRAME, $0
	MOVD R0, PC_(R5)
	MOVD R1, FP_(R5)
	MOVD R2, FAULTED(R5)
	MOVD R3, FAULT(R5)
	MOVD R4, NUMBER(R5)
	MOVD $1, R9
	MOVD R9, TRAPPED(R5)
	MOVD SAVED(R5), R9
	MOVD R9, RSP
	MOVD (RSP), R30
	ADD  $16, RSP
	RET

DATA ·enterPC(SB)/8, $·enter(SB)
GLOBL ·enterPC(SB), NOPTR, $8
DATA ·leavePC(SB)/8, $·leave(SB)
GLOBL ·leavePC(SB), NOPTR, $8
