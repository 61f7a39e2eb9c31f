//go:build linux && (amd64 || arm64)

package proc

import (
	"encoding/binary"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

// Sizes and offsets of what a handler gets to see (xnu bsd/sys/_types/_ucontext64.h and
// _mcontext.h, bsd/sys/signal.h).
const (
	siginfoSize  = 104
	ucontextSize = 56
	redZone      = 128
	// what a trampoline is told (xnu bsd/dev/arm/unix_signal.c)
	styleTraditional = 1
	styleInfo        = 30

	arm64StateAt  = 16       // exception state comes first
	arm64NeonAt   = 16 + 272 // then 33 registers and cpsr
	arm64ContextN = 16 + 272 + 528
	amd64FloatAt  = 16 + 168
	amd64ContextN = 16 + 168 + 524
	amd64XMMAt    = amd64FloatAt + 168
	amd64MXCSRAt  = amd64FloatAt + 32
)

// pushFrame puts siginfo, ucontext and machine context on the handler's stack and sets the
// registers for handler(signal, info, context).
func (p *Process) pushFrame(t *Thread, si *SignalInfo, act Action, f *signalFrame) (pushed bool) {
	_, ok := mem.Guard(func() { pushed = p.pushFrameTo(t, si, act, f) })
	return ok && pushed
}

func (p *Process) pushFrameTo(t *Thread, si *SignalInfo, act Action, f *signalFrame) bool {
	a, r := p.Arch, &t.ctx.Regs
	sp := r[a.SP] - redZone
	onStack := t.onAlt(r[a.SP])
	if act.Flags&saOnStack != 0 && t.Sig.Alt.Flags&StackDisable == 0 && t.Sig.Alt.Size != 0 && !onStack {
		sp = t.Sig.Alt.Base + t.Sig.Alt.Size
	}
	contextSize := uint64(arm64ContextN)
	if a == cpu.AMD64 {
		contextSize = amd64ContextN
	}
	total := (siginfoSize + ucontextSize + contextSize + 127) &^ 63
	sp = (sp - total) &^ 63
	b, err := p.Space.Bytes(sp, total, cpu.ProtWrite)
	if err != nil {
		return false
	}
	clear(b)
	le := binary.LittleEndian
	mctx, uc, info := sp, sp+(contextSize+15)&^15, uint64(0)
	info = uc + ucontextSize + 8

	s := b[info-sp:]
	le.PutUint32(s, uint32(si.Signal))
	le.PutUint32(s[8:], uint32(si.Code))
	le.PutUint32(s[12:], uint32(si.PID))
	le.PutUint32(s[16:], si.UID)
	le.PutUint32(s[20:], uint32(si.Status))
	le.PutUint64(s[24:], si.Address)
	le.PutUint64(s[32:], si.Value)

	u := b[uc-sp:]
	if onStack {
		le.PutUint32(u, 1)
	}
	mask := t.Sig.Mask
	if t.Sig.later != nil {
		mask, t.Sig.later = *t.Sig.later, nil
	}
	le.PutUint32(u[4:], mask)
	le.PutUint64(u[8:], t.Sig.Alt.Base)
	le.PutUint64(u[16:], t.Sig.Alt.Size)
	le.PutUint32(u[24:], t.Sig.Alt.Flags)
	le.PutUint64(u[40:], contextSize)
	le.PutUint64(u[48:], mctx)
	p.writeContext(t, b[:contextSize], si)

	f.context = uc
	r[a.SP], r[a.PC] = sp, act.Handler
	if a.LR >= 0 {
		r[a.LR] = p.sigReturn
	} else {
		r[a.SP] -= 8
		p.poke(r[a.SP], p.sigReturn)
	}
	r[a.IntArgs[0]], r[a.IntArgs[1]], r[a.IntArgs[2]] = uint64(si.Signal), info, uc
	if act.Trampoline != 0 {
		style := uint64(styleTraditional)
		if act.Flags&saSigInfo != 0 {
			style = styleInfo
		}
		r[a.PC] = act.Trampoline
		for i, v := range []uint64{act.Handler, style, uint64(si.Signal), info, uc, 0} {
			r[a.IntArgs[i]] = v
		}
	}
	return true
}

func (p *Process) writeContext(t *Thread, m []byte, si *SignalInfo) {
	le := binary.LittleEndian
	r := &t.ctx.Regs
	if p.Arch == cpu.ARM64 {
		le.PutUint64(m, si.Address)
		le.PutUint32(m[8:], si.esr)
		for i := range 33 {
			le.PutUint64(m[arm64StateAt+8*i:], r[i])
		}
		le.PutUint32(m[arm64StateAt+264:], uint32(r[33]))
		p.writeVectors(t, m[arm64NeonAt:])
		le.PutUint32(m[arm64NeonAt+512:], uint32(p.Machine.ThreadRegister(&t.ctx, regFPSR)))
		le.PutUint32(m[arm64NeonAt+516:], uint32(p.Machine.ThreadRegister(&t.ctx, regFPCR)))
		return
	}
	le.PutUint16(m, uint16(si.trap))
	le.PutUint64(m[8:], si.Address)
	for i := range 18 {
		le.PutUint64(m[16+8*i:], r[i])
	}
	le.PutUint64(m[16+8*18:], 0x2b) // cs, as 64-bit processes have it
	le.PutUint32(m[amd64MXCSRAt:], uint32(p.Machine.ThreadRegister(&t.ctx, regMXCSR)))
	p.writeVectors(t, m[amd64XMMAt:])
}

func (p *Process) writeVectors(t *Thread, m []byte) {
	for i := range p.Arch.Vectors {
		v := p.Machine.Vector(&t.ctx, i)
		binary.LittleEndian.PutUint64(m[16*i:], v[0])
		binary.LittleEndian.PutUint64(m[16*i+8:], v[1])
	}
}

func (p *Process) readVectors(t *Thread, m []byte) {
	for i := range p.Arch.Vectors {
		p.Machine.SetVector(&t.ctx, i, [2]uint64{binary.LittleEndian.Uint64(m[16*i:]), binary.LittleEndian.Uint64(m[16*i+8:])})
	}
}

// Unicorn's numbers of the floating-point control registers.
const (
	regFPCR  = 291
	regFPSR  = 292
	regMXCSR = 249
)

// popFrame restores the registers that a handler may have changed in its context.
func (p *Process) popFrame(t *Thread, uc uint64) {
	if _, ok := mem.Guard(func() { p.popFrameFrom(t, uc) }); !ok {
		p.Die(SIGBUS)
	}
}

func (p *Process) popFrameFrom(t *Thread, uc uint64) {
	le := binary.LittleEndian
	u, err := p.Space.Bytes(uc, ucontextSize, cpu.ProtRead)
	if err != nil {
		p.Die(SIGSEGV)
		return
	}
	mctx, size := le.Uint64(u[48:]), uint64(arm64ContextN)
	if p.Arch == cpu.AMD64 {
		size = amd64ContextN
	}
	m, err := p.Space.Bytes(mctx, size, cpu.ProtRead)
	if err != nil {
		p.Die(SIGSEGV)
		return
	}
	t.Sig.Mask = le.Uint32(u[4:])
	r := &t.ctx.Regs
	if p.Arch == cpu.ARM64 {
		for i := range 33 {
			r[i] = le.Uint64(m[arm64StateAt+8*i:])
		}
		r[33] = uint64(le.Uint32(m[arm64StateAt+264:]))
		p.readVectors(t, m[arm64NeonAt:])
		return
	}
	for i := range 18 {
		r[i] = le.Uint64(m[16+8*i:])
	}
	p.readVectors(t, m[amd64XMMAt:])
}
