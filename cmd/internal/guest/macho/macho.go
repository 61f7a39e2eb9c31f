// Package macho reads 64-bit Mach-O executables: what a loader needs of them, no more.
//
// Files come from anywhere, so every count and offset is checked against the size of the
// file before it is believed, and work is bounded by that size.
package macho

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// CPU types.
const (
	CPUAMD64 uint32 = 0x01000007
	CPUARM64 uint32 = 0x0100000c
)

// File types and flags that loading depends on.
const (
	TypeExecute = 2
	TypeDylib   = 6
	FlagPIE     = 0x200000
)

const (
	magic64     = 0xfeedfacf
	magicFat    = 0xcafebabe
	magicFat64  = 0xcafebabf
	headerSize  = 32
	reqDyld     = 0x80000000
	maxVMSize   = 1 << 36 // more than any real image has
	maxSegments = 256
	addressEnd  = 1 << 47 // just above MACH_VM_MAX_ADDRESS of both of macOS's CPUs (mach/arm/vm_param.h, mach/i386/vm_param.h)
)

// ErrMalformed is wrapped by every complaint about a file's contents.
var ErrMalformed = errors.New("malformed Mach-O file")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// Segment is a LC_SEGMENT_64.
type Segment struct {
	Name     string
	Addr     uint64 // before sliding
	Size     uint64
	Offset   uint64 // in File.Data
	FileSize uint64
	MaxProt  uint32
	Prot     uint32
	Sections []Section
}

// Section is a part of a segment.
type Section struct {
	Name, Segment string
	Addr, Size    uint64
	Offset        uint64
	Align         uint32
	Flags         uint32
	Indirect      uint32 // of stubs and symbol pointers: the first one's index in the table of indirect symbols
	StubSize      uint32
}

// Section types (the low byte of Flags).
const (
	SectionLazyPointers    = 0x07
	SectionStubs           = 0x08
	SectionModInitFuncs    = 0x09
	SectionModTermFuncs    = 0x0a
	SectionTLVRegular      = 0x11
	SectionTLVZerofill     = 0x12
	SectionTLVVariables    = 0x13
	SectionInitFuncOffsets = 0x16
)

// Type is the kind of the section.
func (s *Section) Type() uint32 { return s.Flags & 0xff }

// Symbol is an entry of the symbol table.
type Symbol struct {
	Name string
	Addr uint64 // before sliding
	Type uint8
	Desc uint16
}

// Defined says whether the symbol is an exported definition of this image.
func (s *Symbol) Defined() bool { return s.Type&0xe0 == 0 && s.Type&0x0e == 0x0e && s.Type&1 != 0 }

// File is a parsed image.
type File struct {
	Data     []byte // the slice for the chosen CPU
	CPU      uint32
	SubCPU   uint32
	Type     uint32
	Flags    uint32
	Segments []Segment
	Dylibs   []string // in the order of bind ordinals, from 1
	UUID     [16]byte
	MinOS    uint32
	SDK      uint32

	HasMain    bool // LC_MAIN
	Entry      uint64
	StackSize  uint64
	UnixThread bool // LC_UNIXTHREAD: Entry is the program counter

	rebase, bind, weakBind, lazyBind []byte
	chained                          []byte
	exportTrie                       []byte
	symtab, strtab, indirect         []byte
}

var le = binary.LittleEndian

// Parse reads an image; of a fat file, the part for the wanted CPU.
func Parse(data []byte, cpu uint32) (*File, error) {
	data, err := thin(data, cpu)
	if err != nil {
		return nil, err
	}
	if len(data) < headerSize || le.Uint32(data) != magic64 {
		return nil, bad("no 64-bit Mach-O header")
	}
	f := &File{Data: data, CPU: le.Uint32(data[4:]), SubCPU: le.Uint32(data[8:]), Type: le.Uint32(data[12:]), Flags: le.Uint32(data[24:])}
	if f.CPU != cpu {
		return nil, fmt.Errorf("the file is for CPU type %#x, not %#x", f.CPU, cpu)
	}
	n, size := le.Uint32(data[16:]), le.Uint32(data[20:])
	if uint64(size) > uint64(len(data)-headerSize) {
		return nil, bad("load commands of %d bytes in a file of %d", size, len(data))
	}
	commands := data[headerSize : headerSize+int(size)]
	for i := range n {
		if len(commands) < 8 {
			return nil, bad("load command %d is cut off", i)
		}
		cmd, cmdSize := le.Uint32(commands), le.Uint32(commands[4:])
		if cmdSize < 8 || uint64(cmdSize) > uint64(len(commands)) {
			return nil, bad("load command %d has %d bytes", i, cmdSize)
		}
		if err := f.command(cmd, commands[:cmdSize]); err != nil {
			return nil, err
		}
		commands = commands[cmdSize:]
	}
	return f, f.check()
}

// CPUs lists the CPU types that a file holds.
func CPUs(data []byte) ([]uint32, error) {
	if len(data) < 8 {
		return nil, bad("%d bytes are no Mach-O file", len(data))
	}
	if le.Uint32(data) == magic64 {
		return []uint32{le.Uint32(data[4:])}, nil
	}
	parts, err := fatParts(data)
	var cpus []uint32
	for _, p := range parts {
		cpus = append(cpus, p.cpu)
	}
	return cpus, err
}

type fatPart struct {
	cpu          uint32
	offset, size uint64
}

func fatParts(data []byte) ([]fatPart, error) {
	be := binary.BigEndian
	if len(data) < 8 {
		return nil, bad("%d bytes are no Mach-O file", len(data))
	}
	entry := 20
	switch be.Uint32(data) {
	case magicFat:
	case magicFat64:
		entry = 32
	default:
		return nil, fmt.Errorf("%w: not a Mach-O file (magic %#08x)", ErrMalformed, be.Uint32(data))
	}
	n := be.Uint32(data[4:])
	if n > 64 || uint64(n)*uint64(entry)+8 > uint64(len(data)) {
		return nil, bad("fat header with %d parts", n)
	}
	var parts []fatPart
	for i := range int(n) {
		e := data[8+i*entry:]
		p := fatPart{cpu: be.Uint32(e), offset: uint64(be.Uint32(e[8:])), size: uint64(be.Uint32(e[12:]))}
		if entry == 32 {
			p.offset, p.size = be.Uint64(e[8:]), be.Uint64(e[16:])
		}
		if p.offset > uint64(len(data)) || p.size > uint64(len(data))-p.offset {
			return nil, bad("fat part %d lies outside the file", i)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// thin picks the part of a fat file; a thin file is returned as it is.
func thin(data []byte, cpu uint32) ([]byte, error) {
	if len(data) >= 4 && le.Uint32(data) == magic64 {
		return data, nil
	}
	parts, err := fatParts(data)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if p.cpu == cpu {
			return data[p.offset : p.offset+p.size], nil
		}
	}
	return nil, fmt.Errorf("the fat file has no part for CPU type %#x", cpu)
}

// check holds what more than one command decides.
func (f *File) check() error {
	if len(f.Segments) == 0 {
		return bad("no segments")
	}
	for i := range f.Segments {
		a := &f.Segments[i]
		for j := range f.Segments[:i] {
			b := &f.Segments[j]
			if a.Size != 0 && b.Size != 0 && a.Addr < b.Addr+b.Size && b.Addr < a.Addr+a.Size {
				return bad("segments %s and %s overlap", b.Name, a.Name)
			}
		}
	}
	if f.HasMain {
		text := f.Segment("__TEXT")
		if text == nil || f.Entry >= text.Size {
			return bad("the entry point %#x is outside of __TEXT", f.Entry)
		}
		f.Entry += text.Addr
	}
	return nil
}

// Segment finds a segment by name.
func (f *File) Segment(name string) *Segment {
	for i := range f.Segments {
		if f.Segments[i].Name == name {
			return &f.Segments[i]
		}
	}
	return nil
}

// Span is the range of addresses from the first mapped segment's start to the last one's
// end, __PAGEZERO left out.
func (f *File) Span() (low, high uint64) {
	low = ^uint64(0)
	for i := range f.Segments {
		s := &f.Segments[i]
		if s.Zero() || s.Size == 0 {
			continue
		}
		low, high = min(low, s.Addr), max(high, s.Addr+s.Size)
	}
	if low > high {
		return 0, 0
	}
	return low, high
}

// Zero says whether the segment only keeps addresses unused, as __PAGEZERO does.
func (s *Segment) Zero() bool { return s.FileSize == 0 && s.MaxProt == 0 }
