package task

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gomach/mach"
)

// Segment is a part of an image that is mapped as one.
type Segment struct {
	Name          string // such as "__TEXT"
	Address, Size uint64 // in the task
	// Offset and FileSize say which part of the image it is; what Size has
	// beyond is zeros.
	Offset, FileSize          uint64
	Protection, MaxProtection mach.VMProt
}

// contains reports whether the segment has that address.
func (s *Segment) contains(addr uint64) bool { return addr >= s.Address && addr-s.Address < s.Size }

// ErrNotMachO says that an image is of no format that dyld loads.
var ErrNotMachO = fmt.Errorf("task: the image is no Mach-O file: %w", errors.ErrUnsupported)

// Segments reads which segments an image consists of, out of its header in the
// task's memory. It believes nothing that stands there: sizes are bounded, and
// what makes no sense is [ErrImages]. It fails with [ErrNotMachO] for the
// images of a system that has others. The read port will do.
//
// Mach calls: mach_vm_read_overwrite.
func (t *Task) Segments(m Image) ([]Segment, error) { return parseSegments(t, m.Address) }

// Figures of <mach-o/loader.h>.
const (
	machO32, machO64     = 0xfeedface, 0xfeedfacf
	loadSegment32        = 0x1
	loadSegment64        = 0x19
	loadUUID             = 0x1b
	maxCommands          = 1 << 20 // bytes; big programs have some 20 KiB
	command32, command64 = 56, 72  // bytes of a segment's command, without sections
	header32, header64   = 28, 32
	segmentName          = 16
	smallestCommand      = 8
	nothing              = mach.VM_PROT_NONE
)

// commands are the load commands of an image.
type commands struct {
	b     []byte
	count uint32
	wide  bool
	err   error // what was wrong with them, after all
}

// readCommands reads the header at an address and its load commands.
func readCommands(r MemoryReader, addr uint64) (*commands, error) {
	var head [header64]byte
	if n, err := r.ReadMemory(head[:header32], addr); n < header32 {
		return nil, short(err)
	}
	x := fields{b: head[:]}
	skip := uint64(header32)
	switch x.u32() {
	case machO64:
		x.wide, skip = true, header64
	case machO32:
	default:
		return nil, ErrNotMachO
	}
	x.bytes(12) // CPU, and kind of file
	count, size := x.u32(), x.u32()
	if size > maxCommands || uint64(count)*smallestCommand > uint64(size) {
		return nil, fmt.Errorf("%w: %d load commands in %d bytes", ErrImages, count, size)
	}
	b := make([]byte, size)
	if n, err := r.ReadMemory(b, addr+skip); n < len(b) {
		return nil, short(err)
	}
	return &commands{b: b, count: count, wide: x.wide}, nil
}

// all walks the commands with their kinds, up to one that makes no sense, which
// err tells.
func (c *commands) all(yield func(kind uint32, command []byte) bool) {
	b := c.b
	for range c.count {
		if len(b) < smallestCommand {
			c.err = fmt.Errorf("%w: the load commands end early", ErrImages)
			return
		}
		kind, size := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if size < smallestCommand || uint64(size) > uint64(len(b)) {
			c.err = fmt.Errorf("%w: a load command of %d bytes", ErrImages, size)
			return
		}
		if !yield(kind, b[:size]) {
			return
		}
		b = b[size:]
	}
}

// parseSegments reads the segments of the image at an address.
func parseSegments(r MemoryReader, addr uint64) ([]Segment, error) {
	c, err := readCommands(r, addr)
	if err != nil {
		return nil, err
	}
	list, base, err := c.segments()
	if err != nil {
		return nil, err
	}
	// The file says where the header should be: all has slid as far as that.
	for i := range list {
		if list[i].Address += addr - base; list[i].Address+list[i].Size-1 < list[i].Address {
			return nil, fmt.Errorf("%w: segment %s is nowhere", ErrImages, list[i].Name)
		}
	}
	return list, nil
}

func short(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

// segments finds the segments, and where the one with the header should be.
func (c *commands) segments() (list []Segment, base uint64, err error) {
	found := false
	for kind, command := range c.all {
		if c.wide && (kind != loadSegment64 || len(command) < command64) || !c.wide && (kind != loadSegment32 || len(command) < command32) {
			continue
		}
		s := readSegment(command, c.wide)
		if s.Size == 0 || s.MaxProtection == nothing && s.FileSize == 0 {
			continue // such as __PAGEZERO, which does not slide
		}
		if s.Offset == 0 && s.FileSize > 0 && !found {
			base, found = s.Address, true
		}
		list = append(list, s)
	}
	switch {
	case c.err != nil:
		return nil, 0, c.err
	case !found:
		return nil, 0, fmt.Errorf("%w: no segment has the header", ErrImages)
	}
	return list, base, nil
}

func readSegment(command []byte, wide bool) Segment {
	x := fields{b: command, at: smallestCommand, wide: wide}
	name, _, _ := bytes.Cut(x.bytes(segmentName), []byte{0})
	s := Segment{Name: string(name), Address: x.pointer(), Size: x.pointer(), Offset: x.pointer(), FileSize: x.pointer()}
	s.MaxProtection, s.Protection = mach.VMProt(x.u32()), mach.VMProt(x.u32())
	return s
}
