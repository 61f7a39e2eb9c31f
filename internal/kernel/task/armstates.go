package task

import "github.com/gomach/mach"

// armFamily follows xnu osfmk/arm64/status.c. A 64-bit thread has none of the
// 32-bit flavors but ARM_VFP_STATE, which is the first 65 words of its vector
// registers.
var armFamily = family{
	plain: map[mach.ThreadStateFlavor]plainFlavor{
		mach.ARM_THREAD_STATE32:       {count: int(mach.ARM_THREAD_STATE32_COUNT)},
		mach.ARM_THREAD_STATE64:       {count: int(mach.ARM_THREAD_STATE64_COUNT)},
		mach.ARM_EXCEPTION_STATE64:    {count: int(mach.ARM_EXCEPTION_STATE64_COUNT)},
		mach.ARM_EXCEPTION_STATE64_V2: {count: int(mach.ARM_EXCEPTION_STATE64_V2_COUNT)},
		mach.ARM_DEBUG_STATE64:        {count: int(mach.ARM_DEBUG_STATE64_COUNT)},
		mach.ARM_NEON_STATE64:         {count: int(mach.ARM_NEON_STATE64_COUNT)},
		mach.ARM_VFP_STATE:            {count: int(mach.ARM_VFP_STATE_COUNT), within: mach.ARM_NEON_STATE64},
		mach.ARM_PAGEIN_STATE:         {count: int(mach.ARM_PAGEIN_STATE_COUNT), readOnly: true},
	},
	unified: map[mach.ThreadStateFlavor]unifiedFlavor{
		mach.ARM_UNIFIED_THREAD_STATE: {
			count: int(mach.ARM_UNIFIED_THREAD_STATE_COUNT),
			of:    []mach.ThreadStateFlavor{mach.ARM_THREAD_STATE64, mach.ARM_THREAD_STATE32},
		},
	},
	lists: map[mach.ThreadStateFlavor][]mach.ThreadStateFlavor{
		mach.THREAD_STATE_FLAVOR_LIST: {
			mach.ARM_THREAD_STATE, mach.ARM_VFP_STATE, mach.ARM_EXCEPTION_STATE, mach.ARM_DEBUG_STATE,
		},
		mach.THREAD_STATE_FLAVOR_LIST_NEW:   armList[:4],
		mach.THREAD_STATE_FLAVOR_LIST_10_15: armList[:5],
	},
}

var armList = [...]mach.ThreadStateFlavor{
	mach.ARM_THREAD_STATE, mach.ARM_VFP_STATE, mach.ARM_EXCEPTION_STATE64, mach.ARM_DEBUG_STATE64, mach.ARM_PAGEIN_STATE,
}
