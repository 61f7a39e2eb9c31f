//go:build linux

package linux

func setPreserved(r *Registers, v uint64) { r.Rbx = v }
