//go:build linux && (amd64 || arm64)

package machkern

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Guest answers the Mach functions of one guest. It implements libsystem.MachKernel.
type Guest struct {
	options Options
	own     *Kernel       // nil where another runner has it
	client  *kernelClient // nil where own is not
	kernel  kernelSide
	ready   chan struct{} // closed when the guest's first instruction is due

	once       sync.Once
	process    *proc.Process
	sub        *task
	traced     tracing
	self, boot mach.MachPort
}

// New makes what answers a guest's Mach functions. If the kernel that it is to join has gone,
// as the guest outlives those that started it, it gets one of its own.
func New(o Options) *Guest {
	g := &Guest{options: o, ready: make(chan struct{})}
	if o.Join != 0 {
		if client, err := join(g, o.Join); err == nil {
			g.client = client
			return g
		}
	}
	g.own = newKernel(o)
	return g
}

// Attach implements libsystem.MachKernel.
func (g *Guest) Attach(p *proc.Process) { g.attach(p) }

// attach makes the guest a task, at the first thing that it wants of the kernel: that is
// while it is loaded, when its variables get their values.
func (g *Guest) attach(p *proc.Process) {
	g.once.Do(func() {
		g.process = p
		g.sub = newTask(g, p)
		p.Post(func() {
			if g.client != nil {
				g.begin(g.client.how)
			}
			close(g.ready)
		})
		p.FaultHook = g.fault
		p.ThreadEnded, p.ThreadMade = g.threadEnded, g.sub.threadMade
		if g.own != nil {
			g.own.setMachine(p.Arch)
			s := g.own.admit(g.sub, userMemory{p}, nil, g.variable)
			g.own.core.SetSelf(s.task)
			g.own.mu.Lock()
			g.own.first = s
			g.own.mu.Unlock()
			g.kernel = s
		} else {
			g.client.hello(g.sub)
			g.kernel = g.client
		}
		g.self, g.boot = g.kernel.names()
	})
}

// variable is the address of a variable of libSystem.
func (g *Guest) variable(name string) uint64 {
	addr, _ := g.process.DataSymbol(name)
	return addr
}

// threadEnded lets the ports of a thread die.
func (g *Guest) threadEnded(t *proc.Thread) {
	go func() {
		g.kernel.threadEnded(int(t.UniqueID()))
		g.sub.forget(t)
	}()
}
