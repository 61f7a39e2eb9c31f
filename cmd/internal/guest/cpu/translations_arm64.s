//go:build linux

#include "textflag.h"

// C: void *clear(at R0, value R1, size R2), in the place of memset. See translations.go.
// A word of ·clearing is never loaded by its name: that would use R27, which C's callers keep.
TEXT ·clearAll(SB), NOSPLIT|NOFRAME, $0
	MOVD $·clearing(SB), R9
	MOVD 0(R9), R9
	CBNZW R1, all
	MOVD $0x10000000, R10
	CMP  R10, R2
	BHS  many
all:
	JMP  (R9)
many:
	STP.W (R29, R30), -48(RSP)
	STP  (R19, R20), 16(RSP)
	MOVD R21, 32(RSP)
	MOVD RSP, R29
	MOVD R0, R19
	ADD  R0, R2, R20 // the end
	MOVD $·clearing(SB), R10
	MOVD 8(R10), R21
	NEG  R21, R21
	// up to the first whole page
	NEG  R0, R2
	BIC  R21, R2, R2
	CALL (R9)
	// the whole pages
	MVN  R21, R0
	ADD  R19, R0, R0
	AND  R21, R0, R0
	AND  R21, R20, R1
	SUB  R0, R1, R1
	MOVD $4, R2 // MADV_DONTNEED
	MOVD $233, R8 // madvise
	SVC
	CMP  $0, R0
	AND  R21, R20, R3
	CSEL EQ, R3, R19, R0 // from the beginning if it was not done
	SUB  R0, R20, R2
	MOVD $0, R1
	MOVD $·clearing(SB), R9
	MOVD 0(R9), R9
	CALL (R9)
	MOVD R19, R0
	MOVD 32(RSP), R21
	LDP  16(RSP), (R19, R20)
	LDP.P 48(RSP), (R29, R30)
	RET

// func clearMemory() uintptr
TEXT ·clearMemory(SB), NOSPLIT, $0-8
	MOVD $·clearAll(SB), R0
	MOVD R0, ret+0(FP)
	RET
