//go:build linux

package hosted

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/linux"
)

func (f fault) state() mach.ARMExceptionState64 {
	return mach.ARMExceptionState64{Far: f.addr, Esr: f.code}
}

// access adds to a fault of another process how memory was accessed.
func (f fault) access(code []byte, r *linux.Registers) fault {
	switch {
	case f.code != classData:
	case f.addr == r.Pc:
		f.code = classFetch
	case armWrites(code):
		f.code |= dataWrite
	}
	return f
}

// isOpen tells whether the registers may tell more of the fault.
func (f fault) isOpen() bool {
	return f.ofMemory() || f.code == classWatch || f.code == classData|dataAlign
}

func (f fault) ofMemory() bool { return f.code == classData }

func programCounter(r *linux.Registers) uint64 { return r.Pc }
func stackPointer(r *linux.Registers) uint64   { return r.Sp }

// ofFrame takes the syndrome from the frame of a signal handler, where Linux tells it in a
// record of its own behind the vector registers.
func (f fault) ofFrame(s *slot) fault {
	const syndromeMagic = 0x45535201 // ESR_MAGIC of asm/sigcontext.h
	b := s.frame(ucSize, 16)
	if binary.LittleEndian.Uint32(b) == syndromeMagic {
		f.code = binary.LittleEndian.Uint32(b[8:])
	}
	return f
}
