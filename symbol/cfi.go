package symbol

import (
	"slices"
	"sort"
	"strings"
)

// cie is what several functions have in common.
type cie struct {
	code, data   uint64 // alignment factors
	ra           uint64 // column of the return address
	encoding     byte   // of addresses
	augmented    bool
	signal       bool // a frame of a signal handler
	instructions []byte
	ok           bool
}

// fde tells how the frame of a function is taken off.
type fde struct {
	low, high    uint64
	cie          *cie
	instructions []byte
}

// frames is the call frame information of an image.
type frames struct{ list []fde } // by low

func (f *frames) at(addr uint64) *fde {
	if f == nil {
		return nil
	}
	i := sort.Search(len(f.list), func(i int) bool { return f.list[i].low > addr })
	if i == 0 || addr >= f.list[i-1].high {
		return nil
	}
	return &f.list[i-1]
}

// cfi is the image's information.
func (m *image) cfi() *frames {
	if m.framesLooked {
		return m.frames
	}
	m.framesLooked = true
	f := new(frames)
	for _, s := range m.cfiSections() {
		f.parse(s)
	}
	slices.SortStableFunc(f.list, func(a, b fde) int { return compare(a.low, b.low) })
	if len(f.list) > 0 {
		m.frames = f
	}
	return m.frames
}

// section is call frame information as it stands in a file.
type section struct {
	b    []byte
	addr uint64
	eh   bool // .eh_frame, not .debug_frame
}

func (m *image) cfiSections() (list []section) {
	if m.elf == nil {
		return m.machoCFI()
	}
	for _, name := range []string{".eh_frame", ".debug_frame"} {
		s := m.elf.Section(name)
		if s == nil {
			continue
		}
		if b, err := s.Data(); err == nil {
			list = append(list, section{b, s.Addr, name == ".eh_frame"})
		}
	}
	return list
}

// parse collects the functions of a section. What makes no sense ends it.
func (f *frames) parse(s section) {
	known := map[int]*cie{}
	for at := 0; at+4 <= len(s.b); {
		e, ok := s.entry(at)
		if !ok {
			return
		}
		at = e.next
		if e.cie {
			continue
		}
		c := known[e.parent]
		if c == nil {
			c = s.cie(e.parent)
			known[e.parent] = c
		}
		if !c.ok {
			continue
		}
		r := e.r
		x := fde{cie: c}
		if s.eh {
			x.low = r.pointer(c.encoding)
			x.high = x.low + r.pointer(c.encoding&0x0f)
		} else {
			x.low = r.u64()
			x.high = x.low + r.u64()
		}
		if c.augmented {
			r.take(int(r.uleb()))
		}
		if r.bad || x.low >= x.high || x.low == 0 {
			continue
		}
		x.instructions = r.b[r.at:]
		f.list = append(f.list, x)
	}
}

// entry is a CIE or FDE with its header read.
type entry struct {
	r      reader
	cie    bool
	parent int // where the CIE is
	next   int
}

func (s section) entry(at int) (e entry, ok bool) {
	r := reader{b: s.b, base: s.addr, at: at}
	n, wide := r.u32(), false
	if n == 0xffffffff {
		n, wide = r.u64(), true
	}
	if n == 0 || n > uint64(r.left()) {
		if n == 0 && s.eh {
			return entry{cie: true, next: r.at}, r.left() > 0 // an end between two
		}
		return e, false
	}
	end := r.at + int(n)
	here := r.at
	id := uint64(0)
	if wide && !s.eh {
		id = r.u64()
	} else {
		id = r.u32()
	}
	e.next = end
	e.r = reader{b: s.b[:end], base: s.addr, at: r.at}
	switch {
	case s.eh:
		e.cie = id == 0
		e.parent = here - int(id)
	case wide:
		e.cie, e.parent = id == ^uint64(0), int(min(id, 1<<62))
	default:
		e.cie, e.parent = id == 0xffffffff, int(id)
	}
	return e, !r.bad
}

func (s section) cie(at int) *cie {
	c := new(cie)
	if at < 0 || at >= len(s.b) {
		return c
	}
	e, ok := s.entry(at)
	if !ok || !e.cie {
		return c
	}
	r := e.r
	version := r.u8()
	augmentation := r.cString()
	if version >= 4 {
		r.take(2) // sizes of addresses and of segments
	}
	c.code, c.data = r.uleb(), uint64(r.sleb())
	if version == 1 {
		c.ra = r.u8()
	} else {
		c.ra = r.uleb()
	}
	rest, ok := strings.CutPrefix(augmentation, "z")
	if ok {
		c.augmented = true
		a := reader{b: r.b, base: r.base}
		n := r.uleb()
		a.at = r.at
		r.take(int(min(n, 1<<30)))
		for _, x := range rest {
			switch x {
			case 'R':
				c.encoding = byte(a.u8())
			case 'P':
				a.pointer(byte(a.u8()))
			case 'L':
				a.u8()
			case 'S':
				c.signal = true
			}
		}
		r.bad = r.bad || a.bad
	} else if augmentation != "" {
		return c
	}
	c.instructions = r.b[r.at:]
	c.ok = !r.bad && c.encoding&peIndirect == 0
	return c
}
