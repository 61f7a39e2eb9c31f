package mach

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
