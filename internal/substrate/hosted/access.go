package hosted

import "encoding/binary"

// Linux tells where a thread of another process has faulted, and not whether it read or wrote.
// The instruction says so.

// x86Access is what is known when an instruction has faulted.
type x86Access struct {
	code     []byte // from the instruction on
	addr     uint64 // that faulted
	rdi, rsp uint64
}

// writes reports whether the fault was a write. An instruction that reads and writes the same
// memory faults as a write.
func (a x86Access) writes() bool {
	if len(a.code) == 0 {
		return false
	}
	i, rep, size := 0, false, false
prefixes:
	for ; ; i++ {
		switch a.at(i) {
		case 0xf3:
			rep = true
		case 0x66:
			size = true
		case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x67, 0xf0, 0xf2:
		default:
			break prefixes
		}
		if i == 14 {
			return false // no instruction is longer
		}
	}
	if a.at(i)&0xf0 == 0x40 {
		i++ // REX
	}
	switch a.at(i) {
	case 0x0f:
		switch a.at(i + 1) {
		case 0x38:
			return a.writesMap2(i + 2)
		case 0x3a:
			return a.writesMap3(i + 2)
		}
		return a.writesMap1(i+1, rep, size)
	case 0xc5: // VEX of two bytes
		return a.writesMap1(i+2, a.at(i+1)&3 == 2, a.at(i+1)&3 == 1)
	case 0xc4:
		return a.writesVector(i+3, a.at(i+1)&0x1f, a.at(i+2)&3)
	case 0x62: // EVEX
		return a.writesVector(i+4, a.at(i+1)&7, a.at(i+2)&3)
	}
	return a.writesOneByte(i)
}

func (a x86Access) at(i int) byte {
	if i < len(a.code) {
		return a.code[i]
	}
	return 0
}

// form is the field of a ModRM byte that goes on with the opcode; memory is false if the
// operand is a register.
func (a x86Access) form(op int) (form byte, memory bool) {
	m := a.at(op + 1)
	return m >> 3 & 7, m>>6 != 3
}

// pushes reports whether the fault was on the stack, below its top.
func (a x86Access) pushes() bool { return a.addr < a.rsp && a.rsp-a.addr <= 1<<16 }

func (a x86Access) writesOneByte(i int) bool {
	op := a.at(i)
	form, memory := a.form(i)
	has := func(forms ...byte) bool {
		for _, f := range forms {
			if f == form {
				return memory
			}
		}
		return false
	}
	switch {
	case op < 0x40 && op&6 == 0: // add, or, adc, sbb, and, sub, xor: memory first; not cmp
		return memory && op>>3 != 7
	case op >= 0x50 && op < 0x58, op == 0x68, op == 0x6a, op == 0xe8, op == 0x9c, op == 0xc8: // push, call, enter
		return true
	}
	switch op {
	case 0x80, 0x81, 0x83: // not cmp
		return memory && form != 7
	case 0x86, 0x87, 0x88, 0x89, 0x8c, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3: // xchg, mov, shifts
		return memory
	case 0x8f: // pop
		return memory && (a.addr < a.rsp || a.addr >= a.rsp+8)
	case 0xa2, 0xa3, 0xaa, 0xab, 0x6c, 0x6d: // mov, stos, ins
		return true
	case 0xa4, 0xa5: // movs
		return a.addr-a.rdi < 8 || a.rdi-a.addr < 8
	case 0xd9, 0xdd, 0xdf: // fst, fstp, fist, fistp, fnstenv, fnstcw, fnsave, fnstsw
		return has(2, 3, 6, 7) || op != 0xd9 && has(1)
	case 0xdb:
		return has(1, 2, 3, 7)
	case 0xf6, 0xf7: // not, neg
		return has(2, 3)
	case 0xfe:
		return has(0, 1) // inc, dec
	case 0xff:
		return has(0, 1) || (form == 2 || form == 3 || form == 6) && a.pushes() // call, push
	}
	return false
}

// writesMap1 is for opcodes after 0F.
func (a x86Access) writesMap1(i int, rep, size bool) bool {
	op := a.at(i)
	form, memory := a.form(i)
	if !memory {
		return false
	}
	switch op {
	case 0x11, 0x13, 0x17, 0x29, 0x2b, 0x7f, 0xd6, 0xe7, 0xc3, // mov to memory
		0xab, 0xb3, 0xbb, 0xb0, 0xb1, 0xc0, 0xc1, 0xa4, 0xa5, 0xac, 0xad: // bts, btr, btc, cmpxchg, xadd, shld, shrd
		return true
	case 0x7e:
		return !rep // movd; with the prefix movq loads
	case 0xba: // bts, btr, btc
		return form >= 5
	case 0xc7: // cmpxchg8b, xsavec, xsaves
		return form == 1 || form == 4 || form == 5
	case 0xae: // fxsave, stmxcsr, xsave, xsaveopt; clwb has 66
		return form == 0 || form == 3 || form == 4 || form == 6 && !size
	}
	return op >= 0x90 && op < 0xa0 // setcc
}

// writesMap2 is for opcodes after 0F 38, writesMap3 for those after 0F 3A.
func (a x86Access) writesMap2(i int) bool {
	_, memory := a.form(i)
	return memory && a.at(i) == 0xf1 // movbe
}

func (a x86Access) writesMap3(i int) bool {
	_, memory := a.form(i)
	return memory && a.at(i) >= 0x14 && a.at(i) <= 0x17 // pextrb and the like, extractps
}

func (a x86Access) writesVector(i int, opcodes, prefix byte) bool {
	_, memory := a.form(i)
	switch opcodes {
	case 1:
		return a.writesMap1(i, prefix == 2, prefix == 1)
	case 2: // vmaskmovps, vmaskmovpd, vpmaskmov, vpcompress, vcompress, vscatter
		switch a.at(i) {
		case 0x2e, 0x2f, 0x8e, 0x63, 0x8a, 0x8b, 0xa0, 0xa1, 0xa2, 0xa3:
			return memory
		}
	case 3: // vextract, vcvtps2ph
		switch a.at(i) {
		case 0x14, 0x15, 0x16, 0x17, 0x19, 0x1b, 0x1d, 0x39, 0x3b:
			return memory
		}
	}
	return false
}

// armWrites reports whether an instruction of arm64 writes to memory (Arm's reference manual,
// C4.1, loads and stores).
func armWrites(code []byte) bool {
	if len(code) < 4 {
		return false
	}
	x := binary.LittleEndian.Uint32(code)
	if x&0xffffffe0 == 0xd50b7420 {
		return true // dc zva
	}
	if x>>25&5 != 4 {
		return false
	}
	load := x>>22&1 != 0
	switch {
	case x>>27&7 == 3 && x>>24&1 == 0 && x>>28&3 == 1: // literal
		return false
	case x>>27&7 == 7: // one register
		atomic := x>>21&1 == 1 && x>>24&1 == 0 && x>>10&3 == 0 && x>>26&1 == 0
		opc := x >> 22 & 3
		return atomic || opc == 0 || opc == 2 && x>>26&1 == 1 && x>>30 == 0 // of vectors: 128 bits
	case x>>24&0x3f == 8 && x>>21&1 == 1 && (x>>23&1 == 1 || x>>31 == 0) && x>>10&31 == 31: // compare and swap
		return true
	}
	return !load
}
