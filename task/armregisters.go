package task

import (
	"math"

	"github.com/gomach/mach"
)

var armNames = [...]string{
	"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
	"x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28",
	"fp", "lr", "sp", "pc",
}

// arm64 is the 64-bit register of that number, in the order of armNames.
func arm64(s *mach.ARMThreadState64, n int) *uint64 {
	switch {
	case n < len(s.X):
		return &s.X[n]
	case armNames[n] == "fp":
		return &s.Fp
	case armNames[n] == "lr":
		return &s.Lr
	case armNames[n] == "sp":
		return &s.Sp
	}
	return &s.PC
}

func (r *Registers) allARM(yield func(string, uint64) bool) {
	for i, name := range armNames {
		if !yield(name, *arm64(&r.ARM, i)) {
			return
		}
	}
	_ = yield("cpsr", uint64(r.ARM.Cpsr)) && yield("flags", uint64(r.ARM.Pad))
}

func (r *Registers) setARM(name string, v uint64) bool {
	for i, n := range armNames {
		if n == name {
			*arm64(&r.ARM, i) = v
			return true
		}
	}
	if v > math.MaxUint32 {
		return false
	}
	switch name {
	case "cpsr":
		r.ARM.Cpsr = uint32(v)
	case "flags":
		r.ARM.Pad = uint32(v)
	default:
		return false
	}
	return true
}
