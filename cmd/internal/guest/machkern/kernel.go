//go:build linux && (amd64 || arm64)

package machkern

import (
	"fmt"
	"os"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/host"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/kernel/misc"
	kerntask "github.com/gomach/mach/internal/kernel/task"
)

// Options say what a guest's kernel shows.
type Options struct {
	// HostProcesses lets the guest look at processes of the host, but not change them.
	HostProcesses bool
	// Messages says which messages may go to which ports. A kernel that is joined has its own.
	Messages ipc.Policy
	// Unguarded has broken guards of ports end no process. A kernel that is joined has its own.
	Unguarded bool
	// Join is the number of an inherited descriptor: a connection to the kernel of the runner
	// that started this one, see Guest.Starting. 0: the guest gets a kernel of its own.
	Join int
}

// Kernel is the Mach kernel of a guest and of all guests that it starts. It lives in the
// runner of the first one.
type Kernel struct {
	core     *core.Kernel
	options  Options
	calls    sync.Pool     // of *call
	timebase proc.Timebase // set before the first guest begins

	mu      sync.Mutex
	guests  map[int]*guestTask    // those of other runners, by pid
	first   *guestTask            // that of this one
	pending map[int]*pendingGuest // processes that are going to be guests
	tracers map[int]*guestTask    // of traced processes, by pid
}

func newKernel(o Options) *Kernel {
	k := &Kernel{options: o, guests: map[int]*guestTask{}, pending: map[int]*pendingGuest{}, tracers: map[int]*guestTask{}}
	k.core = kernel.New(&substrate{k: k})
	k.core.Policy = o.Messages
	k.core.Unguarded = func() bool { return o.Unguarded }
	k.core.Ends = func(pid int, why string) { fmt.Fprintf(os.Stderr, "darwinrun: process %d is ended by %s\n", pid, why) }
	k.calls.New = newCall
	return k
}

// setMachine says which machine it is: that of the first guest. Ticks are that machine's for all
// guests, be they of another CPU.
func (k *Kernel) setMachine(a *cpu.Arch) {
	k.timebase = proc.TimebaseOf(a)
	k.core.Ticks = k.timebase.Ticks
	host.SetMachine(k.core, machine{host.ThisMachine(), a.PageSize})
}

// admit makes a guest a task. memory is the guest's as its pointer arguments mean it.
func (k *Kernel) admit(sub core.TaskSub, memory core.Memory, h *kerntask.Inheritance, variables func(string) uint64) *guestTask {
	s := &guestTask{k: k, task: k.core.NewTask(sub), memory: memory}
	s.inherit(h)
	misc.SetVariables(s.task, variables)
	return s
}

// kernelSide is the kernel as one guest's runner sees it, in the same process or in another.
type kernelSide interface {
	// names are the variables mach_task_self_ and bootstrap_port.
	names() (self, boot mach.MachPort)
	// perform makes a call of the thread and symbol in x, and takes x back.
	perform(x *call) uint64
	// raise tells of an exception and whether its thread may go on.
	raise(thread int, e raised) bool
	threadEnded(thread int)
	// threadName is the name that pthread_mach_thread_np gives; threadOf the other way round.
	threadName(thread int) mach.MachPort
	threadOf(name mach.MachPort) (thread int, ok bool)
	// watchPort watches a port or port set.
	watchPort(name mach.MachPort, woken func()) (libsystem.PortWatch, proc.Errno)
	// replace is vm.Replace.
	replace(address, size uint64) mach.KernReturn
	// started says that a process is becoming a guest, whose runner has the other end of a
	// connection. The file stays the caller's. If that end is closed nothing has come of it.
	started(pid int, end *os.File, how libsystem.Tracing)
	// trace is what ptrace does to another process.
	trace(traceOf) proc.Errno
}
