//go:build linux && (amd64 || arm64)

package dyld

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"unsafe"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/macho"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

// Image is a file that has been loaded.
type Image struct {
	File  *macho.File
	Path  string
	Slide uint64 // to add to the file's addresses, modulo 2^64
	Base  uint64 // where the header is
	TLS   []byte // initial contents of a thread's block
}

// Resolver finds the address of an imported symbol. Where there is none and the import is
// not weak, it may still answer the address of something that reports the call.
type Resolver func(symbol string, weak bool) (uint64, bool)

// Options choose where the image goes.
type Options struct {
	RandomSlide bool
	Resolve     Resolver
}

// firstImage is where position-independent images go by default: the lowest address that
// Darwin gives to executables on arm64.
const firstImage = 0x1_0000_0000

// Load maps a file and binds its symbols.
func Load(space *mem.Space, f *macho.File, path string, o Options) (*Image, error) {
	low, high := f.Span()
	if low == high {
		return nil, fmt.Errorf("%s: no memory to map", path)
	}
	base, size := low&^(space.PageSize-1), uint64(0)
	size = space.Round(high - base)
	img := &Image{File: f, Path: path}
	r := mem.Request{Size: size, Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7, Inherit: 1}
	if f.Flags&macho.FlagPIE != 0 {
		r.Address, r.Above = firstImage, true
		if o.RandomSlide {
			r.Address += uint64(rand.IntN(1<<12)) * space.PageSize
		}
	} else {
		r.Address, r.Fixed = base, true
	}
	at, err := space.Map(r)
	if err != nil {
		return nil, fmt.Errorf("%s: no room for %d bytes at %#x: %w", path, size, r.Address, err)
	}
	img.Slide, img.Base = at-base, at+low-base
	m := memory{bytes: unsafe.Slice((*byte)(mem.Pointer(at)), size), base: base}
	for i := range f.Segments {
		s := &f.Segments[i]
		if !s.Zero() && s.FileSize != 0 && s.Size != 0 {
			copy(m.at(s.Addr, s.FileSize), f.Data[s.Offset:s.Offset+s.FileSize])
		}
	}
	if err := img.fix(m, o.Resolve); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	img.initialTLS(m)
	return img, img.protect(space)
}

// memory is the image's memory, addressed as in the file.
type memory struct {
	bytes []byte
	base  uint64
}

func (m memory) at(addr, size uint64) []byte { return m.bytes[addr-m.base:][:size] }

func (m memory) word(addr uint64) *uint64 {
	return (*uint64)(unsafe.Pointer(&m.at(addr, 8)[0]))
}

// MissingError lists imports that nothing answers.
type MissingError struct{ Symbol string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("symbol not found: %s (darwinrun -missing lists all that a program wants and darwinrun does not have)", e.Symbol)
}

// fix sets every pointer that depends on addresses.
func (img *Image) fix(m memory, resolve Resolver) error {
	known := map[string]uint64{}
	end := m.base + uint64(len(m.bytes))
	return img.File.Fixups(func(x macho.Fixup) error {
		if x.Addr < m.base || x.Addr > end-8 {
			return fmt.Errorf("%w: fixup at %#x, outside of the image", macho.ErrMalformed, x.Addr)
		}
		if !x.Bind {
			*m.word(x.Addr) = (x.Target + img.Slide) | uint64(x.Wide)<<56
			return nil
		}
		if x.Ordinal == -3 && x.Weak {
			return nil // a definition that overrides others; this image's own is as good
		}
		addr, ok := known[x.Symbol]
		if !ok {
			if a, found := img.Lookup(x.Symbol); found && x.Ordinal <= 0 {
				addr, ok = a, true
			} else if addr, ok = resolve(x.Symbol, x.Weak); !ok && !x.Weak {
				return &MissingError{x.Symbol}
			}
			if ok {
				known[x.Symbol] = addr
			}
		}
		if !ok {
			*m.word(x.Addr) = 0
			return nil
		}
		*m.word(x.Addr) = addr + uint64(x.Addend)
		return nil
	})
}

// Lookup finds a symbol that the image exports.
func (img *Image) Lookup(name string) (addr uint64, ok bool) {
	if name == "" {
		return 0, false
	}
	img.File.Symbols(func(s macho.Symbol) bool {
		if s.Name == name && s.Defined() {
			addr, ok = s.Addr+img.Slide, true
		}
		return !ok
	})
	return addr, ok
}

// Entry is the address of the first instruction, or of main.
func (img *Image) Entry() uint64 { return img.File.Entry + img.Slide }

// Contains says whether an address belongs to the image.
func (img *Image) Contains(addr uint64) bool {
	low, high := img.File.Span()
	return addr-img.Slide >= low && addr-img.Slide < high
}

// protect gives the segments the protection that the file asks for.
func (img *Image) protect(space *mem.Space) error {
	for i := range img.File.Segments {
		s := &img.File.Segments[i]
		if s.Zero() || s.Size == 0 {
			continue
		}
		at := s.Addr + img.Slide
		if err := space.Protect(at, s.Size, cpu.Prot(s.Prot&7), false); err != nil && !errors.Is(err, mem.ErrDenied) {
			return fmt.Errorf("protecting segment %s: %w", s.Name, err)
		}
	}
	return nil
}

// sections calls fn for each section of a type.
func (img *Image) sections(kind uint32, fn func(*macho.Section)) {
	for i := range img.File.Segments {
		for j := range img.File.Segments[i].Sections {
			if s := &img.File.Segments[i].Sections[j]; s.Type() == kind {
				fn(s)
			}
		}
	}
}

// initialTLS collects the initial contents of thread-local variables: the regular ones,
// then zeros.
func (img *Image) initialTLS(m memory) {
	low, high := ^uint64(0), uint64(0)
	for _, kind := range []uint32{macho.SectionTLVRegular, macho.SectionTLVZerofill} {
		img.sections(kind, func(s *macho.Section) {
			low, high = min(low, s.Addr), max(high, s.Addr+s.Size)
		})
	}
	if low >= high || high-low > 1<<24 || low < m.base || high-m.base > uint64(len(m.bytes)) {
		return
	}
	img.TLS = append([]byte(nil), m.at(low, high-low)...)
}

// HasTLV says whether a thread-local variable's descriptor lies in this image.
func (img *Image) HasTLV(descriptor uint64) bool {
	found := false
	img.sections(macho.SectionTLVVariables, func(s *macho.Section) {
		a := descriptor - img.Slide
		found = found || a >= s.Addr && a < s.Addr+s.Size
	})
	return found
}

// Initialisers are the functions to run before main, in order.
func (img *Image) Initialisers(space *mem.Space) (fns []uint64) {
	const most = 1 << 16 // a section may claim any size
	img.sections(macho.SectionModInitFuncs, func(s *macho.Section) {
		b, err := space.Bytes(s.Addr+img.Slide, min(s.Size&^7, 8*most), 0)
		for i := 0; err == nil && i+8 <= len(b); i += 8 {
			fns = append(fns, *(*uint64)(unsafe.Pointer(&b[i])))
		}
	})
	img.sections(macho.SectionInitFuncOffsets, func(s *macho.Section) {
		b, err := space.Bytes(s.Addr+img.Slide, min(s.Size&^3, 4*most), 0)
		for i := 0; err == nil && i+4 <= len(b); i += 4 {
			fns = append(fns, img.Base+uint64(*(*uint32)(unsafe.Pointer(&b[i]))))
		}
	})
	return fns
}
