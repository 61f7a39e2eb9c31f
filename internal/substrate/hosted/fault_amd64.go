//go:build linux

package hosted

import "github.com/gomach/mach"

func (f fault) state() mach.X86ExceptionState64 {
	return mach.X86ExceptionState64{Trapno: uint16(f.trap), Err: f.code, Faultvaddr: f.addr}
}
