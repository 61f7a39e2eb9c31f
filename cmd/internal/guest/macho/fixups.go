package macho

// Fixup is one pointer of the image that depends on where it was loaded.
type Fixup struct {
	Addr    uint64 // of the pointer, before sliding
	Bind    bool   // bind to Symbol; else Target slides with the image
	Target  uint64 // rebase: the address before sliding
	Symbol  string
	Ordinal int // library, from 1; 0 this image, -1 main executable, -2 flat lookup, -3 weak
	Addend  int64
	Weak    bool // a missing symbol gives zero
	Lazy    bool
	Wide    uint8 // bits 56 to 63 of the pointer, which chained fixups keep apart
}

// Fixups calls fn for every pointer to be set, in file order. Lazy binds are reported like
// the others: binding early is what dyld does too on request, and the program cannot tell.
func (f *File) Fixups(fn func(Fixup) error) error {
	if f.chained != nil {
		return f.chains(fn)
	}
	w := &walker{f: f, emit: fn, left: len(f.Data)}
	if err := w.rebases(f.rebase); err != nil {
		return err
	}
	for _, t := range []struct {
		ops  []byte
		lazy bool
		weak bool
	}{{f.bind, false, false}, {f.lazyBind, true, false}, {f.weakBind, false, true}} {
		if err := w.binds(t.ops, t.lazy, t.weak); err != nil {
			return err
		}
	}
	return nil
}

// walker interprets the opcodes of LC_DYLD_INFO.
type walker struct {
	f    *File
	emit func(Fixup) error
	left int // fixups that may still come: no file has more of them than bytes

	segment *Segment
	offset  uint64
}

const (
	opcodeMask    = 0xf0
	immediateMask = 0x0f
)

// uleb reads a number; the rest is nil where it is cut off.
func uleb(b []byte) (v uint64, rest []byte, ok bool) {
	for i := 0; i < len(b) && i < 10; i++ {
		v |= uint64(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			return v, b[i+1:], true
		}
	}
	return 0, nil, false
}

func sleb(b []byte) (v int64, rest []byte, ok bool) {
	for i := 0; i < len(b) && i < 10; i++ {
		v |= int64(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			if s := 7 * (i + 1); b[i]&0x40 != 0 && s < 64 {
				v |= -1 << s
			}
			return v, b[i+1:], true
		}
	}
	return 0, nil, false
}

func (w *walker) setSegment(n int, offset uint64) error {
	if n >= len(w.f.Segments) {
		return bad("fixup in segment %d of %d", n, len(w.f.Segments))
	}
	w.segment, w.offset = &w.f.Segments[n], offset
	return nil
}

// here is the address of the pointer to be fixed, once it is known to lie in the segment.
func (w *walker) here() (uint64, error) {
	if w.left--; w.left < 0 {
		return 0, bad("more fixups than the file has bytes")
	}
	if w.segment == nil {
		return 0, bad("fixup before a segment is set")
	}
	if w.segment.Size < 8 || w.offset > w.segment.Size-8 {
		return 0, bad("fixup at %#x of segment %s, which has %#x bytes", w.offset, w.segment.Name, w.segment.Size)
	}
	return w.segment.Addr + w.offset, nil
}

func (w *walker) rebase(times, skip uint64) error {
	for range times {
		addr, err := w.here()
		if err != nil {
			return err
		}
		if w.offset+8 > w.segment.FileSize {
			return bad("rebase at %#x, where segment %s has no bytes", addr, w.segment.Name)
		}
		target := le.Uint64(w.f.Data[w.segment.Offset+w.offset:])
		if err := w.emit(Fixup{Addr: addr, Target: target}); err != nil {
			return err
		}
		w.offset += 8 + skip
	}
	return nil
}

func (w *walker) rebases(ops []byte) error {
	w.segment = nil
	next := func() (v uint64) {
		var ok bool
		if v, ops, ok = uleb(ops); !ok {
			ops = nil
		}
		return v
	}
	for len(ops) > 0 {
		op, imm := ops[0]&opcodeMask, uint64(ops[0]&immediateMask)
		ops = ops[1:]
		var err error
		switch op {
		case 0x00: // done
			return nil
		case 0x10: // pointer type: 1 is the only one in 64-bit images
			if imm != 1 {
				return bad("rebase of type %d", imm)
			}
		case 0x20:
			err = w.setSegment(int(imm), next())
		case 0x30:
			w.offset += next()
		case 0x40:
			w.offset += imm * 8
		case 0x50:
			err = w.rebase(imm, 0)
		case 0x60:
			err = w.rebase(next(), 0)
		case 0x70:
			if err = w.rebase(1, 0); err == nil {
				w.offset += next()
			}
		case 0x80:
			times := next()
			err = w.rebase(times, next())
		default:
			err = bad("rebase opcode %#x", op)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) binds(ops []byte, lazy, weakTable bool) error {
	w.segment = nil
	b := Fixup{Bind: true, Lazy: lazy}
	if weakTable {
		b.Ordinal = -3
	}
	next := func() (v uint64) {
		var ok bool
		if v, ops, ok = uleb(ops); !ok {
			ops = nil
		}
		return v
	}
	bind := func(times, skip uint64) error {
		for range times {
			addr, err := w.here()
			if err != nil {
				return err
			}
			b.Addr = addr
			if err := w.emit(b); err != nil {
				return err
			}
			w.offset += 8 + skip
		}
		return nil
	}
	for len(ops) > 0 {
		op, imm := ops[0]&opcodeMask, uint64(ops[0]&immediateMask)
		ops = ops[1:]
		var err error
		switch op {
		case 0x00: // done; in the lazy table only the end of one symbol
			if !lazy {
				return nil
			}
		case 0x10:
			b.Ordinal = int(imm)
		case 0x20:
			b.Ordinal = int(int32(next()))
		case 0x30:
			if b.Ordinal = 0; imm != 0 {
				b.Ordinal = int(int8(imm | opcodeMask))
			}
		case 0x40:
			b.Symbol, b.Weak = cString(ops), imm&1 != 0
			ops = ops[min(len(ops), len(b.Symbol)+1):]
		case 0x50:
			if imm != 1 {
				return bad("bind of type %d", imm)
			}
		case 0x60:
			var ok bool
			if b.Addend, ops, ok = sleb(ops); !ok {
				return bad("bind table is cut off")
			}
		case 0x70:
			err = w.setSegment(int(imm), next())
		case 0x80:
			w.offset += next()
		case 0x90:
			err = bind(1, 0)
		case 0xa0:
			if err = bind(1, 0); err == nil {
				w.offset += next()
			}
		case 0xb0:
			if err = bind(1, 0); err == nil {
				w.offset += imm * 8
			}
		case 0xc0:
			times := next()
			err = bind(times, next())
		default:
			err = bad("bind opcode %#x", op)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
