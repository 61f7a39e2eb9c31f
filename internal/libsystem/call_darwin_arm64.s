#include "textflag.h"

// The stubs run on the system stack, called by asmcgocall with the frame in
// R0. A frame is laid out as
//
//	 0  function
//	 8  result
//	16  eight register arguments
//	80  96 bytes of stack arguments (wide frames only), packed to natural
//	    size as Apple's arm64 convention asks
//
// A frame with fewer arguments ends earlier; what the loads find beyond it is
// other memory of the same stack and goes into registers that the callee does
// not read.

// func stub(frame *Head), arguments in registers only
TEXT stub<>(SB), NOSPLIT, $16-0
	MOVD R0, 8(RSP)
	MOVD R0, R9
	MOVD 0(R9), R12
	LDP  16(R9), (R0, R1)
	LDP  32(R9), (R2, R3)
	LDP  48(R9), (R4, R5)
	LDP  64(R9), (R6, R7)
	BL   (R12)
	MOVD 8(RSP), R9
	MOVD R0, 8(R9)
	RET

// func stubLate(frame *Head), a jump: the result is asmcgocall's
TEXT stubLate<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVD 0(R0), R12
	LDP  32(R0), (R2, R3)
	LDP  48(R0), (R4, R5)
	LDP  64(R0), (R6, R7)
	LDP  16(R0), (R0, R1)
	JMP  (R12)

// func stubWide(frame *Head), the result is asmcgocall's
TEXT stubWide<>(SB), NOSPLIT|NOFRAME, $0-0
	STP.W (R29, R30), -16(RSP)
	SUB  $96, RSP
	LDP  80(R0), (R9, R10)
	STP  (R9, R10), 0(RSP)
	LDP  96(R0), (R9, R10)
	STP  (R9, R10), 16(RSP)
	LDP  112(R0), (R9, R10)
	STP  (R9, R10), 32(RSP)
	LDP  128(R0), (R9, R10)
	STP  (R9, R10), 48(RSP)
	LDP  144(R0), (R9, R10)
	STP  (R9, R10), 64(RSP)
	LDP  160(R0), (R9, R10)
	STP  (R9, R10), 80(RSP)
	MOVD 0(R0), R12
	LDP  32(R0), (R2, R3)
	LDP  48(R0), (R4, R5)
	LDP  64(R0), (R6, R7)
	LDP  16(R0), (R0, R1)
	BL   (R12)
	ADD  $96, RSP
	LDP.P 16(RSP), (R29, R30)
	RET

GLOBL ·stubAddr(SB), RODATA, $8
DATA ·stubAddr(SB)/8, $stub<>(SB)
GLOBL ·stubWideAddr(SB), RODATA, $8
DATA ·stubWideAddr(SB)/8, $stubWide<>(SB)
GLOBL ·stubLateAddr(SB), RODATA, $8
DATA ·stubLateAddr(SB)/8, $stubLate<>(SB)
