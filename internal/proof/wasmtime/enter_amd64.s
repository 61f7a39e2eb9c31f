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

// A C function: DI is the activation. It keeps what C wants kept.
TEXT ·enter(SB), NOSPLIT|NOFRAME, $0
	PUSHQ BP
	PUSHQ BX
	PUSHQ R12
	PUSHQ R13
	PUSHQ R14
	PUSHQ R15
	CALL run<>(SB)
	CLD
	POPQ R15
	POPQ R14
	POPQ R13
	POPQ R12
	POPQ BX
	POPQ BP
	RET

// run calls the compiled code on its own stack. Its stack pointer is all that a
// trap needs to return from here.
TEXT run<>(SB), NOSPLIT|NOFRAME, $0
	MOVQ SP, SAVED(DI)
	MOVQ STACK(DI), SP
	SUBQ $16, SP
	MOVQ DI, (SP) // aligned at the call, as C has it
	MOVQ ENTRY(DI), AX
	MOVQ (ARG+8)(DI), SI
	MOVQ ARG(DI), DI
	CALL AX
	MOVQ (SP), DI
	MOVQ AX, RESULT(DI)
	MOVQ SAVED(DI), SP
	RET

// The landing pad: a thread that has trapped goes on here, with the arguments of
// a C function. Nothing is left of the compiled code's registers but what the
// handler has passed on.
TEXT ·leave(SB), NOSPLIT|NOFRAME, $0
	MOVQ DI, PC_(R9)
	MOVQ SI, FP_(R9)
	MOVQ DX, FAULTED(R9)
	MOVQ CX, FAULT(R9)
	MOVQ R8, NUMBER(R9)
	MOVQ $1, TRAPPED(R9)
	MOVQ SAVED(R9), SP
	RET

DATA ·enterPC(SB)/8, $·enter(SB)
GLOBL ·enterPC(SB), NOPTR, $8
DATA ·leavePC(SB)/8, $·leave(SB)
GLOBL ·leavePC(SB), NOPTR, $8
