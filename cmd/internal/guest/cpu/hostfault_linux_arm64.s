#include "textflag.h"

// A fault of the host in memory that the processor uses: see hostfault.go. The offsets are
// those of hostSlot, hookState, siginfo and ucontext. R27 is not to be changed, so no word of
// Go's is loaded by its name.

#define SLOTS 64
#define SLOTSIZE 16
#define FRAMESIZE 4688 // siginfo (128), ucontext (176), its registers (288) and what follows them (4096)

// TPIDR_EL0 is the C library's pointer to the thread's own block, which tells threads apart.
#define THREAD_R9 WORD $0xd53bd049

// C: uint64 emulate(slot R0, uc_emu_start R1, uc R2, begin R3, until R4)
TEXT ·emulate(SB), NOSPLIT|NOFRAME, $0
	STP.W (R29, R30), -32(RSP)
	MOVD  R19, 16(RSP)
	MOVD  RSP, R29
	MOVD  R0, R19
	THREAD_R9
	MOVD  R9, 0(R19)
	MOVD  R1, R9
	MOVD  R2, R0
	MOVD  R3, R1
	MOVD  R4, R2
	MOVD  ZR, R3
	MOVD  ZR, R4
	CALL  (R9)
	MOVD  ZR, 0(R19)
	MOVD  16(RSP), R19
	LDP.P 32(RSP), (R29, R30)
	RET

// The handler of SIGBUS and SIGSEGV: (signal R0, siginfo R1, ucontext R2). What is not the
// processor's goes to the handler that was there before.
TEXT ·hostFaultHandler(SB), NOSPLIT|NOFRAME, $0
	THREAD_R9
	MOVD $·hostSlots(SB), R10
	MOVD $SLOTS, R11
next:
	MOVD 0(R10), R12
	CMP  R9, R12
	BEQ  found
	ADD  $SLOTSIZE, R10
	SUBS $1, R11
	BNE  next
before:
	MOVD $·hostFaults(SB), R9
	CMPW $7, R0 // SIGBUS
	BEQ  bus
	MOVD 8(R9), R9
	JMP  (R9)
bus:
	MOVD 0(R9), R9
	JMP  (R9)
found:
	MOVD 8(R10), R9 // hookState
	MOVD 96(R9), R10
	CBNZ R10, before // in the middle of a call into Go
	ADD  $128, R1, R10
	CMP  R10, R2
	BNE  before // not the frame that we know
	MOVD 16(R1), R10 // si_addr
	LSR  $16, R10, R11
	CBZ  R11, before
	MOVD $0x700000000000, R11
	CMP  R11, R10
	BHS  before
	MOVD R10, 80(R9)
	MOVD 440(R2), R10 // pc
	MOVD R10, 88(R9)
	// A copy of the frame, from which the system restores every register afterwards, stands on
	// the thread's stack, and the thread goes on in hostFaultThunk.
	MOVD 432(R2), R11 // sp
	SUB  $FRAMESIZE, R11, R11
	AND  $~15, R11, R11
	MOVD R1, R12
	MOVD R11, R13
	MOVD $FRAMESIZE, R14
copy:
	LDP.P 16(R12), (R15, R16)
	STP.P (R15, R16), 16(R13)
	SUBS $16, R14
	BNE  copy
	MOVD R9, 184(R2) // the first register
	MOVD R11, 432(R2)
	MOVD $·hostFaultThunk(SB), R10
	MOVD R10, 440(R2)
	RET

// Calls Go and lets the system restore the registers.
TEXT ·hostFaultThunk(SB), NOSPLIT|NOFRAME, $0
	MOVD $·hostFaults(SB), R9
	MOVD 16(R9), R9
	CALL (R9)
	MOVD $139, R8 // rt_sigreturn, of the frame at the stack pointer
	SVC

// func hostFaultAddresses() (emulate, handler uintptr)
TEXT ·hostFaultAddresses(SB), NOSPLIT, $0-16
	MOVD $·emulate(SB), R0
	MOVD R0, emulate+0(FP)
	MOVD $·hostFaultHandler(SB), R0
	MOVD R0, handler+8(FP)
	RET
