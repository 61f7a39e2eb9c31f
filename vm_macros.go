package mach

import "math"

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
