//go:build linux

package hosted

import "github.com/gomach/mach"

func (f fault) state() mach.ARMExceptionState64 {
	return mach.ARMExceptionState64{Far: f.addr, Esr: f.code}
}
