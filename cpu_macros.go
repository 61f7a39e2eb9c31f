package mach

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
