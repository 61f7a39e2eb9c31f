//go:build linux

package hosted

import (
	"encoding/binary"
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/linux"
)

// size32 is the size of a 32-bit program's general registers (17 words:
// ebx ecx edx esi edi ebp eax ds es fs gs orig_eax eip cs eflags esp ss).
const size32 = 68

// order32 are the places of Darwin's registers in Linux's list: eax ebx ecx
// edx edi esi ebp esp ss eflags eip cs ds es fs gs.
var order32 = [16]int{6, 0, 1, 2, 4, 3, 5, 15, 16, 14, 12, 13, 7, 8, 9, 10}

func readState32(s *linux.Stopped, flavor mach.ThreadStateFlavor, f fault) ([]uint32, error) {
	switch flavor {
	case mach.X86_THREAD_STATE32:
		var b [size32]byte
		if _, err := s.RegisterSet(linux.NoteGeneral, b[:]); err != nil {
			return nil, err
		}
		words := make([]uint32, len(order32))
		for i, at := range order32 {
			words[i] = binary.LittleEndian.Uint32(b[4*at:])
		}
		return words, nil
	case mach.X86_DEBUG_STATE32:
		var d linux.DebugRegisters
		if err := s.Debug(&d); err != nil {
			return nil, err
		}
		return []uint32{uint32(d[0]), uint32(d[1]), uint32(d[2]), uint32(d[3]), 0, 0, uint32(d[6]), uint32(d[7])}, nil
	case mach.X86_EXCEPTION_STATE32:
		e := f.state()
		return wordsOf(&mach.X86ExceptionState32{Trapno: e.Trapno, CPU: e.CPU, Err: e.Err, Faultvaddr: uint32(e.Faultvaddr)}), nil
	case mach.X86_PAGEIN_STATE:
		return wordsOf(&mach.X86PageinState{}), nil
	}
	return nil, errors.ErrUnsupported
}

func writeState32(s *linux.Stopped, flavor mach.ThreadStateFlavor, words []uint32) error {
	if flavor != mach.X86_THREAD_STATE32 || len(words) < len(order32) {
		return errors.ErrUnsupported
	}
	var b [size32]byte
	if _, err := s.RegisterSet(linux.NoteGeneral, b[:]); err != nil {
		return err
	}
	state := func() linux.CallState {
		const eax, eip, esp = 6, 12, 15
		return linux.CallState{PC: uint64(word32(b[:], eip)), SP: uint64(word32(b[:], esp)), Result: signed32(word32(b[:], eax))}
	}
	const origEAX = 11
	now := state()
	for i, at := range order32 {
		binary.LittleEndian.PutUint32(b[4*at:], words[i])
	}
	call := s.NextCall(now, state(), signed32(word32(b[:], origEAX)))
	binary.LittleEndian.PutUint32(b[4*origEAX:], uint32(call))
	return s.SetRegisterSet(linux.NoteGeneral, b[:])
}

func word32(b []byte, n int) uint32 { return binary.LittleEndian.Uint32(b[4*n:]) }

func signed32(v uint32) uint64 { return uint64(int64(int32(v))) }
