//go:build linux

#include "textflag.h"

// The hooks below are called by Unicorn by the C convention. They are so small that they
// need neither Go's runtime nor a stack frame; user data is the address of a hookState.
//   block, code: (uc DI, address SI, size DX, state CX)
//   interrupt:   (uc DI, number SI, state DX)
//   invalid:     (uc DI, state SI)

// Count down and stop the machine when the budget is used up.
TEXT ·blockHook(SB), NOSPLIT|NOFRAME, $0
	MOVQ SI, 48(CX)
	DECQ 0(CX)
	JS   stop
	RET
stop:
	MOVQ $1, 136(CX)
	MOVQ 8(CX), AX
	JMP  AX

// The guest entered a stub: remember which and stop.
TEXT ·stubHook(SB), NOSPLIT|NOFRAME, $0
	MOVQ SI, 16(CX)
	MOVQ 8(CX), AX
	JMP  AX

TEXT ·countHook(SB), NOSPLIT|NOFRAME, $0
	INCQ 40(CX)
	RET

TEXT ·interruptHook(SB), NOSPLIT|NOFRAME, $0
	MOVL SI, AX
	INCQ AX
	MOVQ AX, 24(DX)
	MOVQ 8(DX), AX
	JMP  AX

TEXT ·invalidHook(SB), NOSPLIT|NOFRAME, $0
	MOVQ $1, 32(SI)
	XORL AX, AX
	RET

// Remember the instruction that is about to be executed, and its size.
TEXT ·traceHook(SB), NOSPLIT|NOFRAME, $0
	MOVQ SI, 56(CX)
	MOVL DX, DX
	MOVQ DX, 64(CX)
	RET

// Let one instruction be executed and stop at the next one. Unicorn keeps translations that
// call this after the hook is gone, so it does nothing then.
TEXT ·stepHook(SB), NOSPLIT|NOFRAME, $0
	CMPQ 128(CX), $0
	JEQ  none
	CMPQ 56(CX), $0
	JNE  second
	MOVQ SI, 56(CX)
none:
	RET
second:
	MOVQ SI, 72(CX)
	MOVQ 8(CX), AX
	JMP  AX

// syscall: (uc DI, state SI)
TEXT ·syscallHook(SB), NOSPLIT|NOFRAME, $0
	MOVQ $1, 104(SI)
	MOVQ 8(SI), AX
	JMP  AX

// in: (uc DI, port SI, size DX, state CX); out: (uc DI, port SI, size DX, value CX, state R8)
TEXT ·inHook(SB), NOSPLIT|NOFRAME, $0
	MOVQ $1, 112(CX)
	PUSHQ AX
	CALL 8(CX)
	POPQ CX
	XORL AX, AX
	RET

TEXT ·outHook(SB), NOSPLIT|NOFRAME, $0
	MOVQ $1, 112(R8)
	MOVQ 8(R8), AX
	JMP  AX

TEXT ·sysenterHook(SB), NOSPLIT|NOFRAME, $0
	MOVQ $1, 120(SI)
	MOVQ 8(SI), AX
	JMP  AX

// hookAddress(n) is where hook n starts.
TEXT ·hookAddress(SB), NOSPLIT, $0-16
	MOVQ n+0(FP), AX
	CMPQ AX, $0
	JEQ  h0
	CMPQ AX, $1
	JEQ  h1
	CMPQ AX, $2
	JEQ  h2
	CMPQ AX, $3
	JEQ  h3
	CMPQ AX, $5
	JEQ  h5
	CMPQ AX, $6
	JEQ  h6
	CMPQ AX, $7
	JEQ  h7
	CMPQ AX, $8
	JEQ  h8
	CMPQ AX, $9
	JEQ  h9
	CMPQ AX, $10
	JEQ  h10
	LEAQ ·invalidHook(SB), BX
	JMP  done
h0:
	LEAQ ·blockHook(SB), BX
	JMP  done
h1:
	LEAQ ·stubHook(SB), BX
	JMP  done
h2:
	LEAQ ·countHook(SB), BX
	JMP  done
h3:
	LEAQ ·interruptHook(SB), BX
	JMP  done
h5:
	LEAQ ·traceHook(SB), BX
	JMP  done
h6:
	LEAQ ·stepHook(SB), BX
	JMP  done
h7:
	LEAQ ·syscallHook(SB), BX
	JMP  done
h8:
	LEAQ ·inHook(SB), BX
	JMP  done
h9:
	LEAQ ·outHook(SB), BX
	JMP  done
h10:
	LEAQ ·sysenterHook(SB), BX
done:
	MOVQ BX, ret+8(FP)
	RET
