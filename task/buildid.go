package task

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrNotELF says that an image is no 64-bit ELF file.
var ErrNotELF = fmt.Errorf("task: the image is no 64-bit ELF file: %w", errors.ErrUnsupported)

const elfMagic = "\x7fELF"

// BuildID reads the build ID of an image of Linux, by which debuggers know which
// build it is: the descriptor of the note NT_GNU_BUILD_ID, usually 20 bytes. It
// comes out of the image's header in the task's memory, and nothing that stands
// there is believed. It fails with [ErrNoUUID] if the linker gave none, or, like
// Go's own for programs with a note of Go's as well, left it out of the segment
// of notes; with [ErrNotELF] for other images (see [Task.UUID] for those of
// Darwin), and with [ErrImages] for what makes no sense. The read port will do.
//
// Mach calls: mach_vm_read_overwrite.
func (t *Task) BuildID(m Image) ([]byte, error) {
	id, err := parseBuildID(t, m.Address)
	if over := t.over(); err != nil && over != nil {
		return nil, over
	}
	return id, err
}

// Figures of elf(5).
const (
	elfHeader     = 64
	elfProgram    = 56 // bytes of a program header
	elfLoad       = 1
	elfNote       = 4
	maxPrograms   = 1 << 10
	maxNotes      = 1 << 16
	noteHeader    = 12
	gnuBuildID    = 3
	elf64, elfLSB = 2, 1
)

func parseBuildID(r MemoryReader, addr uint64) ([]byte, error) {
	var head [elfHeader]byte
	if n, err := r.ReadMemory(head[:], addr); n < len(head) {
		return nil, short(err)
	}
	if string(head[:4]) != elfMagic || head[4] != elf64 || head[5] != elfLSB {
		return nil, ErrNotELF
	}
	le := binary.LittleEndian
	start, size, count := le.Uint64(head[32:]), le.Uint16(head[54:]), le.Uint16(head[56:])
	if size < elfProgram || count > maxPrograms {
		return nil, fmt.Errorf("%w: %d program headers of %d bytes", ErrImages, count, size)
	}
	programs := make([]byte, int(size)*int(count))
	if n, err := r.ReadMemory(programs, addr+start); n < len(programs) {
		return nil, short(err)
	}
	base, notes := uint64(0), [][2]uint64(nil) // where the file begins, by itself; addresses and sizes
	for p := programs; len(p) >= elfProgram; p = p[size:] {
		switch offset, at, n := le.Uint64(p[8:]), le.Uint64(p[16:]), le.Uint64(p[32:]); le.Uint32(p) {
		case elfLoad:
			if offset == 0 {
				base = at
			}
		case elfNote:
			notes = append(notes, [2]uint64{at, min(n, maxNotes)})
		}
	}
	for _, n := range notes {
		b := make([]byte, n[1])
		if k, _ := r.ReadMemory(b, n[0]-base+addr); k < len(b) {
			continue // not in memory
		}
		if id := findBuildID(b); id != nil {
			return id, nil
		}
	}
	return nil, ErrNoUUID
}

// findBuildID looks through notes: each has the lengths of name and descriptor,
// a kind, and the two, each in whole words.
func findBuildID(b []byte) []byte {
	le := binary.LittleEndian
	for len(b) >= noteHeader {
		name, desc, kind := uint64(le.Uint32(b)), uint64(le.Uint32(b[4:])), le.Uint32(b[8:])
		b = b[noteHeader:]
		skip := (name + 3) &^ 3
		if skip > uint64(len(b)) || desc > uint64(len(b))-skip {
			return nil
		}
		if kind == gnuBuildID && string(b[:name]) == "GNU\x00" && desc > 0 {
			return bytes.Clone(b[skip:][:desc])
		}
		b = b[skip+min((desc+3)&^3, uint64(len(b))-skip):]
	}
	return nil
}
