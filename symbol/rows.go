package symbol

// rule says where the caller's register is.
type rule struct {
	kind  ruleKind
	value int64  // an offset, or a register
	expr  []byte // an expression
}

type ruleKind uint8

const (
	ruleNone      ruleKind = iota // as it is
	ruleUndefined                 // nowhere
	ruleOffset                    // at CFA+value
	ruleValOffset                 // CFA+value
	ruleRegister
	ruleExpr    // at the expression's result
	ruleValExpr // the expression's result
)

const maxRegisters = 34 // 0 to 16 of x86-64; 0 to 31 of arm64, and 32 for its program counter

// row is how a frame is taken off at an address.
type row struct {
	cfaRegister uint64
	cfaOffset   int64
	cfaExpr     []byte
	rules       [maxRegisters]rule
	pauth       bool // the return address is signed
}

// rowAt runs the instructions of a function up to an address (DWARF 5, 6.4.2). It is
// false for what makes no sense or is not known.
func (f *fde) rowAt(addr uint64) (row, bool) {
	var x row
	if _, ok := f.run(f.cie.instructions, &x, nil, ^uint64(0)); !ok {
		return x, false
	}
	initial := x
	_, ok := f.run(f.instructions, &x, &initial, addr)
	return x, ok
}

// run executes instructions until they speak of what is behind addr.
func (f *fde) run(b []byte, x *row, initial *row, addr uint64) (loc uint64, ok bool) {
	const most = 64 // nested states
	var stack []row
	loc = f.low
	r := reader{b: b}
	set := func(reg uint64, u rule) {
		if reg < maxRegisters {
			x.rules[reg] = u
		}
	}
	advance := func(n uint64) bool {
		loc += n * f.cie.code
		return loc > addr
	}
	for r.left() > 0 && !r.bad {
		op := r.u8()
		low := op & 0x3f
		switch op & 0xc0 {
		case 0x40: // DW_CFA_advance_loc
			if advance(low) {
				return loc, true
			}
			continue
		case 0x80: // DW_CFA_offset
			set(low, rule{kind: ruleOffset, value: int64(r.uleb() * f.cie.data)})
			continue
		case 0xc0: // DW_CFA_restore
			if initial != nil && low < maxRegisters {
				x.rules[low] = initial.rules[low]
			}
			continue
		}
		switch op {
		case 0x00: // nop
		case 0x01: // set_loc
			loc = r.pointer(f.cie.encoding &^ 0x70)
			if loc > addr {
				return loc, true
			}
		case 0x02, 0x03, 0x04: // advance_loc1, 2, 4
			n := uint64(0)
			switch op {
			case 0x02:
				n = r.u8()
			case 0x03:
				n = r.u16()
			default:
				n = r.u32()
			}
			if advance(n) {
				return loc, true
			}
		case 0x05: // offset_extended
			reg := r.uleb()
			set(reg, rule{kind: ruleOffset, value: int64(r.uleb() * f.cie.data)})
		case 0x06: // restore_extended
			if reg := r.uleb(); initial != nil && reg < maxRegisters {
				x.rules[reg] = initial.rules[reg]
			}
		case 0x07: // undefined
			set(r.uleb(), rule{kind: ruleUndefined})
		case 0x08: // same_value
			set(r.uleb(), rule{})
		case 0x09: // register
			reg := r.uleb()
			set(reg, rule{kind: ruleRegister, value: int64(r.uleb())})
		case 0x0a: // remember_state
			if len(stack) == most {
				return loc, false
			}
			stack = append(stack, *x)
		case 0x0b: // restore_state
			if len(stack) == 0 {
				return loc, false
			}
			*x = stack[len(stack)-1]
			stack = stack[:len(stack)-1]
		case 0x0c: // def_cfa
			x.cfaRegister, x.cfaOffset, x.cfaExpr = r.uleb(), int64(r.uleb()), nil
		case 0x0d: // def_cfa_register
			x.cfaRegister, x.cfaExpr = r.uleb(), nil
		case 0x0e: // def_cfa_offset
			x.cfaOffset = int64(r.uleb())
		case 0x0f: // def_cfa_expression
			x.cfaExpr = r.take(int(min(r.uleb(), 1<<20)))
		case 0x10, 0x16: // expression, val_expression
			reg := r.uleb()
			kind := ruleExpr
			if op == 0x16 {
				kind = ruleValExpr
			}
			set(reg, rule{kind: kind, expr: r.take(int(min(r.uleb(), 1<<20)))})
		case 0x11: // offset_extended_sf
			reg := r.uleb()
			set(reg, rule{kind: ruleOffset, value: r.sleb() * int64(f.cie.data)})
		case 0x12: // def_cfa_sf
			x.cfaRegister, x.cfaOffset, x.cfaExpr = r.uleb(), r.sleb()*int64(f.cie.data), nil
		case 0x13: // def_cfa_offset_sf
			x.cfaOffset = r.sleb() * int64(f.cie.data)
		case 0x14: // val_offset
			reg := r.uleb()
			set(reg, rule{kind: ruleValOffset, value: int64(r.uleb() * f.cie.data)})
		case 0x15: // val_offset_sf
			reg := r.uleb()
			set(reg, rule{kind: ruleValOffset, value: r.sleb() * int64(f.cie.data)})
		case 0x2d: // AARCH64_negate_ra_state
			x.pauth = !x.pauth
		case 0x2e: // GNU_args_size
			r.uleb()
		default:
			return loc, false
		}
	}
	return loc, !r.bad
}
