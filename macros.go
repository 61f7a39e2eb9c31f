package mach

import (
	"math"
	"runtime"
)

// This file has the function-like macros of the headers that are written by hand,
// by header. Those that have one shape are generated (zmacros.go); those that take
// exceptions' codes apart stand beside the codes (exception_codes.go).

// MachMsghBits packs the dispositions of a header's remote and local port. It
// leaves no room for a voucher; see [MachMsghBitsSet].
//
// C: MACH_MSGH_BITS of <mach/message.h>.
func MachMsghBits(remote, local MachMsgTypeName) MachMsgBits {
	return MachMsgBits(remote) | MachMsgBits(local)<<8
}

// MachMsghBitsSetPorts packs the three dispositions of a header, five bits
// each.
//
// C: MACH_MSGH_BITS_SET_PORTS of <mach/message.h>.
func MachMsghBitsSetPorts(remote, local, voucher MachMsgTypeName) MachMsgBits {
	return MachMsgBits(remote)&MACH_MSGH_BITS_REMOTE_MASK |
		MachMsgBits(local)<<8&MACH_MSGH_BITS_LOCAL_MASK |
		MachMsgBits(voucher)<<16&MACH_MSGH_BITS_VOUCHER_MASK
}

// MachMsghBitsSet packs the dispositions of a header and other bits, such as
// [MACH_MSGH_BITS_COMPLEX].
//
// C: MACH_MSGH_BITS_SET of <mach/message.h>.
func MachMsghBitsSet(remote, local, voucher MachMsgTypeName, other MachMsgBits) MachMsgBits {
	return MachMsghBitsSetPorts(remote, local, voucher) | other&^MACH_MSGH_BITS_PORTS_MASK
}

// MachMsghBitsRemote is the disposition of the remote port.
//
// C: MACH_MSGH_BITS_REMOTE of <mach/message.h>.
func MachMsghBitsRemote(bits MachMsgBits) MachMsgTypeName {
	return MachMsgTypeName(bits & MACH_MSGH_BITS_REMOTE_MASK)
}

// MachMsghBitsLocal is the disposition of the local port.
//
// C: MACH_MSGH_BITS_LOCAL of <mach/message.h>.
func MachMsghBitsLocal(bits MachMsgBits) MachMsgTypeName {
	return MachMsgTypeName(bits & MACH_MSGH_BITS_LOCAL_MASK >> 8)
}

// MachMsghBitsVoucher is the disposition of the voucher port.
//
// C: MACH_MSGH_BITS_VOUCHER of <mach/message.h>.
func MachMsghBitsVoucher(bits MachMsgBits) MachMsgTypeName {
	return MachMsgTypeName(bits & MACH_MSGH_BITS_VOUCHER_MASK >> 16)
}

// MachMsghBitsPorts is bits with the dispositions only.
//
// C: MACH_MSGH_BITS_PORTS of <mach/message.h>.
func MachMsghBitsPorts(bits MachMsgBits) MachMsgBits { return bits & MACH_MSGH_BITS_PORTS_MASK }

// MachMsghBitsOther is bits without the dispositions.
//
// C: MACH_MSGH_BITS_OTHER of <mach/message.h>.
func MachMsghBitsOther(bits MachMsgBits) MachMsgBits { return bits &^ MACH_MSGH_BITS_PORTS_MASK }

// MachMsghBitsHasRemote reports whether the header has a remote port.
//
// C: MACH_MSGH_BITS_HAS_REMOTE of <mach/message.h>.
func MachMsghBitsHasRemote(bits MachMsgBits) bool { return MachMsghBitsRemote(bits) != 0 }

// MachMsghBitsHasLocal reports whether the header has a local port.
//
// C: MACH_MSGH_BITS_HAS_LOCAL of <mach/message.h>.
func MachMsghBitsHasLocal(bits MachMsgBits) bool { return MachMsghBitsLocal(bits) != 0 }

// MachMsghBitsHasVoucher reports whether the header has a voucher.
//
// C: MACH_MSGH_BITS_HAS_VOUCHER of <mach/message.h>.
func MachMsghBitsHasVoucher(bits MachMsgBits) bool { return MachMsghBitsVoucher(bits) != 0 }

// MachMsghBitsIsComplex reports whether descriptors follow the header.
//
// C: MACH_MSGH_BITS_IS_COMPLEX of <mach/message.h>.
func MachMsghBitsIsComplex(bits MachMsgBits) bool { return bits&MACH_MSGH_BITS_COMPLEX != 0 }

// MachMsghBitsRaisedImportance reports whether the message raised the
// receiver's importance.
//
// C: MACH_MSGH_BITS_RAISED_IMPORTANCE of <mach/message.h>.
func MachMsghBitsRaisedImportance(bits MachMsgBits) bool { return bits&MACH_MSGH_BITS_RAISEIMP != 0 }

// MachMsghBitsHoldsImportanceAssertion reports whether an assertion goes with
// the message.
//
// C: MACH_MSGH_BITS_HOLDS_IMPORTANCE_ASSERTION of <mach/message.h>.
func MachMsghBitsHoldsImportanceAssertion(bits MachMsgBits) bool {
	return bits&MACH_MSGH_BITS_IMPHOLDASRT != 0
}

// RoundMsg rounds a message size up to a multiple of four bytes. A trailer
// stands at that offset.
//
// C: round_msg of <mach/message.h>.
func RoundMsg(x MachMsgSize) MachMsgSize { return (x + 3) &^ 3 }

// MachMsgTypePortAny reports whether x is the disposition of a port.
//
// C: MACH_MSG_TYPE_PORT_ANY of <mach/message.h>.
func MachMsgTypePortAny(x MachMsgTypeName) bool {
	return MACH_MSG_TYPE_MOVE_RECEIVE <= x && x <= MACH_MSG_TYPE_MAKE_SEND_ONCE
}

// MachMsgTypePortAnySend reports whether x is a disposition that gives the
// receiver a send or send-once right.
//
// C: MACH_MSG_TYPE_PORT_ANY_SEND of <mach/message.h>.
func MachMsgTypePortAnySend(x MachMsgTypeName) bool {
	return MACH_MSG_TYPE_MOVE_SEND <= x && x <= MACH_MSG_TYPE_MAKE_SEND_ONCE
}

// MachMsgTypePortAnySendOnce reports whether x is a disposition that gives the
// receiver a send-once right.
//
// C: MACH_MSG_TYPE_PORT_ANY_SEND_ONCE of <mach/message.h>.
func MachMsgTypePortAnySendOnce(x MachMsgTypeName) bool {
	return x == MACH_MSG_TYPE_MOVE_SEND_ONCE || x == MACH_MSG_TYPE_MAKE_SEND_ONCE
}

// MachMsgTypePortAnyRight reports whether x is one of the dispositions that
// move a right, which are also those of a received message.
//
// C: MACH_MSG_TYPE_PORT_ANY_RIGHT of <mach/message.h>.
func MachMsgTypePortAnyRight(x MachMsgTypeName) bool {
	return MACH_MSG_TYPE_MOVE_RECEIVE <= x && x <= MACH_MSG_TYPE_MOVE_SEND_ONCE
}

// MachRcvTrailerType is the option that asks for a trailer of format x, such
// as [MACH_MSG_TRAILER_FORMAT_0].
//
// C: MACH_RCV_TRAILER_TYPE of <mach/message.h>.
func MachRcvTrailerType(x MachMsgTrailerType) MachMsgOption { return MachMsgOption(x & 0xf << 28) }

// MachRcvTrailerElements is the option that asks for a trailer up to element
// x, such as [MACH_RCV_TRAILER_AUDIT].
//
// C: MACH_RCV_TRAILER_ELEMENTS of <mach/message.h>.
func MachRcvTrailerElements(x uint32) MachMsgOption { return MachMsgOption(x & 0xf << 24) }

// GetRcvElements is the trailer element that option asks for.
//
// C: GET_RCV_ELEMENTS of <mach/message.h>.
func GetRcvElements(option MachMsgOption) uint32 { return uint32(option) >> 24 & 0xf }

// RequestedTrailerSize is the size of the trailer that a receive with option
// delivers. The buffer needs that much room behind the message.
//
// C: REQUESTED_TRAILER_SIZE, REQUESTED_TRAILER_SIZE_NATIVE of <mach/message.h>.
func RequestedTrailerSize(option MachMsgOption) MachMsgTrailerSize {
	switch GetRcvElements(option) {
	case MACH_RCV_TRAILER_NULL:
		return MachMsgTrailerSize(SizeOf[MachMsgTrailer](int32(1)))
	case MACH_RCV_TRAILER_SEQNO:
		return MachMsgTrailerSize(SizeOf[MachMsgSeqnoTrailer](int32(1)))
	case MACH_RCV_TRAILER_SENDER:
		return MachMsgTrailerSize(SizeOf[MachMsgSecurityTrailer](int32(1)))
	case MACH_RCV_TRAILER_AUDIT:
		return MachMsgTrailerSize(SizeOf[MachMsgAuditTrailer](int32(1)))
	case MACH_RCV_TRAILER_CTX:
		return MachMsgTrailerSize(SizeOf[MachMsgContextTrailer](int32(1)))
	case MACH_RCV_TRAILER_AV:
		return MachMsgTrailerSize(SizeOf[MachMsgMacTrailer](int32(1)))
	}
	return MachMsgTrailerSize(SizeOf[MachMsgMaxTrailer](int32(1)))
}

// MachPortValid reports whether name may denote a right: it is neither
// [MACH_PORT_NULL] nor [MACH_PORT_DEAD].
//
// C: MACH_PORT_VALID of <mach/port.h>.
func MachPortValid(name MachPortName) bool { return name != MACH_PORT_NULL && name != MACH_PORT_DEAD }

// PortValid is the older name of [MachPortValid].
//
// C: PORT_VALID of <mach/port.h>.
func PortValid(name MachPortName) bool { return MachPortValid(name) }

// MachPortIndex is the place in the name space that the kernel chose for name.
//
// C: MACH_PORT_INDEX of <mach/port.h>.
func MachPortIndex(name MachPortName) uint32 { return uint32(name) >> 8 }

// MachPortGen is the generation of name, in the upper eight bits.
//
// C: MACH_PORT_GEN of <mach/port.h>.
func MachPortGen(name MachPortName) uint32 { return uint32(name) & 0xff << 24 }

// MachPortMake is the name with that index and generation.
//
// C: MACH_PORT_MAKE of <mach/port.h>.
func MachPortMake(index, gen uint32) MachPortName { return MachPortName(index<<8 | gen>>24) }

// MachPortTypeOf is the type bit of a right. (The plain name belongs to the
// function [MachPortType].)
//
// C: MACH_PORT_TYPE of <mach/port.h>.
func MachPortTypeOf(right MachPortRight) MachPortType_t { return 1 << (right + 16) }

// MpoMakePortType is the part of the construction flags that says of what type
// a new port is.
//
// C: MPO_MAKE_PORT_TYPE of <mach/port.h>.
func MpoMakePortType(a, b uint32) MpoFlags { return a&7<<14 | b&7<<10 }

// CurrentTask is another name of [MachTaskSelf].
//
// C: current_task, mach_task_self of <mach/mach_init.h>.
func CurrentTask() Task { return MachTaskSelf() }

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

// VMMakeTag is the allocation flag that marks memory with a tag.
//
// C: VM_MAKE_TAG of <mach/vm_statistics.h>.
func VMMakeTag(tag VMMemory) int32 { return int32(tag << 24) }

// VMGetFlagsAlias is the tag in allocation flags.
//
// C: VM_GET_FLAGS_ALIAS of <mach/vm_statistics.h>.
func VMGetFlagsAlias(flags int32) VMMemory { return VMMemory(flags) >> 24 & 0xff }

// VMSetFlagsAlias sets the tag in allocation flags.
//
// C: VM_SET_FLAGS_ALIAS of <mach/vm_statistics.h>.
func VMSetFlagsAlias(flags *int32, alias VMMemory) {
	*flags = int32(uint32(*flags)&^VM_FLAGS_ALIAS_MASK | uint32(alias)&^VM_FLAGS_ALIAS_MASK<<24)
}

// VMStatisticsTruncateTo32Bit is value, or the largest number of 32 bits.
//
// C: VM_STATISTICS_TRUNCATE_TO_32_BIT of <mach/vm_statistics.h>.
func VMStatisticsTruncateTo32Bit(value uint64) uint32 { return uint32(min(value, math.MaxUint32)) }

// TruncPage rounds x down to a page of the process, of [VMPageSize] bytes.
//
// C: trunc_page of <mach/vm_page_size.h>.
func TruncPage(x uint64) uint64 { return x &^ (VMPageSize() - 1) }

// RoundPage rounds x up to a page of the process, of [VMPageSize] bytes.
//
// C: round_page of <mach/vm_page_size.h>.
func RoundPage(x uint64) uint64 { return TruncPage(x + VMPageSize() - 1) }

// MachVMTruncPage rounds x down to a page of the process.
//
// C: mach_vm_trunc_page of <mach/vm_page_size.h>.
func MachVMTruncPage(x MachVMOffset) MachVMOffset { return x &^ VMPageMask() }

// MachVMRoundPage rounds x up to a page of the process.
//
// C: mach_vm_round_page of <mach/vm_page_size.h>.
func MachVMRoundPage(x MachVMOffset) MachVMOffset { return (x + VMPageMask()) &^ VMPageMask() }

// TruncPageKernel rounds x down to a page of the kernel, which counts the
// host's statistics in pages of that size.
//
// C: trunc_page_kernel of <mach/vm_page_size.h>.
func TruncPageKernel(x uint64) uint64 { return x &^ VMKernelPageMask() }

// RoundPageKernel rounds x up to a page of the kernel.
//
// C: round_page_kernel of <mach/vm_page_size.h>.
func RoundPageKernel(x uint64) uint64 { return TruncPageKernel(x + VMKernelPageMask()) }

// MachinePtob turns a count of pages into bytes.
//
// C: machine_ptob of <mach/machine/vm_param.h>.
func MachinePtob(x uint64) uint64 { return x << uint(VMPageShift()&63) }

// GetMapMem is the caching mode, such as [MAP_MEM_WCOMB], in the permission
// word of a memory entry.
//
// C: GET_MAP_MEM of <mach/memory_object_types.h>.
func GetMapMem(flags uint32) uint32 { return flags >> 24 }

// SetMapMem sets the caching mode in the permission word of a memory entry.
//
// C: SET_MAP_MEM of <mach/memory_object_types.h>.
func SetMapMem(caching uint32, flags *uint32) { *flags = caching<<24 | *flags&0xffffff }

// InvalidMemoryObjectFlavor reports whether f is no flavor of memory object
// attributes.
//
// C: invalid_memory_object_flavor of <mach/memory_object_types.h>.
func InvalidMemoryObjectFlavor(f MemoryObjectFlavor) bool {
	const oldBehavior, oldAttribute = 10, 12 // private names of the header
	switch f {
	case MEMORY_OBJECT_ATTRIBUTE_INFO, MEMORY_OBJECT_PERFORMANCE_INFO, MEMORY_OBJECT_BEHAVIOR_INFO, oldBehavior, oldAttribute:
		return false
	}
	return true
}

// BadMachTimespec reports whether t's nanoseconds are outside of a second.
//
// C: BAD_MACH_TIMESPEC of <mach/clock_types.h>.
func BadMachTimespec(t *MachTimespec) bool { return t.TvNsec < 0 || t.TvNsec >= NSEC_PER_SEC }

// CmpMachTimespec is t1 - t2 in nanoseconds if their seconds are equal, and
// else a second with the sign of the difference.
//
// C: CMP_MACH_TIMESPEC of <mach/clock_types.h>.
func CmpMachTimespec(t1, t2 *MachTimespec) int64 {
	switch {
	case t1.TvSec > t2.TvSec:
		return NSEC_PER_SEC
	case t1.TvSec < t2.TvSec:
		return -NSEC_PER_SEC
	}
	return int64(t1.TvNsec) - int64(t2.TvNsec)
}

// AddMachTimespec adds t2 to t1. Both must be good; see [BadMachTimespec].
//
// C: ADD_MACH_TIMESPEC of <mach/clock_types.h>.
func AddMachTimespec(t1, t2 *MachTimespec) {
	sec := t2.TvSec // t1 and t2 may be the same
	if t1.TvNsec += t2.TvNsec; t1.TvNsec >= NSEC_PER_SEC {
		t1.TvNsec -= NSEC_PER_SEC
		sec++
	}
	t1.TvSec += sec
}

// SubMachTimespec takes t2 from t1. Both must be good; see [BadMachTimespec].
//
// C: SUB_MACH_TIMESPEC of <mach/clock_types.h>.
func SubMachTimespec(t1, t2 *MachTimespec) {
	sec := t2.TvSec
	if t1.TvNsec -= t2.TvNsec; t1.TvNsec < 0 {
		t1.TvNsec += NSEC_PER_SEC
		sec++
	}
	t1.TvSec -= sec
}

// BadAlrmtype reports whether t is no alarm type.
//
// C: BAD_ALRMTYPE of <mach/clock_types.h>.
func BadAlrmtype(t AlarmType) bool { return t&^TIME_RELATIVE != 0 }

// TimeValueAddUsec adds less than a second to val, whose microseconds must be
// less than [TIME_MICROS_MAX].
//
// C: time_value_add_usec of <mach/time_value.h>.
func TimeValueAddUsec(val *TimeValue, micros Integer) {
	if val.Microseconds += micros; val.Microseconds >= TIME_MICROS_MAX {
		val.Microseconds -= TIME_MICROS_MAX
		val.Seconds++
	}
}

// TimeValueAdd adds addend to result. The microseconds of both must be less
// than [TIME_MICROS_MAX].
//
// C: time_value_add of <mach/time_value.h>.
func TimeValueAdd(result, addend *TimeValue) {
	result.Seconds += addend.Seconds
	TimeValueAddUsec(result, addend.Microseconds)
}

// ErrSystem is the base of a system's error codes: the lowest six bits of x at
// the top.
//
// C: err_system of <mach/error.h>.
func ErrSystem(x uint32) MachError_t { return MachError_t(x & 0x3f << 26) }

// ErrSub is a subsystem's part of an error code.
//
// C: err_sub of <mach/error.h>.
func ErrSub(x uint32) MachError_t { return MachError_t(x & 0xfff << 14) }

// ErrGetSystem is the number of the system that err belongs to.
//
// C: err_get_system of <mach/error.h>.
func ErrGetSystem(err MachError_t) uint32 { return uint32(err) >> 26 & 0x3f }

// ErrGetSub is the number of err's subsystem.
//
// C: err_get_sub of <mach/error.h>.
func ErrGetSub(err MachError_t) uint32 { return uint32(err) >> 14 & 0xfff }

// ErrGetCode is the number of err within its subsystem.
//
// C: err_get_code of <mach/error.h>.
func ErrGetCode(err MachError_t) uint32 { return uint32(err) & 0x3fff }

// UnixErr is a BSD error number as a Mach error code.
//
// C: unix_err of <mach/error.h>.
func UnixErr(errno int32) MachError_t { return Err_kern | 3<<14 | MachError_t(errno) }

// ErrVMReclaim is an error code of deferred reclamation.
//
// C: err_vm_reclaim of <mach/vm_types.h>.
func ErrVMReclaim(e int32) MachError_t { return Err_vm | 1<<14 | MachError_t(e) }

// CPUSubtypeIntel is the subtype of an Intel 32-bit family and model.
//
// C: CPU_SUBTYPE_INTEL of <mach/machine.h>.
func CPUSubtypeIntel(family, model int32) CPUSubtype { return CPUSubtype(family + model<<4) }

// CPUSubtypeIntelFamily is the family in an Intel subtype.
//
// C: CPU_SUBTYPE_INTEL_FAMILY of <mach/machine.h>.
func CPUSubtypeIntelFamily(x CPUSubtype) int32 { return int32(x & 15) }

// CPUSubtypeIntelModel is the model in an Intel subtype.
//
// C: CPU_SUBTYPE_INTEL_MODEL of <mach/machine.h>.
func CPUSubtypeIntelModel(x CPUSubtype) int32 { return int32(x >> 4) }

// CPUSubtypeArm64PtrAuthVersion is the version of the pointer authentication
// ABI in an arm64e subtype.
//
// C: CPU_SUBTYPE_ARM64_PTR_AUTH_VERSION of <mach/machine.h>.
func CPUSubtypeArm64PtrAuthVersion(x CPUSubtype) int32 {
	return int32(uint32(x) & CPU_SUBTYPE_ARM64_PTR_AUTH_MASK >> 24)
}

// GetMziCollectableBytes is the number of bytes in a zone that can be
// collected, from MziCollectable of [MachZoneInfo_t].
//
// C: GET_MZI_COLLECTABLE_BYTES of <mach_debug/zone_info.h>.
func GetMziCollectableBytes(val uint64) uint64 { return val >> 1 }

// GetMziCollectableFlag is 1 if the zone is collectable at all.
//
// C: GET_MZI_COLLECTABLE_FLAG of <mach_debug/zone_info.h>.
func GetMziCollectableFlag(val uint64) uint64 { return val & 1 }

// SetMziCollectableBytes sets the number of bytes that can be collected.
//
// C: SET_MZI_COLLECTABLE_BYTES of <mach_debug/zone_info.h>.
func SetMziCollectableBytes(val *uint64, size uint64) { *val = *val&1 | size<<1 }

// SetMziCollectableFlag sets the flag if flag says so; like C's macro it does
// not clear it.
//
// C: SET_MZI_COLLECTABLE_FLAG of <mach_debug/zone_info.h>.
func SetMziCollectableFlag(val *uint64, flag bool) {
	if flag {
		*val |= 1
	}
}

// MachCoreFileheaderV2FlagsNextKeyFormatToKeyFormat moves the bit that tells
// the format of the next core file's key to the place of the present one's.
//
// C: MACH_CORE_FILEHEADER_V2_FLAGS_NEXT_KEY_FORMAT_TO_KEY_FORMAT of <mach_debug/mach_debug_types.h>.
func MachCoreFileheaderV2FlagsNextKeyFormatToKeyFormat(x uint64) uint64 {
	return x >> 8 & MACH_CORE_FILEHEADER_V2_FLAGS_EXISTING_COREFILE_KEY_FORMAT_MASK
}
