package symbol

// Operations of expressions (DWARF 5, 7.7.1), DW_OP_ before each name.
const (
	opAddr       = 0x03
	opDeref      = 0x06
	opConst1u    = 0x08
	opConst1s    = 0x09
	opConst2u    = 0x0a
	opConst2s    = 0x0b
	opConst4u    = 0x0c
	opConst4s    = 0x0d
	opConst8u    = 0x0e
	opConst8s    = 0x0f
	opConstu     = 0x10
	opConsts     = 0x11
	opDup        = 0x12
	opDrop       = 0x13
	opOver       = 0x14
	opSwap       = 0x16
	opAnd        = 0x1a
	opMinus      = 0x1c
	opMul        = 0x1e
	opNeg        = 0x1f
	opNot        = 0x20
	opOr         = 0x21
	opPlus       = 0x22
	opPlusUconst = 0x23
	opShl        = 0x24
	opShr        = 0x25
	opShra       = 0x26
	opXor        = 0x27
	opBra        = 0x28
	opEq         = 0x29
	opGe         = 0x2a
	opGt         = 0x2b
	opLe         = 0x2c
	opLt         = 0x2d
	opNe         = 0x2e
	opSkip       = 0x2f
	opLit0       = 0x30
	opLit31      = 0x4f
	opBreg0      = 0x70
	opBreg31     = 0x8f
	opNop        = 0x96
)

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
		case op >= opLit0 && op <= opLit31:
			push(op - opLit0)
			continue
		case op >= opBreg0 && op <= opBreg31:
			push(s.register(op-opBreg0) + uint64(r.sleb()))
			continue
		}
		switch op {
		case opAddr, opConst8u, opConst8s:
			push(r.u64())
		case opDeref:
			v, ok := s.word(pop())
			if !ok {
				return 0, false
			}
			push(v)
		case opConst1u:
			push(r.u8())
		case opConst1s:
			push(uint64(int64(int8(r.u8()))))
		case opConst2u:
			push(r.u16())
		case opConst2s:
			push(uint64(int64(int16(r.u16()))))
		case opConst4u:
			push(r.u32())
		case opConst4s:
			push(uint64(int64(int32(r.u32()))))
		case opConstu:
			push(r.uleb())
		case opConsts:
			push(uint64(r.sleb()))
		case opDup:
			v := pop()
			push(v)
			push(v)
		case opDrop:
			pop()
		case opOver:
			b, a := pop(), pop()
			push(a)
			push(b)
			push(a)
		case opSwap:
			b, a := pop(), pop()
			push(b)
			push(a)
		case opAnd:
			b, a := pop(), pop()
			push(a & b)
		case opMinus:
			b, a := pop(), pop()
			push(a - b)
		case opMul:
			b, a := pop(), pop()
			push(a * b)
		case opNeg:
			push(-pop())
		case opNot:
			push(^pop())
		case opOr:
			b, a := pop(), pop()
			push(a | b)
		case opPlus:
			b, a := pop(), pop()
			push(a + b)
		case opPlusUconst:
			push(pop() + r.uleb())
		case opShl:
			b, a := pop(), pop()
			push(a << min(b, 64))
		case opShr:
			b, a := pop(), pop()
			push(a >> min(b, 64))
		case opShra:
			b, a := pop(), pop()
			push(uint64(int64(a) >> min(b, 63)))
		case opXor:
			b, a := pop(), pop()
			push(a ^ b)
		case opBra, opSkip:
			to := int(int16(r.u16()))
			if op == opSkip || pop() != 0 {
				if to += r.at; to < 0 || to > len(r.b) {
					return 0, false
				}
				r.at = to
			}
		case opEq:
			b, a := pop(), pop()
			flag(a == b)
		case opGe:
			b, a := pop(), pop()
			flag(int64(a) >= int64(b))
		case opGt:
			b, a := pop(), pop()
			flag(int64(a) > int64(b))
		case opLe:
			b, a := pop(), pop()
			flag(int64(a) <= int64(b))
		case opLt:
			b, a := pop(), pop()
			flag(int64(a) < int64(b))
		case opNe:
			b, a := pop(), pop()
			flag(a != b)
		case opNop:
		default:
			return 0, false
		}
	}
	return 0, false
}
