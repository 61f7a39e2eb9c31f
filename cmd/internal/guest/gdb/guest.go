//go:build linux && (amd64 || arm64)

package gdb

import (
	"errors"
	"slices"
	"sync"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Memory is a guest's memory, whatever its protection.
type Memory interface {
	ReadAt(p []byte, address uint64) (int, error)
	WriteAt(p []byte, address uint64) (int, error)
}

// Guest is a process as a target.
type Guest struct {
	process *proc.Process
	memory  Memory
	stops   chan Stop     // at most one: who stops is not stopped again
	over    chan struct{} // closed when the guest has ended
	end     Stop
	once    sync.Once

	// only on the processor's goroutine:
	attached bool
	held     []*proc.Thread              // those that we suspended; nil: the guest runs
	resting  []*proc.Thread              // those that wait for another one's step
	faults   map[*proc.Thread]proc.Fault // that nobody has decided about
}

// NewGuest makes a target of a process that has not started yet. It does not execute an
// instruction before a debugger lets it.
func NewGuest(p *proc.Process, m Memory) *Guest {
	g := &Guest{process: p, memory: m, stops: make(chan Stop, 1), over: make(chan struct{}), faults: map[*proc.Thread]proc.Fault{}}
	p.Debugger = g.fault
	g.hold()
	return g
}

// Ended is to be called when the process has.
func (g *Guest) Ended(code, signal int) {
	g.once.Do(func() {
		g.end = Stop{Exited: signal == 0, Code: code, Killed: signal != 0, Signal: signal}
		close(g.over)
	})
}

// sync runs a function on the processor's goroutine; it answers false if the guest has ended.
func (g *Guest) sync(f func()) bool {
	done := make(chan struct{})
	g.process.Post(func() {
		defer close(done)
		f()
	})
	select {
	case <-done:
		return true
	case <-g.over:
		return false
	}
}

// hold stops all threads.
func (g *Guest) hold() {
	if g.held != nil {
		return
	}
	g.held = g.process.Threads()
	for _, t := range g.held {
		if !slices.Contains(g.resting, t) {
			t.Suspend()
		}
	}
	g.resting = nil
}

// fault is the process's hook.
func (g *Guest) fault(t *proc.Thread, f proc.Fault) bool {
	if !g.attached {
		return false
	}
	s := Stop{Thread: t.ID, Signal: f.Signal(), Breakpoint: f.Kind == cpu.StopBreakpoint}
	t.Stepping = false
	g.faults[t] = f
	g.hold()
	g.stops <- s
	return true
}

// Arch is the guest's architecture.
func (g *Guest) Arch() *cpu.Arch { return g.process.Arch }

// Path is the executable's, on the host.
func (g *Guest) Path() string { return g.process.Path }

// Slide is how far the executable lies from where it was linked to.
func (g *Guest) Slide() uint64 { return g.process.Main.Slide }

// Image is the executable as it was linked, and where it begins.
func (g *Guest) Image() Image {
	main := g.process.Main
	img := Image{Base: main.Base, UUID: uuidText(main.File.UUID)}
	for _, s := range main.File.Segments {
		img.Segments = append(img.Segments, Segment{s.Name, s.Addr, s.Size, s.Offset, s.FileSize, uint64(s.MaxProt)})
	}
	return img
}

// Attach stops the guest.
func (g *Guest) Attach() (s Stop) {
	s = Stop{Signal: proc.SIGTRAP}
	if !g.sync(func() {
		g.attached = true
		g.hold()
		if len(g.held) > 0 {
			s.Thread = g.held[0].ID
		}
	}) {
		return g.end
	}
	return s
}

// Detach lets the guest go on without us.
func (g *Guest) Detach(signal int) {
	g.sync(func() {
		g.attached = false
		g.release(Resumption{Signal: signal})
	})
}

// Resume lets the guest go on until something happens.
func (g *Guest) Resume(r Resumption) Stop {
	g.sync(func() { g.release(r) })
	select {
	case s := <-g.stops:
		return s
	case <-g.over:
		return g.end
	}
}

// release is Resume on the processor's goroutine. In a step the other threads stay held.
func (g *Guest) release(r Resumption) {
	held := g.held
	g.held = nil
	for _, t := range held {
		if r.Step != 0 && r.Step != t.ID {
			g.resting = append(g.resting, t)
			continue
		}
		t.Stepping = r.Step != 0
		g.decide(t, r)
		t.Unsuspend()
	}
}

// decide lets a thread go on from its fault: with the signal that the fault is, if the
// debugger wants it, else as if nothing had been.
func (g *Guest) decide(t *proc.Thread, r Resumption) {
	f, faulted := g.faults[t]
	delete(g.faults, t)
	mine := r.Thread == t.ID || r.Thread == 0
	switch {
	case faulted && mine && r.Signal == f.Signal() && f.Kind != cpu.StopStep:
		t.Undebugged(f)
		return
	case faulted:
		t.Resume()
	}
	if r.Signal != 0 && r.Thread == t.ID {
		t.Signal(proc.SignalInfo{Signal: int32(r.Signal)})
	}
}

// Interrupt stops a guest that runs.
func (g *Guest) Interrupt() {
	g.process.Post(func() {
		if g.held != nil {
			return
		}
		g.hold()
		s := Stop{Signal: proc.SIGINT}
		if len(g.held) > 0 {
			s.Thread = g.held[0].ID
		}
		g.stops <- s
	})
}

// Kill ends the guest.
func (g *Guest) Kill() { g.process.Kill(proc.SIGKILL) }

// Threads are the living ones.
func (g *Guest) Threads() (list []Thread) {
	g.sync(func() {
		for _, t := range g.process.Threads() {
			list = append(list, Thread{t.ID, t.Name})
		}
	})
	return list
}

var (
	errNoThread = errors.New("gdb: no such thread")
	errNothing  = errors.New("gdb: no memory there")
)

// with does something with a thread.
func (g *Guest) with(id uint64, f func(*proc.Thread)) error {
	err := errNoThread
	g.sync(func() {
		for _, t := range g.process.Threads() {
			if t.ID == id {
				f(t)
				err = nil
			}
		}
	})
	return err
}

// Registers are a thread's.
func (g *Guest) Registers(id uint64) (r cpu.Regs, err error) {
	err = g.with(id, func(t *proc.Thread) { r = t.UserRegs() })
	return r, err
}

// SetRegisters changes them.
func (g *Guest) SetRegisters(id uint64, r cpu.Regs) error {
	return g.with(id, func(t *proc.Thread) { t.SetUserRegs(r) })
}

// ReadMemory reads as much as there is, page by page.
func (g *Guest) ReadMemory(b []byte, address uint64) (n int, err error) {
	page := g.process.Arch.PageSize
	g.sync(func() {
		for n < len(b) {
			at := address + uint64(n)
			piece := min(page-at%page, uint64(len(b)-n))
			if m, _ := g.memory.ReadAt(b[n:n+int(piece)], at); uint64(m) != piece {
				return
			}
			n += int(piece)
		}
	})
	if n < len(b) {
		err = errNothing
	}
	return n, err
}

// WriteMemory writes all or says that it could not.
func (g *Guest) WriteMemory(b []byte, address uint64) error {
	err := errNothing
	g.sync(func() { _, err = g.memory.WriteAt(b, address) })
	return err
}
