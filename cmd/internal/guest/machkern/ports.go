//go:build linux && (amd64 || arm64)

package machkern

import (
	"os"
	"sync"
	"sync/atomic"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/kernel/vm"
)

// WatchPort implements libsystem.MachKernel.
func (g *Guest) WatchPort(p *proc.Process, name uint32, woken func()) (libsystem.PortWatch, proc.Errno) {
	g.attach(p)
	return g.kernel.watchPort(mach.MachPort(name), woken)
}

// Receive implements libsystem.MachKernel.
func (g *Guest) Receive(t *proc.Thread, buffer uint64, option mach.MachMsgOption, size, name uint32) mach.KernReturn {
	g.attach(t.Process)
	return mach.KernReturn(int32(g.call(t, "mach_msg", buffer, uint64(uint32(option)), 0, uint64(size), uint64(name), 0, 0)))
}

// Unmap implements libsystem.MachKernel.
func (g *Guest) Unmap(t *proc.Thread, address, size uint64) mach.KernReturn {
	g.attach(t.Process)
	return mach.KernReturn(int32(g.call(t, "mach_vm_deallocate", uint64(g.self), address, size)))
}

// Replace implements libsystem.MachKernel.
func (g *Guest) Replace(p *proc.Process, address, size uint64) mach.KernReturn {
	g.attach(p)
	return g.kernel.replace(address, size)
}

func (s *guestTask) replace(address, size uint64) mach.KernReturn {
	return vm.Replace(s.task, address, size)
}

func (r *kernelClient) replace(address, size uint64) mach.KernReturn {
	a, ok := r.ask(replaced{address, size})
	if !ok {
		return mach.KERN_SUCCESS // the kernel has gone, and what it knew
	}
	return mach.KernReturn(int32(a.Word))
}

func (m replaced) handle(s *guestTask, _ []*os.File) any {
	return reply{Word: uint64(uint32(s.replace(m.Addr, m.Size))), OK: true}
}

// Inherit implements libsystem.MachKernel.
func (g *Guest) Inherit(t *proc.Thread, address, size uint64, inherit uint32) mach.KernReturn {
	g.attach(t.Process)
	return mach.KernReturn(int32(g.call(t, "mach_vm_inherit", uint64(g.self), address, size, uint64(inherit))))
}

// Behavior implements libsystem.MachKernel: madvise(2) is mach_vm_behavior_set on the own task.
func (g *Guest) Behavior(t *proc.Thread, address, size uint64, behavior int32) mach.KernReturn {
	g.attach(t.Process)
	return mach.KernReturn(int32(g.call(t, "mach_vm_behavior_set", uint64(g.self), address, size, uint64(uint32(behavior)))))
}

// portWatch is one in this process's kernel.
type portWatch struct {
	w    *ipc.Watch
	edge atomic.Bool
}

func (p *portWatch) Edge() bool { return p.edge.Swap(false) }

func (p *portWatch) First() (uint32, bool) {
	name, gone := p.w.First()
	return uint32(name), gone
}

func (p *portWatch) Stop() { p.w.Stop() }

// watchError is what filt_machportattach says.
func watchError(kr mach.KernReturn) proc.Errno {
	switch kr {
	case mach.KERN_SUCCESS:
		return 0
	case mach.KERN_INVALID_NAME:
		return proc.ENOENT
	}
	return proc.ENOTSUP
}

func (s *guestTask) watchPort(name mach.MachPort, woken func()) (libsystem.PortWatch, proc.Errno) {
	p := &portWatch{}
	var kr mach.KernReturn
	p.w, kr = s.task.Space.Watch(name, func() {
		p.edge.Store(true)
		woken()
	})
	if kr != mach.KERN_SUCCESS {
		return nil, watchError(kr)
	}
	return p, 0
}

// portWatches are the watches of a kernel in another runner.
type portWatches struct {
	mu   sync.Mutex
	next int
	wake map[int]func()
}

func (l *portWatches) woken(id int) {
	l.mu.Lock()
	f := l.wake[id]
	l.mu.Unlock()
	if f != nil {
		f()
	}
}

// farWatch is one of them.
type farWatch struct {
	r  *kernelClient
	id int
}

func (r *kernelClient) watchPort(name mach.MachPort, woken func()) (libsystem.PortWatch, proc.Errno) {
	l := &r.watches
	l.mu.Lock()
	if l.wake == nil {
		l.wake = map[int]func(){}
	}
	l.next++
	w := farWatch{r, l.next}
	l.wake[w.id] = woken
	l.mu.Unlock()
	a, ok := r.ask(watchPort{w.id, name})
	if e := proc.Errno(a.Word); !ok || e != 0 {
		l.mu.Lock()
		delete(l.wake, w.id)
		l.mu.Unlock()
		if e == 0 {
			e = proc.ENOENT // the kernel has gone, and its ports
		}
		return nil, e
	}
	go func() {
		<-r.c.Closed()
		woken()
	}()
	return w, 0
}

func (w farWatch) First() (uint32, bool) {
	a, ok := w.r.ask(firstPort{w.id})
	return uint32(a.Word), !ok || a.OK
}

func (w farWatch) Edge() bool {
	a, ok := w.r.ask(edgeOfPort{w.id})
	return !ok || a.OK
}

func (w farWatch) Stop() {
	w.r.watches.mu.Lock()
	delete(w.r.watches.wake, w.id)
	w.r.watches.mu.Unlock()
	_ = w.r.c.Tell(unwatchPort{w.id})
}
