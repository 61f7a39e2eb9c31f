//go:build linux

package hosted

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/linux"
)

func (f fault) state() mach.X86ExceptionState64 {
	return mach.X86ExceptionState64{Trapno: uint16(f.trap), Err: f.code, Faultvaddr: f.addr}
}

// access adds to a page fault of another process how memory was accessed.
func (f fault) access(code []byte, r *linux.Registers) fault {
	switch {
	case f.trap != trapPage:
	case f.addr-r.Rip <= uint64(len(code)) && (f.addr == r.Rip || len(code) < maxInstruction): // what was to be run
		f.code |= faultFetch
	case x86Access{code: code, addr: f.addr, rdi: r.Rdi, rsp: r.Rsp}.writes():
		f.code |= faultWrite
	}
	return f
}

// isOpen tells whether the registers may tell more of the fault.
func (f fault) isOpen() bool { return f.ofMemory() }

func (f fault) ofMemory() bool { return f.trap == trapPage }

func programCounter(r *linux.Registers) uint64 { return r.Rip }
func stackPointer(r *linux.Registers) uint64   { return r.Rsp }

// ofFrame takes the error code from the frame of a signal handler, where Linux tells it.
func (f fault) ofFrame(s *slot) fault {
	if f.trap == trapPage {
		f.code = binary.LittleEndian.Uint32(s.frame(ucErr, 4))
	}
	return f
}
