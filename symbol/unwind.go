package symbol

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Frame is a function that was called and has not returned.
type Frame struct {
	// PC is the next instruction of the function.
	PC uint64
	// At is the address to look up: PC itself for the innermost function and for one
	// that a signal has interrupted, and a byte of the call for others, as a call may be
	// the last instruction of a function.
	At uint64
	// CFA is the address on the stack where the function's frame ends; 0 if it is not
	// known.
	CFA uint64
	// Signal says that the frame is the one that the kernel made to call a handler of
	// signals.
	Signal bool
}

// maxFrames is what no stack has.
const maxFrames = 1 << 20

// Unwind walks a stack from the innermost function outwards, up to limit frames (0: up
// to 1,048,576). It ends where there is no caller, or where what is told makes no
// sense.
func (t *Table) Unwind(r *task.Registers, limit int) []Frame {
	if t == nil || r == nil {
		return nil
	}
	if limit <= 0 || limit > maxFrames {
		limit = maxFrames
	}
	s := newState(t.memory, r)
	var out []Frame
	exact := true // pc is an instruction that runs, not one to return to
	for len(out) < limit {
		f := Frame{PC: s.pc, At: s.pc}
		if !exact {
			f.At--
		}
		how := t.step(s, f.At, exact, len(out) == 0)
		f.CFA, f.Signal = s.cfa, how == stepSignal
		out = append(out, f)
		if how == stepEnd || s.pc == 0 {
			break
		}
		exact = how == stepSignal
	}
	return out
}

type stepKind int

const (
	stepEnd stepKind = iota
	stepCall
	stepSignal
)

// step takes a frame off.
func (t *Table) step(s *state, at uint64, exact, first bool) stepKind {
	t.mu.Lock()
	var f *fde
	var g *goFrames
	var bias uint64
	if m := t.imageAt(at); m != nil {
		bias = m.bias
		f = m.cfi().at(at - bias)
		if f == nil && !exact {
			// The frame of a signal begins at its function's first instruction, before
			// which stands somebody else's.
			if g := m.cfi().at(s.pc - bias); g != nil && g.cie.signal {
				f, at = g, s.pc
			}
		} else if f != nil && !exact && !f.cie.signal {
			if g := m.cfi().at(s.pc - bias); g != nil && g != f && g.cie.signal {
				f, at = g, s.pc
			}
		}
	}
	var c *compact
	if f == nil {
		if m := t.imageAt(at); m != nil {
			c = m.unwindInfo()
		}
		g = t.goFrames(at)
	}
	t.mu.Unlock()
	before := *s
	if s.signalCode() {
		if s.signalFrame() {
			return stepSignal
		}
		*s = before
	}
	if f != nil {
		if x, ok := f.rowAt(at - bias); ok {
			if kind, ok := s.apply(&x, f, first || exact); ok {
				return kind
			}
		}
		*s = before
		if f.undefinedEnd(at - bias) {
			return stepEnd
		}
	}
	if c != nil {
		if s.stepCompact(c, bias, at, first || exact) {
			return stepCall
		}
		*s = before
	}
	if g != nil {
		switch depth, kind := g.at(at - bias); kind {
		case goTop:
			return stepEnd
		case goMoved:
			if s.goMoved(depth) {
				return stepCall
			}
			*s = before
			return stepEnd
		case goDepth:
			if s.goFrame(depth, first || exact) {
				return stepCall
			}
			*s = before
		}
	}
	if s.framePointer(first) {
		return stepCall
	}
	*s = before
	return stepEnd
}

// goFrames are what Go's table tells of the image that has an address; t is locked.
func (t *Table) goFrames(addr uint64) *goFrames {
	m := t.imageAt(addr)
	if m == nil {
		return nil
	}
	m.goTable()
	if _, ok := m.goFrames.function(addr - m.bias); !ok {
		return nil
	}
	return m.goFrames
}

// undefinedEnd reports whether the function says itself that it has no caller.
func (f *fde) undefinedEnd(at uint64) bool {
	x, ok := f.rowAt(at)
	return ok && f.cie.ra < maxRegisters && x.rules[f.cie.ra].kind == ruleUndefined
}

// state is a thread's registers on the way outwards.
type state struct {
	arm    bool
	from   *task.Registers
	memory window
	regs   [maxRegisters]uint64
	pc     uint64
	cfa    uint64
}

// Columns of DWARF.
const (
	x86BP, x86SP, x86RA = 6, 7, 16
	armFP, armLR, armSP = 29, 30, 31
)

func newState(memory task.MemoryReader, r *task.Registers) *state {
	s := &state{arm: r.CPU == mach.CPU_TYPE_ARM64, from: r, memory: window{r: memory}, pc: r.PC()}
	if s.arm {
		copy(s.regs[:], r.ARM.X[:])
		s.regs[armFP], s.regs[armLR], s.regs[armSP] = r.FP(), r.StripPointer(r.ARM.Lr), r.SP()
		return s
	}
	x := &r.X86
	copy(s.regs[:], []uint64{x.Rax, x.Rdx, x.Rcx, x.Rbx, x.Rsi, x.Rdi, x.Rbp, x.Rsp, x.R8, x.R9, x.R10, x.R11, x.R12, x.R13, x.R14, x.R15, x.Rip})
	return s
}

func (s *state) register(n uint64) uint64 {
	if n < maxRegisters {
		return s.regs[n]
	}
	return 0
}

func (s *state) sp() *uint64 {
	if s.arm {
		return &s.regs[armSP]
	}
	return &s.regs[x86SP]
}

func (s *state) fp() *uint64 {
	if s.arm {
		return &s.regs[armFP]
	}
	return &s.regs[x86BP]
}

func (s *state) word(addr uint64) (uint64, bool) {
	b := s.memory.at(addr)
	if b == nil {
		return 0, false
	}
	return binary.LittleEndian.Uint64(b), true
}

// apply takes a frame off as a row says.
func (s *state) apply(x *row, f *fde, inner bool) (stepKind, bool) {
	cfa := s.register(x.cfaRegister) + uint64(x.cfaOffset)
	if x.cfaExpr != nil {
		var ok bool
		if cfa, ok = s.expression(x.cfaExpr); !ok {
			return stepEnd, false
		}
	}
	old := *s
	regs := s.regs
	for i := range x.rules {
		u := &x.rules[i]
		var ok bool
		switch u.kind {
		case ruleOffset:
			regs[i], ok = s.word(cfa + uint64(u.value))
		case ruleValOffset:
			regs[i], ok = cfa+uint64(u.value), true
		case ruleRegister:
			regs[i], ok = s.register(uint64(u.value)), true
		case ruleExpr:
			if regs[i], ok = s.expression(u.expr, cfa); ok {
				regs[i], ok = s.word(regs[i])
			}
		case ruleValExpr:
			regs[i], ok = s.expression(u.expr, cfa)
		default:
			continue
		}
		if !ok && uint64(i) == f.cie.ra {
			return stepEnd, false
		}
	}
	if f.cie.ra >= maxRegisters || x.rules[f.cie.ra].kind == ruleUndefined {
		return stepEnd, false
	}
	if x.rules[f.cie.ra].kind == ruleNone && !inner {
		return stepEnd, false // the address of a call cannot be where the call before it left it
	}
	sp := x86SP
	if s.arm {
		sp = armSP
	}
	if x.rules[sp].kind == ruleNone {
		regs[sp] = cfa
	}
	s.regs, s.cfa = regs, cfa
	s.pc = regs[f.cie.ra]
	if s.arm {
		s.pc = s.from.StripPointer(s.pc)
	}
	if f.cie.signal {
		return stepSignal, true
	}
	if cfa < *old.sp() || cfa == *old.sp() && s.pc == old.pc {
		return stepEnd, false // callers are above
	}
	return stepCall, true
}

// framePointer takes a frame off that has a frame pointer.
func (s *state) framePointer(first bool) bool {
	fp := *s.fp()
	if fp%8 != 0 || fp < *s.sp() && !first {
		return false
	}
	next, ok := s.word(fp)
	pc, ok2 := s.word(fp + 8)
	if !ok || !ok2 || pc == 0 || fp+16 <= *s.sp() && !first {
		return false
	}
	if s.arm {
		pc = s.from.StripPointer(pc)
	}
	s.cfa = fp + 16
	*s.sp(), *s.fp(), s.pc = fp+16, next, pc
	return true
}
