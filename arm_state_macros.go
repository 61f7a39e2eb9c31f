package mach

import "runtime"

// Flags in the member Pad of [ARMThreadState64], which say how its pointers
// are signed.
const (
	DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH       = 0x1 // nothing is signed
	DARWIN_ARM_THREAD_STATE64_FLAGS_IB_SIGNED_LR     = 0x2 // lr is signed with the B key, as a return address
	DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_PC = 0x4
	DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_LR = 0x8
	DARWIN_ARM_THREAD_STATE64_FLAGS_CUSTOM_X18_ABI   = 0x10
	DARWIN_ARM_THREAD_STATE64_USER_DIVERSIFIER_MASK  = 0xff000000
)

// An arm64e program has these accessors authenticate a pointer when it reads
// one and sign it when it writes one. Go programs are plain arm64 and have
// neither instructions nor keys for it: reading takes the signature off, and
// writing stores what it is given. A state that goes back to an arm64e thread
// must hold pointers that are signed already, or those that came from it.

// addressBits is how much of a pointer is address: the rest is signature, or a
// copy of bit 55 (T0SZ_BOOT of xnu osfmk/arm64/proc_reg.h).
func addressBits() int {
	switch runtime.GOOS {
	case "ios":
		return 39
	case "linux":
		return 48 // what mmap gives unless it is asked for more
	}
	return 47
}

// StripPointer takes the pointer authentication code off p. addressBits is the
// size of the address space: 47 on macOS, 39 on most iOS devices, 48 on most Linux
// systems.
func StripPointer(p uint64, addressBits int) uint64 {
	if addressBits < 1 || addressBits > 55 {
		return p
	}
	low := uint64(1)<<addressBits - 1
	if p>>55&1 != 0 {
		return p | ^low // an address of the kernel's half
	}
	return p & low
}

// strip takes the signature off one of ts's pointers unless a flag in unsigned
// says that it has none.
func (ts *ARMThreadState64) strip(p uint64, unsigned uint32) uint64 {
	if p == 0 || ts.Pad&unsigned != 0 {
		return p
	}
	return StripPointer(p, addressBits())
}

// ARMThreadState64GetPC is the program counter as an address, without signature.
//
// C: arm_thread_state64_get_pc of <mach/arm/thread_status.h>.
func ARMThreadState64GetPC(ts *ARMThreadState64) uint64 {
	return ts.strip(ts.PC, DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH)
}

// ARMThreadState64GetPCFptr is the program counter as it stands in the state.
//
// C: arm_thread_state64_get_pc_fptr of <mach/arm/thread_status.h>.
func ARMThreadState64GetPCFptr(ts *ARMThreadState64) uint64 { return ts.PC }

// ARMThreadState64SetPCFptr sets the program counter. The kernel's signature goes.
//
// C: arm_thread_state64_set_pc_fptr of <mach/arm/thread_status.h>.
func ARMThreadState64SetPCFptr(ts *ARMThreadState64, fptr uint64) {
	ts.PC = fptr
	ts.Pad &^= DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_PC
}

// ARMThreadState64SetPCPresignedFptr sets the program counter to a pointer that is
// signed already.
//
// C: arm_thread_state64_set_pc_presigned_fptr of <mach/arm/thread_status.h>.
func ARMThreadState64SetPCPresignedFptr(ts *ARMThreadState64, fptr uint64) {
	ARMThreadState64SetPCFptr(ts, fptr)
}

// ARMThreadState64GetLr is the link register as an address, without signature. A return address
// that is signed as such keeps its signature.
//
// C: arm_thread_state64_get_lr of <mach/arm/thread_status.h>.
func ARMThreadState64GetLr(ts *ARMThreadState64) uint64 {
	return ts.strip(ts.Lr, DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH|DARWIN_ARM_THREAD_STATE64_FLAGS_IB_SIGNED_LR)
}

// ARMThreadState64GetLrFptr is the link register as it stands in the state.
//
// C: arm_thread_state64_get_lr_fptr of <mach/arm/thread_status.h>.
func ARMThreadState64GetLrFptr(ts *ARMThreadState64) uint64 { return ts.Lr }

// ARMThreadState64SetLrFptr sets the link register. The kernel's signature goes.
//
// C: arm_thread_state64_set_lr_fptr of <mach/arm/thread_status.h>.
func ARMThreadState64SetLrFptr(ts *ARMThreadState64, fptr uint64) {
	ts.Lr = fptr
	ts.Pad &^= DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_LR | DARWIN_ARM_THREAD_STATE64_FLAGS_IB_SIGNED_LR
}

// ARMThreadState64SetLrPresignedFptr sets the link register to a pointer that is
// signed already.
//
// C: arm_thread_state64_set_lr_presigned_fptr of <mach/arm/thread_status.h>.
func ARMThreadState64SetLrPresignedFptr(ts *ARMThreadState64, fptr uint64) {
	ARMThreadState64SetLrFptr(ts, fptr)
}

// ARMThreadState64GetSp is the stack pointer as an address, without signature.
//
// C: arm_thread_state64_get_sp of <mach/arm/thread_status.h>.
func ARMThreadState64GetSp(ts *ARMThreadState64) uint64 {
	return ts.strip(ts.Sp, DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH)
}

// ARMThreadState64SetSp sets the stack pointer.
//
// C: arm_thread_state64_set_sp of <mach/arm/thread_status.h>.
func ARMThreadState64SetSp(ts *ARMThreadState64, ptr uint64) { ts.Sp = ptr }

// ARMThreadState64GetFp is the frame pointer as an address, without signature.
//
// C: arm_thread_state64_get_fp of <mach/arm/thread_status.h>.
func ARMThreadState64GetFp(ts *ARMThreadState64) uint64 {
	return ts.strip(ts.Fp, DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH)
}

// ARMThreadState64SetFp sets the frame pointer.
//
// C: arm_thread_state64_set_fp of <mach/arm/thread_status.h>.
func ARMThreadState64SetFp(ts *ARMThreadState64, ptr uint64) { ts.Fp = ptr }

// ARMThreadState64PtrauthStrip takes the signatures off all four pointers and
// flags the state as unsigned.
//
// C: arm_thread_state64_ptrauth_strip of <mach/arm/thread_status.h>.
func ARMThreadState64PtrauthStrip(ts *ARMThreadState64) {
	ts.PC = ARMThreadState64GetPC(ts)
	ts.Lr = ARMThreadState64GetLr(ts)
	ts.Sp = ARMThreadState64GetSp(ts)
	ts.Fp = ARMThreadState64GetFp(ts)
	ts.Pad |= DARWIN_ARM_THREAD_STATE64_FLAGS_NO_PTRAUTH
	ts.Pad &^= DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_PC | DARWIN_ARM_THREAD_STATE64_FLAGS_KERNEL_SIGNED_LR
}
