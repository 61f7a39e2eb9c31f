package host

import "github.com/gomach/mach"

// words views a struct of package mach as the array of 32-bit words that the
// info calls copy.
func words[T any](p *T) []uint32 { return mach.Slice(mach.State(p), mach.CountOf[T]()) }

// room answers an info call for a flavor that has one size. XNU answers
// KERN_FAILURE, not KERN_INVALID_ARGUMENT, when the caller's buffer is smaller
// (xnu osfmk/kern/host.c).
func room[T any](have uint32, fill func(*T) error) ([]uint32, mach.KernReturn) {
	if have < uint32(mach.CountOf[T]()) {
		return nil, mach.KERN_FAILURE
	}
	x := new(T)
	if fill(x) != nil {
		return nil, mach.KERN_FAILURE
	}
	return words(x), mach.KERN_SUCCESS
}

// saturate cuts a count to 32 bits, as XNU does: the largest number stands for
// all that are larger.
func saturate(n uint64) uint32 { return uint32(min(n, 1<<32-1)) }
