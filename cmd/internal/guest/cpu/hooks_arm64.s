//go:build linux

#include "textflag.h"

// See hooks_amd64.s. Arguments are in R0, R1, R2, R3.

TEXT ·blockHook(SB), NOSPLIT|NOFRAME, $0
	MOVD R1, 48(R3)
	MOVD 0(R3), R4
	SUBS $1, R4, R4
	MOVD R4, 0(R3)
	BMI  stop
	RET
stop:
	MOVD $1, R4
	MOVD R4, 136(R3)
	MOVD 8(R3), R4
	JMP  (R4)

TEXT ·stubHook(SB), NOSPLIT|NOFRAME, $0
	MOVD R1, 16(R3)
	MOVD 8(R3), R4
	JMP  (R4)

TEXT ·countHook(SB), NOSPLIT|NOFRAME, $0
	MOVD 40(R3), R4
	ADD  $1, R4, R4
	MOVD R4, 40(R3)
	RET

TEXT ·interruptHook(SB), NOSPLIT|NOFRAME, $0
	MOVWU R1, R4
	ADD   $1, R4, R4
	MOVD  R4, 24(R2)
	MOVD  8(R2), R4
	JMP   (R4)

TEXT ·invalidHook(SB), NOSPLIT|NOFRAME, $0
	MOVD $1, R4
	MOVD R4, 32(R1)
	MOVD ZR, R0
	RET

TEXT ·traceHook(SB), NOSPLIT|NOFRAME, $0
	MOVD  R1, 56(R3)
	MOVWU R2, R2
	MOVD  R2, 64(R3)
	RET

TEXT ·stepHook(SB), NOSPLIT|NOFRAME, $0
	MOVD 128(R3), R4
	CBZ  R4, none
	MOVD 56(R3), R4
	CBNZ R4, second
	MOVD R1, 56(R3)
none:
	RET
second:
	MOVD R1, 72(R3)
	MOVD 8(R3), R4
	JMP  (R4)

TEXT ·syscallHook(SB), NOSPLIT|NOFRAME, $0
	MOVD $1, R4
	MOVD R4, 104(R1)
	MOVD 8(R1), R4
	JMP  (R4)

TEXT ·inHook(SB), NOSPLIT, $0
	MOVD $1, R4
	MOVD R4, 112(R3)
	MOVD 8(R3), R4
	CALL (R4)
	MOVD ZR, R0
	RET

TEXT ·outHook(SB), NOSPLIT|NOFRAME, $0
	MOVD $1, R5
	MOVD R5, 112(R4)
	MOVD 8(R4), R5
	JMP  (R5)

TEXT ·sysenterHook(SB), NOSPLIT|NOFRAME, $0
	MOVD $1, R4
	MOVD R4, 120(R1)
	MOVD 8(R1), R4
	JMP  (R4)

TEXT ·hookAddress(SB), NOSPLIT, $0-16
	MOVD n+0(FP), R0
	CMP  $0, R0
	BEQ  h0
	CMP  $1, R0
	BEQ  h1
	CMP  $2, R0
	BEQ  h2
	CMP  $3, R0
	BEQ  h3
	CMP  $5, R0
	BEQ  h5
	CMP  $6, R0
	BEQ  h6
	CMP  $7, R0
	BEQ  h7
	CMP  $8, R0
	BEQ  h8
	CMP  $9, R0
	BEQ  h9
	CMP  $10, R0
	BEQ  h10
	MOVD $·invalidHook(SB), R1
	JMP  done
h0:
	MOVD $·blockHook(SB), R1
	JMP  done
h1:
	MOVD $·stubHook(SB), R1
	JMP  done
h2:
	MOVD $·countHook(SB), R1
	JMP  done
h3:
	MOVD $·interruptHook(SB), R1
	JMP  done
h5:
	MOVD $·traceHook(SB), R1
	JMP  done
h6:
	MOVD $·stepHook(SB), R1
	JMP  done
h7:
	MOVD $·syscallHook(SB), R1
	JMP  done
h8:
	MOVD $·inHook(SB), R1
	JMP  done
h9:
	MOVD $·outHook(SB), R1
	JMP  done
h10:
	MOVD $·sysenterHook(SB), R1
done:
	MOVD R1, ret+8(FP)
	RET
