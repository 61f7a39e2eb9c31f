//go:build linux

#include "textflag.h"

// C: void *clear(at DI, value SI, size DX), in the place of memset. See translations.go.
TEXT ·clearAll(SB), NOSPLIT|NOFRAME, $0
	MOVQ  ·clearing+0(SB), AX
	TESTL SI, SI
	JNE   all
	CMPQ  DX, $0x10000000
	JAE   many
all:
	JMP   AX
many:
	PUSHQ BX
	PUSHQ R12
	PUSHQ R13
	MOVQ  DI, BX
	MOVQ  DX, R12
	ADDQ  DI, R12 // the end
	MOVQ  ·clearing+8(SB), R13
	NEGQ  R13
	// up to the first whole page
	MOVQ  DI, DX
	NEGQ  DX
	MOVQ  R13, CX
	NOTQ  CX
	ANDQ  CX, DX
	CALL  AX
	// the whole pages
	MOVQ  R13, DI
	NOTQ  DI
	ADDQ  BX, DI
	ANDQ  R13, DI
	MOVQ  R12, SI
	ANDQ  R13, SI
	SUBQ  DI, SI
	MOVQ  $4, DX // MADV_DONTNEED
	MOVQ  $28, AX // madvise
	SYSCALL
	MOVQ  R12, DI
	ANDQ  R13, DI
	TESTQ AX, AX
	JEQ   rest
	MOVQ  BX, DI // it was not done
rest:
	MOVQ  R12, DX
	SUBQ  DI, DX
	XORL  SI, SI
	MOVQ  ·clearing+0(SB), AX
	CALL  AX
	MOVQ  BX, AX
	POPQ  R13
	POPQ  R12
	POPQ  BX
	RET

// func clearMemory() uintptr
TEXT ·clearMemory(SB), NOSPLIT, $0-8
	LEAQ ·clearAll(SB), AX
	MOVQ AX, ret+0(FP)
	RET
