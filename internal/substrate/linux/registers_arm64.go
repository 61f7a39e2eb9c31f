//go:build linux

package linux

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// FloatRegisters is user_fpsimd_state.
type FloatRegisters struct {
	V          [32][16]byte
	FPSR, FPCR uint32
	_          [2]uint32
}

// DebugRegister is one breakpoint or watchpoint: DBGBVR/DBGBCR, DBGWVR/DBGWCR.
type DebugRegister struct {
	Addr uint64
	Ctrl uint32
	_    uint32
}

// DebugRegisters is user_hwdebug_state twice. Only the first so many of the
// 16 exist on a given CPU.
type DebugRegisters struct {
	Breaks, Watches      int // how many the CPU has
	BreakInfo, WatchInfo uint32
	Break, Watch         [16]DebugRegister
}

const debugHeader = 8 // dbg_info and padding

func (s *Stopped) debugSet(note uintptr, regs *[16]DebugRegister) (n int, info uint32, err error) {
	var buf [debugHeader + 16*16]byte
	size, err := ptraceSet(unix.PTRACE_GETREGSET, s.x.tid, note, buf[:])
	if err != nil {
		return 0, 0, err
	}
	info = binary.LittleEndian.Uint32(buf[:])
	n = min(int(info&0xff), 16, (size-debugHeader)/16)
	for i := range n {
		at := buf[debugHeader+16*i:]
		regs[i] = DebugRegister{Addr: binary.LittleEndian.Uint64(at), Ctrl: binary.LittleEndian.Uint32(at[8:])}
	}
	return n, info, nil
}

func (s *Stopped) setDebugSet(note uintptr, n int, regs *[16]DebugRegister) error {
	n = max(0, min(n, 16))
	if n == 0 {
		return nil
	}
	var buf [debugHeader + 16*16]byte
	for i := range n {
		at := buf[debugHeader+16*i:]
		binary.LittleEndian.PutUint64(at, regs[i].Addr)
		binary.LittleEndian.PutUint32(at[8:], regs[i].Ctrl)
	}
	_, err := ptraceSet(unix.PTRACE_SETREGSET, s.x.tid, note, buf[:debugHeader+16*n])
	return err
}

// Debug reads the breakpoint and watchpoint registers.
func (s *Stopped) Debug(r *DebugRegisters) (err error) {
	if r.Breaks, r.BreakInfo, err = s.debugSet(NoteArmHWBreak, &r.Break); err != nil {
		return err
	}
	r.Watches, r.WatchInfo, err = s.debugSet(NoteArmHWWatch, &r.Watch)
	return err
}

// SetDebug writes the first r.Breaks and r.Watches registers.
func (s *Stopped) SetDebug(r *DebugRegisters) error {
	if err := s.setDebugSet(NoteArmHWBreak, r.Breaks, &r.Break); err != nil {
		return err
	}
	return s.setDebugSet(NoteArmHWWatch, r.Watches, &r.Watch)
}

// TLS reads TPIDR_EL0.
func (s *Stopped) TLS() (uint64, error) {
	var buf [16]byte
	if _, err := ptraceSet(unix.PTRACE_GETREGSET, s.x.tid, NoteArmTLS, buf[:]); err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(buf[:]), nil
}

// SetTLS writes TPIDR_EL0.
func (s *Stopped) SetTLS(v uint64) error {
	var buf [8]byte
	binary.LittleEndian.PutUint64(buf[:], v)
	_, err := ptraceSet(unix.PTRACE_SETREGSET, s.x.tid, NoteArmTLS, buf[:])
	return err
}

// watchWord has the first register watch stores to the eight bytes at addr.
func watchWord(addr uint64) *DebugRegisters {
	const enabled, user, stores, eight = 1, 2 << 1, 2 << 3, 0xff << 5 // E, PAC, LSC, BAS of DBGWCR_EL1
	return &DebugRegisters{Watches: 1, Watch: [16]DebugRegister{{Addr: addr, Ctrl: enabled | user | stores | eight}}}
}
