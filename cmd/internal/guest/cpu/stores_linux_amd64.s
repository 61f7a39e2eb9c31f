#include "textflag.h"

// These stand in for Unicorn's tlb_set_page_with_attrs:
//   (cpu DI, address SI, physical DX, attributes CX, protection R8, index R9, size on the stack)
// They call it and then, for a page of data, tlb_set_dirty(cpu DI, address SI).

TEXT ·enterPageARM64(SB), NOSPLIT|NOFRAME, $0
	MOVQ ·tlb+8(SB), R10
	MOVQ ·tlb+16(SB), R11
	JMP  ·enter(SB)

TEXT ·enterPageAMD64(SB), NOSPLIT|NOFRAME, $0
	MOVQ ·tlb+24(SB), R10
	MOVQ ·tlb+32(SB), R11
	JMP  ·enter(SB)

// The same for both: R10 is the first function, R11 the second.
TEXT ·enter(SB), NOSPLIT|NOFRAME, $0
	PUSHQ BX
	PUSHQ R12
	PUSHQ R13
	SUBQ  $16, SP
	MOVQ  48(SP), AX // the size, above three registers and the return address
	MOVQ  AX, 0(SP)
	MOVQ  DI, BX
	MOVQ  SI, R12
	MOVQ  R11, R13
	CALL  R10
	ADDQ  $16, SP
	MOVQ  BX, DI
	MOVQ  R12, SI
	MOVQ  R13, R11
	POPQ  R13
	POPQ  R12
	POPQ  BX
	MOVQ  SI, CX
	SHRQ  $12, CX
	MOVQ  CX, AX
	SHRQ  $3, AX
	MOVQ  $0xffffffff, DX
	CMPQ  AX, DX
	JHI   done
	MOVQ  ·tlb+0(SB), DX
	MOVBLZX (DX)(AX*1), AX
	ANDL  $7, CX
	BTL   CX, AX
	JCC   done
	JMP   R11
done:
	RET

// func enterPage(amd64 bool) uintptr
TEXT ·enterPage(SB), NOSPLIT, $0-16
	LEAQ ·enterPageARM64(SB), AX
	CMPB amd64+0(FP), $0
	JEQ  store
	LEAQ ·enterPageAMD64(SB), AX
store:
	MOVQ AX, ret+8(FP)
	RET
