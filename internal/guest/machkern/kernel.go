//go:build linux

package machkern

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/bootstrap"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/host"
	"github.com/gomach/mach/internal/kernel/misc"
)

// Options say what a guest's kernel shows.
type Options struct {
	// HostProcesses lets the guest look at processes of the host, but not change them.
	HostProcesses bool
}

// Kernel is a Mach kernel with one guest. It implements libsystem.MachKernel.
type Kernel struct {
	core    *core.Kernel
	options Options

	once    sync.Once
	process *proc.Process
	task    *core.Task
	sub     *task
	boot    mach.MachPort
	calls   sync.Pool // of *call
}

// New makes a kernel that waits for its guest.
func New(o Options) *Kernel {
	k := &Kernel{options: o}
	k.core = kernel.New(&substrate{k: k})
	k.calls.New = func() any {
		c := &call{}
		c.Scratch = c.scratch[:]
		return c
	}
	return k
}

// attach makes the guest a task, at the first thing that it wants of the kernel: that is
// while it is loaded, when its variables get their values.
func (k *Kernel) attach(p *proc.Process) {
	k.once.Do(func() {
		k.process = p
		k.sub = newTask(k, p)
		host.SetMachine(k.core, machine{host.ThisMachine(), p.Arch.PageSize})
		k.task = k.core.NewTask(k.sub)
		k.core.SetSelf(k.task)
		k.boot = bootstrap.Give(k.task)
		misc.SetVariables(k.task, func(name string) uint64 {
			addr, _ := p.DataSymbol(name)
			return addr
		})
		p.FaultHook = k.fault
		p.ThreadEnded = k.threadEnded
	})
}

// thread is the Mach thread of a guest's thread.
func (k *Kernel) thread(t *proc.Thread) *core.Thread {
	k.sub.know(t)
	th, err := k.task.Thread(int(t.ID))
	if err != nil {
		return nil
	}
	return th
}

// threadEnded lets the ports of a thread die.
func (k *Kernel) threadEnded(t *proc.Thread) {
	go func() {
		for _, th := range k.task.Known() {
			if th.ID == int(t.ID) {
				th.End()
			}
		}
		k.sub.forget(t)
	}()
}
