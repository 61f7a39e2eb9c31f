//go:build linux

package linux

func parkedValues(r *Registers) []uint64 { return r.Regs[19:24] }

func lastParked(r *Registers) *uint64 { return &r.Regs[23] }

func vector(f *FloatRegisters, i int) []byte { return f.V[i][:] }
