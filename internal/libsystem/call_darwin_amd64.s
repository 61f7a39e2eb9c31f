#include "textflag.h"

// The stubs run on the system stack, called by asmcgocall with the frame in
// DI. A frame is laid out as
//
//	 0  function
//	 8  result
//	16  six register arguments
//	64  96 bytes of stack arguments (wide frames only), a word each
//
// A frame with fewer arguments ends earlier; what the loads find beyond it is
// other memory of the same stack and goes into registers that the callee does
// not read. AX is the number of vector registers of a variadic call: none.

// func stub(frame *Head), arguments in registers only
TEXT stub<>(SB), NOSPLIT, $16-0
	MOVQ DI, 8(SP)
	MOVQ 0(DI), R11
	MOVQ 24(DI), SI
	MOVQ 32(DI), DX
	MOVQ 40(DI), CX
	MOVQ 48(DI), R8
	MOVQ 56(DI), R9
	MOVQ 16(DI), DI
	XORL AX, AX
	CALL R11
	MOVQ 8(SP), DI
	MOVQ AX, 8(DI)
	RET

// func stubLate(frame *Head), a jump: the result is asmcgocall's
TEXT stubLate<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ 0(DI), R11
	MOVQ 24(DI), SI
	MOVQ 32(DI), DX
	MOVQ 40(DI), CX
	MOVQ 48(DI), R8
	MOVQ 56(DI), R9
	MOVQ 16(DI), DI
	XORL AX, AX
	JMP R11

// func stubWide(frame *Head), the result is asmcgocall's. The function is not
// variadic, so AX says nothing to it. 96 bytes are for the arguments, 8 align
// the stack.
TEXT stubWide<>(SB), NOSPLIT|NOFRAME, $0-0
	ADJSP $104
	MOVUPS 64(DI), X0
	MOVUPS X0, 0(SP)
	MOVUPS 80(DI), X0
	MOVUPS X0, 16(SP)
	MOVUPS 96(DI), X0
	MOVUPS X0, 32(SP)
	MOVUPS 112(DI), X0
	MOVUPS X0, 48(SP)
	MOVUPS 128(DI), X0
	MOVUPS X0, 64(SP)
	MOVUPS 144(DI), X0
	MOVUPS X0, 80(SP)
	MOVQ 0(DI), R11
	MOVQ 24(DI), SI
	MOVQ 32(DI), DX
	MOVQ 40(DI), CX
	MOVQ 48(DI), R8
	MOVQ 56(DI), R9
	MOVQ 16(DI), DI
	CALL R11
	ADJSP $-104
	RET

GLOBL ·stubAddr(SB), RODATA, $8
DATA ·stubAddr(SB)/8, $stub<>(SB)
GLOBL ·stubWideAddr(SB), RODATA, $8
DATA ·stubWideAddr(SB)/8, $stubWide<>(SB)
GLOBL ·stubLateAddr(SB), RODATA, $8
DATA ·stubLateAddr(SB)/8, $stubLate<>(SB)
