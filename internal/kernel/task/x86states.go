package task

import "github.com/gomach/mach"

// x86Family follows xnu osfmk/i386/pcb.c. X86_THREAD_FULL_STATE64 is for tasks
// with a descriptor table of their own and X86_LAST_BRANCH_STATE for systems
// booted with branch recording; for all others both are
// KERN_INVALID_ARGUMENT, as here.
var x86Family = family{
	plain: map[mach.ThreadStateFlavor]plainFlavor{
		mach.X86_THREAD_STATE32:    {count: int(mach.X86_THREAD_STATE32_COUNT)},
		mach.X86_THREAD_STATE64:    {count: int(mach.X86_THREAD_STATE64_COUNT)},
		mach.X86_FLOAT_STATE32:     {count: int(mach.X86_FLOAT_STATE32_COUNT)},
		mach.X86_FLOAT_STATE64:     {count: int(mach.X86_FLOAT_STATE64_COUNT)},
		mach.X86_EXCEPTION_STATE32: {count: int(mach.X86_EXCEPTION_STATE32_COUNT), readOnly: true},
		mach.X86_EXCEPTION_STATE64: {count: int(mach.X86_EXCEPTION_STATE64_COUNT), readOnly: true},
		mach.X86_DEBUG_STATE32:     {count: int(mach.X86_DEBUG_STATE32_COUNT), atLeast: true},
		mach.X86_DEBUG_STATE64:     {count: int(mach.X86_DEBUG_STATE64_COUNT), atLeast: true},
		mach.X86_AVX_STATE32:       {count: int(mach.X86_AVX_STATE32_COUNT), exact: true},
		mach.X86_AVX_STATE64:       {count: int(mach.X86_AVX_STATE64_COUNT), exact: true},
		mach.X86_AVX512_STATE32:    {count: int(mach.X86_AVX512_STATE32_COUNT), exact: true},
		mach.X86_AVX512_STATE64:    {count: int(mach.X86_AVX512_STATE64_COUNT), exact: true},
		mach.X86_PAGEIN_STATE:      {count: int(mach.X86_PAGEIN_STATE_COUNT), readOnly: true},
		mach.X86_INSTRUCTION_STATE: {count: int(mach.X86_INSTRUCTION_STATE_COUNT), readOnly: true},
	},
	unified: map[mach.ThreadStateFlavor]unifiedFlavor{
		mach.X86_THREAD_STATE: {
			count: int(mach.X86_THREAD_STATE_COUNT),
			of:    []mach.ThreadStateFlavor{mach.X86_THREAD_STATE64, mach.X86_THREAD_STATE32},
		},
		mach.X86_FLOAT_STATE: {
			count: int(mach.X86_FLOAT_STATE_COUNT),
			of:    []mach.ThreadStateFlavor{mach.X86_FLOAT_STATE64, mach.X86_FLOAT_STATE32},
		},
		mach.X86_EXCEPTION_STATE: {
			count: int(mach.X86_EXCEPTION_STATE_COUNT), readOnly: true,
			of: []mach.ThreadStateFlavor{mach.X86_EXCEPTION_STATE64, mach.X86_EXCEPTION_STATE32},
		},
		mach.X86_DEBUG_STATE: {
			count: int(mach.X86_DEBUG_STATE_COUNT),
			of:    []mach.ThreadStateFlavor{mach.X86_DEBUG_STATE64, mach.X86_DEBUG_STATE32},
		},
		mach.X86_AVX_STATE: {
			count: int(mach.X86_AVX_STATE_COUNT),
			of:    []mach.ThreadStateFlavor{mach.X86_AVX_STATE64, mach.X86_AVX_STATE32},
		},
		mach.X86_AVX512_STATE: {
			count: int(mach.X86_AVX512_STATE_COUNT),
			of:    []mach.ThreadStateFlavor{mach.X86_AVX512_STATE64, mach.X86_AVX512_STATE32},
		},
	},
	lists: map[mach.ThreadStateFlavor][]mach.ThreadStateFlavor{
		// The first list still has the 32-bit flavors of i386.
		mach.THREAD_STATE_FLAVOR_LIST:       {mach.X86_THREAD_STATE32, mach.X86_FLOAT_STATE32, mach.X86_EXCEPTION_STATE32},
		mach.THREAD_STATE_FLAVOR_LIST_NEW:   x86List[:4],
		mach.THREAD_STATE_FLAVOR_LIST_10_9:  x86List[:5],
		mach.THREAD_STATE_FLAVOR_LIST_10_13: x86List[:6],
		mach.THREAD_STATE_FLAVOR_LIST_10_15: x86List[:7],
	},
}

var x86List = [...]mach.ThreadStateFlavor{
	mach.X86_THREAD_STATE, mach.X86_FLOAT_STATE, mach.X86_EXCEPTION_STATE, mach.X86_DEBUG_STATE,
	mach.X86_AVX_STATE, mach.X86_AVX512_STATE, mach.X86_PAGEIN_STATE,
}
