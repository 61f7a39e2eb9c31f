package host

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Host is the machine as an object of the kernel: what host ports stand for.
type Host struct {
	Extmod Extmod

	kernel  *core.Kernel
	machine Machine
	public  *ipc.Port // for everyone
	priv    *ipc.Port // the privileged host port
	set     *Set

	mu         sync.Mutex
	processors map[int]*Processor
	special    [mach.HOST_MAX_SPECIAL_PORT + 1]ipc.Right
	watch      watch
}

// Processor is what a processor port stands for.
type Processor struct {
	Number int
	port   *ipc.Port
}

// Set is the one processor set, with a port to control it and one to ask.
type Set struct {
	control, name *ipc.Port
}

type hostKey struct{}

// Of returns the kernel's host.
func Of(k *core.Kernel) *Host {
	return k.State(hostKey{}, func() any { return hostOf(k, ThisMachine()) }).(*Host)
}

// SetMachine says which machine the kernel's host is, before anybody asks for it; else it is
// ThisMachine.
func SetMachine(k *core.Kernel, m Machine) {
	k.State(hostKey{}, func() any { return hostOf(k, m) })
}

func hostOf(k *core.Kernel, m Machine) *Host {
	h := newHost(m)
	h.kernel = k
	return h
}

func newHost(m Machine) *Host {
	h := &Host{machine: m, processors: map[int]*Processor{}, set: &Set{}}
	h.public = ipc.NewKernelPort(mach.IPC_OTYPE_HOST, h)
	h.priv = ipc.NewKernelPort(mach.IPC_OTYPE_HOST_PRIV, h)
	h.set.control = ipc.NewKernelPort(mach.IPC_OTYPE_PROCESSOR_SET, h.set)
	h.set.name = ipc.NewKernelPort(mach.IPC_OTYPE_PROCESSOR_SET_NAME, h.set)
	return h
}

// PublicPort is the host port that everybody may have.
func (h *Host) PublicPort() *ipc.Port { return h.public }

// PrivPort is the privileged host port.
func (h *Host) PrivPort() *ipc.Port { return h.priv }

// SelfPort is the host port of a task, TASK_HOST_PORT: the privileged one for
// root's tasks (xnu osfmk/kern/ipc_tt.c, bsd/kern/kern_credential.c).
func (h *Host) SelfPort(t *core.Task) *ipc.Port {
	if u, err := t.Sub.Usage(); err == nil && u.UID == 0 {
		return h.priv
	}
	return h.public
}

// processor returns the object of a processor, made at first use.
func (h *Host) processor(number int) *Processor {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.processors[number]
	if p == nil {
		p = &Processor{Number: number}
		p.port = ipc.NewKernelPort(mach.IPC_OTYPE_PROCESSOR, p)
		h.processors[number] = p
	}
	return p
}
