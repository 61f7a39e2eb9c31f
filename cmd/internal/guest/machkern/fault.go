//go:build linux && (amd64 || arm64)

package machkern

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// fault is proc's hook: a fault becomes an exception, and if no handler takes it, a signal.
// The thread waits meanwhile.
func (g *Guest) fault(t *proc.Thread, f proc.Fault) bool {
	e, last, ok := exception(t, f)
	if !ok {
		return false
	}
	th := g.sub.know(t)
	th.last = last
	if f.Kind == cpu.StopStep && t.Process.Arch == cpu.ARM64 {
		th.stepped()
	}
	if t.Process.Arch == cpu.AMD64 {
		th.debugStatus(f)
	}
	go func() {
		handled := g.kernel.raise(int(t.UniqueID()), e)
		g.process.Post(func() {
			if handled {
				t.Resume()
			} else {
				t.Unhandled(f)
			}
		})
	}()
	return true
}

// raised is an exception.
type raised struct {
	Kind  mach.ExceptionType
	Codes [2]int64
}

// exception says which exception a fault is, by the CPU's rules.
func exception(t *proc.Thread, f proc.Fault) (raised, lastFault, bool) {
	if t.Process.Arch == cpu.ARM64 {
		return armException(t, f)
	}
	return x86Exception(f)
}

// access is the exception of an address that cannot be used.
func access(f proc.Fault) raised {
	kr := mach.KERN_INVALID_ADDRESS
	switch {
	case f.Host: // xnu osfmk/vm/vm_fault.c: the pager has no such page
		kr = mach.KERN_MEMORY_ERROR
	case f.Mapped:
		kr = mach.KERN_PROTECTION_FAILURE
	}
	return raised{mach.EXC_BAD_ACCESS, [2]int64{int64(kr), int64(f.Address)}}
}

// Exception classes and fields of arm64's syndrome register.
const (
	esrUndefined = 0x00 << 26
	esrFetch     = 0x20 << 26
	esrData      = 0x24 << 26
	esrBreak     = 0x3c << 26
	esrStep      = 0x32<<26 | 0x22
	esrWatch     = 0x34<<26 | 0x22
	esrLong      = 1 << 25 // a 32-bit instruction
	esrWrite     = 1 << 6
	esrMissing   = 0x07 // translation fault, level 3
	esrDenied    = 0x0f // permission fault, level 3
)

// armException follows xnu osfmk/arm64/sleh.c.
func armException(t *proc.Thread, f proc.Fault) (raised, lastFault, bool) {
	switch f.Kind {
	case cpu.StopMemory:
		esr := uint32(esrData | esrLong | esrMissing)
		if f.Access == cpu.ProtExec {
			esr = esrFetch | esrLong | esrMissing
		} else if f.Access == cpu.ProtWrite {
			esr |= esrWrite
		}
		if f.Mapped {
			esr |= esrDenied
		}
		return access(f), lastFault{esr: esr, addr: f.Address}, true
	case cpu.StopBreakpoint:
		return raised{mach.EXC_BREAKPOINT, [2]int64{mach.EXC_ARM_BREAKPOINT, int64(f.PC)}}, lastFault{esr: esrBreak | esrLong}, true
	case cpu.StopStep:
		return raised{mach.EXC_BREAKPOINT, [2]int64{mach.EXC_ARM_BREAKPOINT}}, lastFault{esr: esrStep | esrLong}, true
	case cpu.StopWatch:
		esr := uint32(esrWatch | esrLong)
		if f.Access == cpu.ProtWrite {
			esr |= esrWrite
		}
		return raised{mach.EXC_BREAKPOINT, [2]int64{mach.EXC_ARM_DA_DEBUG, int64(f.Address)}}, lastFault{esr: esr, addr: f.Address}, true
	case cpu.StopUndefined:
		var b [4]byte
		_, _ = space{t.Process}.ReadAt(b[:], f.PC)
		return raised{mach.EXC_BAD_INSTRUCTION, [2]int64{mach.EXC_ARM_UNDEFINED, int64(binary.LittleEndian.Uint32(b[:]))}},
			lastFault{esr: esrUndefined}, true
	}
	return raised{}, lastFault{}, false
}

// Trap numbers (xnu osfmk/i386/trap.h) and bits of a page fault's error code.
const (
	trapDivide   = 0
	trapDebug    = 1
	trapInt3     = 3
	trapInvalid  = 6
	trapGP       = 13
	trapPage     = 14
	faultPresent = 1
	faultWrite   = 2
	faultUser    = 4
	faultFetch   = 16
)

// x86Exception follows xnu osfmk/i386/trap.c user_trap.
func x86Exception(f proc.Fault) (raised, lastFault, bool) {
	switch f.Kind {
	case cpu.StopMemory:
		if !canonical(f.Address) { // no page fault (Intel's manual, volume 1, canonical addressing)
			return raised{mach.EXC_BAD_ACCESS, [2]int64{mach.EXC_I386_GPFLT}}, lastFault{trap: trapGP}, true
		}
		code := uint32(faultUser)
		switch f.Access {
		case cpu.ProtWrite:
			code |= faultWrite
		case cpu.ProtExec:
			code |= faultFetch
		}
		if f.Mapped {
			code |= faultPresent
		}
		return access(f), lastFault{trap: trapPage, code: code, addr: f.Address}, true
	case cpu.StopBreakpoint:
		return raised{mach.EXC_BREAKPOINT, [2]int64{mach.EXC_I386_BPT}}, lastFault{trap: trapInt3}, true
	case cpu.StopStep, cpu.StopWatch:
		return raised{mach.EXC_BREAKPOINT, [2]int64{mach.EXC_I386_SGL}}, lastFault{trap: trapDebug}, true
	case cpu.StopUndefined:
		return raised{mach.EXC_BAD_INSTRUCTION, [2]int64{mach.EXC_I386_INVOP}}, lastFault{trap: trapInvalid}, true
	case cpu.StopArithmetic:
		return raised{mach.EXC_ARITHMETIC, [2]int64{mach.EXC_I386_DIV}}, lastFault{trap: trapDivide}, true
	case cpu.StopOther:
		return raised{mach.EXC_BAD_ACCESS, [2]int64{mach.EXC_I386_GPFLT}}, lastFault{trap: trapGP}, true
	}
	return raised{}, lastFault{}, false
}
