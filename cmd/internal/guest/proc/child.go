//go:build linux && (amd64 || arm64)

package proc

import (
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

// child is a forked child that runs on its parent's thread: what is the parent's meanwhile.
type child struct {
	thread  *Thread
	context *cpu.Context // all registers at the call of fork
	calls   int          // the parent's calls below fork's
	guest   int
	signals threadSignals
	process signalState
	died    func(sig int)
	raw     *rawCall               // of the call of fork
	others  []*Call                // calls of other threads, which may end and write meanwhile
	arrived [maxSignal]*SignalInfo // signals for the parent
}

// Fork lets the thread that calls go on as a child whose memory, registers and signal state
// are undone by EndFork. Other threads do not run meanwhile; signals from outside wait for the
// parent. died is told when a signal ends the child. Only on the processor's goroutine.
func (p *Process) Fork(c *Call, died func(sig int)) error {
	t := c.Thread
	context, err := p.Machine.NewContext()
	if err != nil {
		return err
	}
	p.Machine.Copy(context, &t.ctx)
	f := &child{thread: t, context: context, calls: len(t.calls) - 1, guest: len(t.guest), signals: t.Sig, process: p.Signals, died: died, raw: c.raw}
	f.signals.frames = append([]signalFrame(nil), t.Sig.frames...)
	for _, o := range p.threads {
		if o != t {
			f.others = append(f.others, o.calls...)
		}
	}
	// A child begins without pending signals (fork(2)).
	clear(t.Sig.pending[:])
	clear(p.Signals.pending[:])
	p.child = f
	if p.watching {
		p.hideWatched()
	}
	p.Space.Remember()
	p.sched.only = t
	return nil
}

// Forked says whether a child runs.
func (p *Process) Forked() bool { return p.child != nil }

// EndFork undoes what the child did, and fork returns a result to the parent. What the child
// was waiting for is never answered. Only on the processor's goroutine.
func (p *Process) EndFork(result uint64) {
	f := p.child
	if f == nil {
		return
	}
	p.child = nil
	t := f.thread
	for _, c := range t.calls[min(f.calls, len(t.calls)):] {
		c.over = true
	}
	t.calls = t.calls[:min(f.calls, len(t.calls))]
	for _, g := range t.guest[min(f.guest, len(t.guest)):] {
		close(g.done)
	}
	t.guest = t.guest[:min(f.guest, len(t.guest))]
	var written []mem.Range
	for _, c := range f.others {
		written = append(written, c.Outs()...)
	}
	p.Space.Rewind(written)
	p.Machine.Copy(&t.ctx, f.context)
	p.Machine.Free(f.context)
	t.Sig, p.Signals = f.signals, f.process
	if f.raw != nil {
		p.returnRaw(&Call{Thread: t, Process: p, raw: &rawCall{unix: true}, result: result})
	} else {
		t.ctx.Regs[p.Arch.Result] = result
		p.leave(t)
	}
	p.sched.only = nil
	p.hideWatched()
	t.trapped = false
	switch t.state {
	case stateRunning: // in the middle of its turn
	case stateReady:
	default:
		p.sched.makeReady(t)
	}
	for _, si := range f.arrived {
		if si != nil {
			p.Signal(*si)
		}
	}
}

// SignalFromOutside sends the process a signal that comes from somebody else. While a forked
// child runs it is for the parent, which gets it when the child has ended; one that kills the
// parent ends both, as the child has no process of its own. Only on the processor's goroutine.
func (p *Process) SignalFromOutside(si SignalInfo) {
	f := p.child
	if f == nil || si.Signal <= 0 || si.Signal >= maxSignal {
		p.Signal(si)
		return
	}
	switch handler := f.process.Actions[si.Signal].Handler; {
	case handler == sigDefault && bit(si.Signal)&defaultIgnored == 0:
		p.Kill(int(si.Signal))
	case handler > sigIgnore:
		f.arrived[si.Signal] = &si
	}
}

// Die ends the process by a signal that it has got, or the forked child that runs. The
// calling thread must not run on. Only on the processor's goroutine.
func (p *Process) Die(sig int) {
	if f := p.child; f != nil {
		p.sched.post(func() {
			if p.child == f {
				f.died(sig)
			}
		})
		return
	}
	p.Kill(sig)
}
