package core

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// NewTask makes a task of this kernel and makes it known by its pid.
func (k *Kernel) NewTask(sub TaskSub) *Task {
	t := k.unknownTask(sub)
	k.mu.Lock()
	k.tasks[sub.PID()] = t
	k.mu.Unlock()
	go t.endWithSub()
	return t
}

// unknownTask makes a task that nobody finds yet.
func (k *Kernel) unknownTask(sub TaskSub) *Task {
	return &Task{Kernel: k, Sub: sub, Space: ipc.NewSpace(), threads: map[int]*Thread{}, dead: make(chan struct{})}
}

// endWithSub ends the task when its process has ended.
func (t *Task) endWithSub() {
	t.Sub.Wait(t.dead)
	t.end()
}

// SetSelf says which task the kernel's own process is, or its first guest.
func (k *Kernel) SetSelf(t *Task) {
	t.Identify()
	k.mu.Lock()
	k.self = t
	k.mu.Unlock()
}

// Identify has the task's messages tell who it is.
func (t *Task) Identify() {
	if u, err := t.Sub.Usage(); err == nil {
		t.Space.SetSender(u.Tokens(t.Sub.PID()))
	}
}

// Self is the task that SetSelf named.
func (k *Kernel) Self() *Task {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.self
}

// TaskOf returns the task of a process, which it opens if need be. The error
// wraps fs.ErrNotExist or fs.ErrPermission where that is the cause.
func (k *Kernel) TaskOf(pid int) (*Task, error) {
	k.mu.Lock()
	t := k.tasks[pid]
	k.mu.Unlock()
	if t != nil && t.Alive() {
		return t, nil
	}
	sub, err := k.Sub.OpenTask(pid)
	if err != nil {
		return nil, err
	}
	fresh := k.unknownTask(sub)
	k.mu.Lock()
	t = k.tasks[pid]
	known := t != nil && t.Alive()
	k.mu.Unlock()
	if !known && k.Opened != nil {
		k.Opened(fresh)
	}
	k.mu.Lock()
	if t = k.tasks[pid]; t != nil && t.Alive() {
		k.mu.Unlock()
		fresh.end() // another one was first
		return t, nil
	}
	k.tasks[pid] = fresh
	k.mu.Unlock()
	go fresh.endWithSub()
	return fresh, nil
}

// Born makes a task of a process that a task has just forked. Somebody may have
// asked for the process before, and has the task then.
func (k *Kernel) Born(sub TaskSub) *Task {
	fresh := k.unknownTask(sub)
	k.mu.Lock()
	t := k.tasks[sub.PID()]
	if t == nil || !t.Alive() {
		k.tasks[sub.PID()] = fresh
		k.mu.Unlock()
		go fresh.endWithSub()
		return fresh
	}
	k.mu.Unlock()
	if x, ok := t.Sub.(Taker); ok {
		x.Take(sub)
	} else {
		sub.Close()
	}
	return t
}

// end makes the task dead: its ports die, its names go.
func (t *Task) end() {
	t.once.Do(func() {
		t.Kernel.mu.Lock()
		if t.Kernel.tasks[t.Sub.PID()] == t {
			delete(t.Kernel.tasks, t.Sub.PID())
		}
		t.Kernel.mu.Unlock()
		close(t.dead)
		t.mu.Lock()
		threads := t.threads
		t.threads = nil
		t.mu.Unlock()
		for _, th := range threads {
			th.End()
		}
		t.ports.destroy()
		t.state.end()
		t.Space.Terminate()
		t.Sub.Close()
	})
}

// End makes the task dead, as when its process has ended.
func (t *Task) End() { t.end() }

// Port returns the task's port of a flavor, made at first use. It stands for
// no right.
func (t *Task) Port(f Flavor) *ipc.Port { return t.ports.get(f, taskKinds[f], t) }

// SelfName is the name of the task's control port in its own space, which C
// keeps in mach_task_self_. The first call makes it. A task that gives the right up
// still has the name in its variable, as the name of nothing.
func (t *Task) SelfName() mach.MachPort {
	if n := t.selfName.Load(); n != 0 {
		return mach.MachPort(n)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := t.selfName.Load(); n != 0 {
		return mach.MachPort(n)
	}
	n, kr := t.Space.InsertOwn(t.Port(Control))
	if kr != mach.KERN_SUCCESS {
		return mach.MACH_PORT_NULL
	}
	t.selfName.Store(uint32(n))
	return n
}

// VM is the task's memory as messages need it.
func (t *Task) VM() ipc.VM { return taskVM{t} }

// Thread returns a thread by the substrate's id, opened if need be.
func (t *Task) Thread(id int) (*Thread, error) {
	t.mu.Lock()
	th := t.threads[id]
	t.mu.Unlock()
	if th != nil {
		return th, nil
	}
	sub, err := t.Sub.OpenThread(id)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if th := t.threads[id]; th != nil {
		return th, nil
	}
	th = &Thread{Task: t, Sub: sub, ID: id}
	if t.threads != nil {
		t.threads[id] = th
	}
	return th, nil
}

// Known returns the threads that have been opened.
func (t *Task) Known() []*Thread {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]*Thread, 0, len(t.threads))
	for _, th := range t.threads {
		out = append(out, th)
	}
	return out
}

// Port returns the thread's port of a flavor, made at first use.
func (th *Thread) Port(f Flavor) *ipc.Port {
	if f == NamePort {
		f = Inspect
	}
	if th.ported.CompareAndSwap(false, true) {
		th.Task.ported.Store(true)
		th.Task.watchThreads()
	}
	return th.ports.get(f, threadKinds[f], th)
}

// End makes the thread dead: its ports die and the task forgets it.
func (th *Thread) End() {
	th.Task.mu.Lock()
	if th.Task.threads[th.ID] == th {
		delete(th.Task.threads, th.ID)
	}
	th.Task.mu.Unlock()
	th.neverAgain()
	th.ports.destroy()
	th.ended.Store(true)
	th.state.end()
}

// Interrupted is closed when the thread is aborted next. That of a thread that has
// ended is closed.
func (th *Thread) Interrupted() <-chan struct{} {
	th.abortMu.Lock()
	defer th.abortMu.Unlock()
	if th.abort == nil {
		th.abort = make(chan struct{})
	}
	return th.abort
}

// neverAgain breaks off each wait of the thread, now and later.
func (th *Thread) neverAgain() {
	th.abortMu.Lock()
	defer th.abortMu.Unlock()
	if th.over {
		return
	}
	if th.abort == nil {
		th.abort = make(chan struct{})
	}
	close(th.abort)
	th.over = true
}

// Interrupt makes the thread's wait in the kernel end, if it waits.
func (th *Thread) Interrupt() {
	th.abortMu.Lock()
	defer th.abortMu.Unlock()
	if th.abort != nil && !th.over {
		close(th.abort)
		th.abort = nil
	}
}

// Interrupt returns the channel that is closed when the calling thread is
// aborted, or nil. Who holds no port to a thread cannot abort it, so nothing is
// looked up before the task has given one out. A call that was broken off and asks
// again gets the channel of the next abort.
func (c *Ctx) Interrupt() <-chan struct{} {
	if c.Interrupted != nil {
		if c.waited && closed(c.Interrupted) {
			if th := c.Caller(); th != nil {
				c.Interrupted = th.Interrupted()
			}
		}
		c.waited = true
		return c.Interrupted
	}
	if c.Thread == nil && !c.Task.ported.Load() {
		return nil
	}
	if th := c.Caller(); th != nil && th.ported.Load() {
		return th.Interrupted()
	}
	return nil
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Caller returns the calling thread, or nil where it cannot be told.
func (c *Ctx) Caller() *Thread {
	if c.Thread == nil && c.CallingThread != nil {
		c.Thread = c.CallingThread()
	}
	return c.Thread
}

// flavoredPorts are the ports of a task or thread.
type flavoredPorts struct {
	mu   sync.Mutex
	p    [flavors]*ipc.Port
	dead bool
}

func (f *flavoredPorts) get(i Flavor, kind mach.IPCInfoObjectType, obj any) *ipc.Port {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.p[i] == nil {
		f.p[i] = ipc.NewKernelPort(kind, obj)
		if f.dead {
			f.p[i].Destroy()
		}
	}
	return f.p[i]
}

func (f *flavoredPorts) destroy() {
	f.mu.Lock()
	ports := f.p
	f.dead = true
	f.mu.Unlock()
	for _, p := range ports {
		p.Destroy()
	}
}

// taskVM adapts a task's address space to ipc.
type taskVM struct{ t *Task }

func (v taskVM) ReadAt(p []byte, addr uint64) (int, error) {
	return v.t.Sub.Memory().ReadAt(p, addr)
}

func (v taskVM) WriteAt(p []byte, addr uint64) (int, error) {
	return v.t.Sub.Memory().WriteAt(p, addr)
}

func (v taskVM) AllocateMemory(size uint64) (uint64, mach.KernReturn) {
	if k := v.t.Kernel; k != nil && k.VM != nil {
		return k.VM.HandOut(v.t, size)
	}
	m := v.t.Sub.Memory()
	addr, err := m.Map(Mapping{
		Size: roundUp(size, m.PageSize()), Prot: mach.VM_PROT_READ | mach.VM_PROT_WRITE, Name: "mach message",
	})
	if err != nil {
		return 0, mach.KERN_NO_SPACE
	}
	return addr, mach.KERN_SUCCESS
}

func (v taskVM) DeallocateMemory(addr, size uint64) mach.KernReturn {
	if k := v.t.Kernel; k != nil && k.VM != nil {
		return k.VM.TakeBack(v.t, addr, size)
	}
	m := v.t.Sub.Memory()
	page := m.PageSize()
	start := addr &^ (page - 1)
	if err := m.Unmap(start, roundUp(addr+size, page)-start); err != nil {
		return mach.KERN_INVALID_ADDRESS
	}
	return mach.KERN_SUCCESS
}

func roundUp(n, page uint64) uint64 { return (n + page - 1) &^ (page - 1) }
