package mach

func failure(r uint64) error { return KernReturn(int32(r)) }
