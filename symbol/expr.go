package symbol

// expression evaluates a DWARF expression (DWARF 5, 2.5) over registers and memory,
// with a value on its stack to begin with if there is one. It is false for what makes
// no sense, and for operations that frames do not use.
func (s *state) expression(b []byte, first ...uint64) (uint64, bool) {
	const most = 10000 // steps: expressions can branch back
	stack := append(make([]uint64, 0, 16), first...)
	r := reader{b: b}
	pop := func() uint64 {
		if len(stack) == 0 {
			r.bad = true
			return 0
		}
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		return v
	}
	push := func(v uint64) {
		if len(stack) < 256 {
			stack = append(stack, v)
		} else {
			r.bad = true
		}
	}
	flag := func(v bool) {
		if v {
			push(1)
		} else {
			push(0)
		}
	}
	for range most {
		if r.bad {
			return 0, false
		}
		if r.left() == 0 {
			v := pop()
			return v, !r.bad
		}
		op := r.u8()
		switch {
		case op >= 0x30 && op <= 0x4f: // lit
			push(op - 0x30)
			continue
		case op >= 0x70 && op <= 0x8f: // breg
			push(s.register(op-0x70) + uint64(r.sleb()))
			continue
		}
		switch op {
		case 0x03, 0x0e, 0x0f: // addr, const8
			push(r.u64())
		case 0x06: // deref
			v, ok := s.word(pop())
			if !ok {
				return 0, false
			}
			push(v)
		case 0x08:
			push(r.u8())
		case 0x09:
			push(uint64(int64(int8(r.u8()))))
		case 0x0a:
			push(r.u16())
		case 0x0b:
			push(uint64(int64(int16(r.u16()))))
		case 0x0c:
			push(r.u32())
		case 0x0d:
			push(uint64(int64(int32(r.u32()))))
		case 0x10:
			push(r.uleb())
		case 0x11:
			push(uint64(r.sleb()))
		case 0x12: // dup
			v := pop()
			push(v)
			push(v)
		case 0x13: // drop
			pop()
		case 0x14: // over
			b, a := pop(), pop()
			push(a)
			push(b)
			push(a)
		case 0x16: // swap
			b, a := pop(), pop()
			push(b)
			push(a)
		case 0x1a: // and
			b, a := pop(), pop()
			push(a & b)
		case 0x1c: // minus
			b, a := pop(), pop()
			push(a - b)
		case 0x1e: // mul
			b, a := pop(), pop()
			push(a * b)
		case 0x1f: // neg
			push(-pop())
		case 0x20: // not
			push(^pop())
		case 0x21: // or
			b, a := pop(), pop()
			push(a | b)
		case 0x22: // plus
			b, a := pop(), pop()
			push(a + b)
		case 0x23: // plus_uconst
			push(pop() + r.uleb())
		case 0x24: // shl
			b, a := pop(), pop()
			push(a << min(b, 64))
		case 0x25: // shr
			b, a := pop(), pop()
			push(a >> min(b, 64))
		case 0x26: // shra
			b, a := pop(), pop()
			push(uint64(int64(a) >> min(b, 63)))
		case 0x27: // xor
			b, a := pop(), pop()
			push(a ^ b)
		case 0x28, 0x2f: // bra, skip
			to := int(int16(r.u16()))
			if op == 0x2f || pop() != 0 {
				if to += r.at; to < 0 || to > len(r.b) {
					return 0, false
				}
				r.at = to
			}
		case 0x29:
			b, a := pop(), pop()
			flag(a == b)
		case 0x2a:
			b, a := pop(), pop()
			flag(int64(a) >= int64(b))
		case 0x2b:
			b, a := pop(), pop()
			flag(int64(a) > int64(b))
		case 0x2c:
			b, a := pop(), pop()
			flag(int64(a) <= int64(b))
		case 0x2d:
			b, a := pop(), pop()
			flag(int64(a) < int64(b))
		case 0x2e:
			b, a := pop(), pop()
			flag(a != b)
		case 0x96: // nop
		default:
			return 0, false
		}
	}
	return 0, false
}
