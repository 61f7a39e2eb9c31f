package mach

import "runtime"

// InvalidPolicy reports whether policy is no scheduling policy.
//
// C: invalid_policy of <mach/policy.h>.
func InvalidPolicy(policy Policy) bool {
	return policy != POLICY_TIMESHARE && policy != POLICY_RR && policy != POLICY_FIFO
}

// ValidSwitchOption reports whether opt is an option of [ThreadSwitch].
//
// C: valid_switch_option of <mach/thread_switch.h>.
func ValidSwitchOption(opt int32) bool { return 0 <= opt && opt <= 5 }

// FlavorModifiesCoreCPURegisters reports whether a state of the flavor holds
// the general registers. Flavors are those of the CPU family that the program
// is built for, as in C.
//
// C: FLAVOR_MODIFIES_CORE_CPU_REGISTERS of <mach/machine/thread_status.h>.
func FlavorModifiesCoreCPURegisters(x ThreadStateFlavor) bool {
	if runtime.GOARCH == "amd64" {
		return x == X86_THREAD_STATE || x == X86_THREAD_STATE32 || x == X86_THREAD_STATE64 || x == X86_THREAD_FULL_STATE64
	}
	return x == ARM_THREAD_STATE || x == ARM_THREAD_STATE32 || x == ARM_THREAD_STATE64
}

// ValidThreadStateFlavor reports whether exception messages may carry the
// flavor. Flavors are those of the CPU family that the program is built for, as
// in C.
//
// C: VALID_THREAD_STATE_FLAVOR of <mach/machine/thread_status.h>.
func ValidThreadStateFlavor(x ThreadStateFlavor) bool {
	if runtime.GOARCH == "amd64" {
		switch x {
		case X86_THREAD_STATE32, X86_FLOAT_STATE32, X86_EXCEPTION_STATE32, X86_DEBUG_STATE32,
			X86_THREAD_STATE64, X86_THREAD_FULL_STATE64, X86_FLOAT_STATE64, X86_EXCEPTION_STATE64, X86_DEBUG_STATE64,
			X86_THREAD_STATE, X86_FLOAT_STATE, X86_EXCEPTION_STATE, X86_DEBUG_STATE,
			X86_AVX_STATE32, X86_AVX_STATE64, X86_AVX_STATE, X86_AVX512_STATE32, X86_AVX512_STATE64, X86_AVX512_STATE,
			X86_PAGEIN_STATE, X86_INSTRUCTION_STATE, X86_LAST_BRANCH_STATE,
			x86ThreadStateNone:
			return true
		}
		return false
	}
	switch x {
	case ARM_THREAD_STATE, ARM_VFP_STATE, ARM_EXCEPTION_STATE, ARM_DEBUG_STATE, armThreadStateNone,
		ARM_THREAD_STATE32, ARM_THREAD_STATE64, ARM_EXCEPTION_STATE64, ARM_EXCEPTION_STATE64_V2,
		ARM_NEON_STATE, ARM_NEON_STATE64, ARM_DEBUG_STATE32, ARM_DEBUG_STATE64, ARM_PAGEIN_STATE:
		return true
	}
	return ARMStateFlavorIsOtherValid(x)
}

// THREAD_STATE_NONE of each family.
const (
	armThreadStateNone = 5
	x86ThreadStateNone = 13
)

// ARMStateFlavorIsOtherValid is false: the public headers know no other
// flavors.
//
// C: ARM_STATE_FLAVOR_IS_OTHER_VALID of <mach/arm/thread_status.h>.
func ARMStateFlavorIsOtherValid(ThreadStateFlavor) bool { return false }
