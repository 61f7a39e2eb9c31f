//go:build linux

#include "textflag.h"

// Offsets in a slot, and its size.
#define STATE   0
#define PROCEED 4
#define CONTEXT 16
#define INFO    24
#define TID     32
#define SIGNAL  36
#define SLOT    16384

// The handler for faults: R0 is the signal, R1 the siginfo, R2 the ucontext.
// It ends by return, or by going to Go's handler as if that had been called.
TEXT ·faultHandler(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVD R0, R19
	MOVD R1, R20
	MOVD R2, R21
	MOVW 8(R1), R3
	CMPW $0, R3 // what another program sent is no exception
	BLE  chain
	MOVD ·faultSlots(SB), R22
	CBZ  R22, chain
	MOVD $16, R23
	MOVD $1, R4
find:
	LDAXRW (R22), R3
	CBNZW R3, next
	STLXRW R4, (R22), R5
	CBZW R5, taken
	B    find
next:
	ADD  $SLOT, R22
	SUB  $1, R23
	CBNZ R23, find
	B    chain
taken:
	MOVW ZR, PROCEED(R22)
	MOVD R21, CONTEXT(R22)
	MOVD R20, INFO(R22)
	MOVW R19, SIGNAL(R22)
	MOVD $178, R8 // gettid
	SVC
	MOVW R0, TID(R22)
	MOVD $2, R4
	STLRW R4, (R22)
	MOVD $·faultBell(SB), R0
ring:
	LDAXRW (R0), R3
	ADD  $1, R3
	STLXRW R3, (R0), R5
	CBNZW R5, ring
	MOVD $129, R1 // futex(&faultBell, FUTEX_WAKE_PRIVATE, all)
	MOVD $0x7fffffff, R2
	MOVD $98, R8
	SVC
hold:
	ADD  $PROCEED, R22, R0
	LDARW (R0), R24
	CBNZW R24, decided
	MOVD $128, R1 // futex(&proceed, FUTEX_WAIT_PRIVATE, 0, no limit)
	MOVD ZR, R2
	MOVD ZR, R3
	MOVD $98, R8
	SVC
	B    hold
decided:
	STLRW ZR, (R22)
	CMPW $1, R24
	BEQ  out
chain:
	MOVD $·goHandlers(SB), R3
	MOVD (R3)(R19<<3), R3
	MOVD R19, R0
	MOVD R20, R1
	MOVD R21, R2
	JMP  (R3)
out:
	RET

DATA ·faultEntry(SB)/8, $·faultHandler(SB)
GLOBL ·faultEntry(SB), NOPTR, $8
