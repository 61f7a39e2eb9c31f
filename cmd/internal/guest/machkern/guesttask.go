//go:build linux && (amd64 || arm64)

package machkern

import (
	"os"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/internal/kernel/core"
	kerntask "github.com/gomach/mach/internal/kernel/task"
)

// guestTask is a guest as the kernel has it. It is the kernelSide of the guest of the same
// process; the others reach theirs by messages.
type guestTask struct {
	k      *Kernel
	task   *core.Task
	memory core.Memory
	boot   mach.MachPort
	// watches are those of a guest of another runner.
	watches *guestWatches
}

func (s *guestTask) names() (self, boot mach.MachPort) { return s.task.SelfName(), s.boot }

func (s *guestTask) thread(id int) *core.Thread {
	th, err := s.task.Thread(id)
	if err != nil {
		return nil
	}
	return th
}

func (s *guestTask) perform(x *call) uint64 {
	thread := x.thread
	x.Args, x.Task, x.Mem = &x.args, s.task, s.memory
	x.CallingThread = func() *core.Thread { return s.thread(thread) }
	if x.waits {
		// Whoever gets a port to the thread later can still abort this call.
		if th := s.thread(thread); th != nil {
			x.Interrupted = th.Interrupted()
		}
	}
	r := s.k.core.Call(&x.Ctx, x.symbol)
	x.Thread, x.CallingThread, x.Interrupted, x.Task, x.Mem, x.Waits = nil, nil, nil, nil, nil, nil
	s.k.calls.Put(x)
	return r
}

func (s *guestTask) raise(thread int, e raised) bool {
	th := s.thread(thread)
	return th != nil && kerntask.Raise(th, e.Kind, e.Codes)
}

// threadEnded lets the ports of a thread die.
func (s *guestTask) threadEnded(thread int) {
	for _, th := range s.task.Known() {
		if th.ID == thread {
			th.End()
		}
	}
}

type nameKey struct{}

// threadName is the name that the C library keeps of a thread's port, with a reference of
// its own.
func (s *guestTask) threadName(thread int) mach.MachPort {
	th := s.thread(thread)
	if th == nil {
		return mach.MACH_PORT_NULL
	}
	return th.State(nameKey{}, func() any {
		name, _ := s.task.Space.InsertSend(th.Port(core.Control))
		return name
	}).(mach.MachPort)
}

// threadOf finds a thread of this task by its port's name.
func (s *guestTask) threadOf(name mach.MachPort) (int, bool) {
	p, kr := s.task.Space.SendPort(name)
	if kr != mach.KERN_SUCCESS || p == nil {
		return 0, false
	}
	_, obj := p.KObject()
	th, ok := obj.(*core.Thread)
	if !ok || th.Task != s.task {
		return 0, false
	}
	return th.ID, true
}

func (s *guestTask) started(pid int, end *os.File, how libsystem.Tracing) {
	s.k.started(s, pid, end, how)
}
