package symbol

import "encoding/binary"

// reader takes numbers off bytes, little-endian. Behind their end it gives zeros and
// remembers that.
type reader struct {
	b    []byte
	base uint64 // the address of b[0]
	at   int
	bad  bool
}

func (r *reader) left() int { return len(r.b) - r.at }

func (r *reader) take(n int) []byte {
	if n < 0 || n > r.left() {
		r.bad = true
		r.at = len(r.b)
		return make([]byte, max(0, min(n, 8)))
	}
	r.at += n
	return r.b[r.at-n : r.at]
}

func (r *reader) u8() uint64  { return uint64(r.take(1)[0]) }
func (r *reader) u16() uint64 { return uint64(binary.LittleEndian.Uint16(r.take(2))) }
func (r *reader) u32() uint64 { return uint64(binary.LittleEndian.Uint32(r.take(4))) }
func (r *reader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

func (r *reader) uleb() uint64 {
	var v uint64
	for shift := uint(0); ; shift += 7 {
		b := r.u8()
		if shift < 64 {
			v |= (b & 0x7f) << shift
		}
		if b&0x80 == 0 || r.bad {
			return v
		}
	}
}

func (r *reader) sleb() int64 {
	var v int64
	shift := uint(0)
	for {
		b := r.u8()
		if shift < 64 {
			v |= int64(b&0x7f) << shift
		}
		shift += 7
		if b&0x80 == 0 || r.bad {
			if b&0x40 != 0 && shift < 64 {
				v |= -1 << shift
			}
			return v
		}
	}
}

func (r *reader) cString() string {
	for i := r.at; i < len(r.b); i++ {
		if r.b[i] == 0 {
			s := string(r.b[r.at:i])
			r.at = i + 1
			return s
		}
	}
	r.bad = true
	return ""
}

// Pointer encodings of .eh_frame (DW_EH_PE_ of the LSB's core specification).
const (
	peAbsolute = 0x00
	peOmit     = 0xff
	peRelative = 0x10
	peIndirect = 0x80
)

// pointer reads an encoded pointer; data is what data-relative ones count from.
func (r *reader) pointer(encoding byte) uint64 {
	if encoding == peOmit {
		return 0
	}
	here := r.base + uint64(r.at)
	var v uint64
	switch encoding & 0x0f {
	case 0x00, 0x04, 0x0c:
		v = r.u64()
	case 0x01:
		v = r.uleb()
	case 0x02:
		v = r.u16()
	case 0x03:
		v = r.u32()
	case 0x09:
		v = uint64(r.sleb())
	case 0x0a:
		v = uint64(int64(int16(r.u16())))
	case 0x0b:
		v = uint64(int64(int32(r.u32())))
	default:
		r.bad = true
	}
	if encoding&0x70 == peRelative && v != 0 {
		v += here
	}
	return v
}
