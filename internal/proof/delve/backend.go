// Package delve does what delve's native backend for Darwin does with tasks,
// threads, registers and memory, by package task.
//
// The original is C behind cgo. It frees the list of threads and the memory that
// it has read in the debuggee in place of the debugger, where they are; and it
// leaves memory writable when a write fails.
package delve

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Process is a process that is debugged.
type Process struct {
	task    *task.Task
	threads map[uint64]*Thread // by the thread's system-wide number
}

// Thread is a thread of it. It belongs to its process.
type Thread struct {
	ID uint64
	th *task.Thread
	p  *Process
}

// Attach opens a process. The caller has to detach.
func Attach(ctx context.Context, pid int) (*Process, error) {
	t, err := task.ForPID(ctx, pid)
	if err != nil {
		return nil, err
	}
	p := &Process{task: t, threads: map[uint64]*Thread{}}
	if err := p.UpdateThreads(); err != nil {
		return nil, errors.Join(err, p.Detach())
	}
	return p, nil
}

// Detach gives everything back. The process goes on.
func (p *Process) Detach() error {
	var errs []error
	for id, th := range p.threads {
		errs = append(errs, th.th.Close())
		delete(p.threads, id)
	}
	return errors.Join(append(errs, p.task.Close())...)
}

// Valid reports whether the process still runs.
func (p *Process) Valid() bool {
	_, err := p.task.PID()
	return err == nil
}

// UpdateThreads looks which threads there are.
func (p *Process) UpdateThreads() error {
	list, err := p.task.Threads()
	if err != nil {
		return err
	}
	old := p.threads
	p.threads = map[uint64]*Thread{}
	for _, th := range list.Take() {
		id, err := th.ID()
		known := old[id]
		switch {
		case err != nil: // it has ended meanwhile
			th.Close()
		case known != nil:
			th.Close()
			p.threads[id] = known
			delete(old, id)
		default:
			p.threads[id] = &Thread{id, th, p}
		}
	}
	for _, th := range old {
		th.th.Close()
	}
	return nil
}

// Threads are those of the last look.
func (p *Process) Threads() map[uint64]*Thread { return p.threads }

// Stop stops the process for the time of f.
func (p *Process) Stop(ctx context.Context, f func() error) error {
	return p.task.Suspended(ctx, func(context.Context) error { return f() })
}

// ReadMemory fills buf from the process's memory.
func (p *Process) ReadMemory(buf []byte, addr uint64) (int, error) {
	return p.task.ReadMemory(buf, addr)
}

// WriteMemory writes, whatever the protection is: breakpoints go into code.
func (p *Process) WriteMemory(addr uint64, data []byte) (int, error) {
	if err := p.task.Patch(addr, data); err != nil {
		return 0, err
	}
	return len(data), nil
}

// Registers are the thread's, by name.
func (th *Thread) Registers() (*task.Registers, error) { return th.th.Registers() }

// SetRegisters changes all of them.
func (th *Thread) SetRegisters(r *task.Registers) error { return th.th.SetRegisters(r) }

// SetPC makes the thread go on elsewhere.
func (th *Thread) SetPC(pc uint64) error {
	r, err := th.Registers()
	if err != nil {
		return err
	}
	r.SetPC(pc)
	return th.SetRegisters(r)
}

// Blocked reports whether the thread waits in the kernel. Ask while the process
// is not stopped.
func (th *Thread) Blocked() (bool, error) {
	info, err := task.ThreadInfo[mach.ThreadBasicInfo](th.th)
	return info.Value.RunState != mach.TH_STATE_RUNNING, err
}

// Bits that make a processor stop after one instruction.
const (
	trapFlag   = 1 << 8 // of rflags
	singleStep = 1      // of MDSCR_EL1
)

// SetSingleStep makes the thread stop after its next instruction, or takes that
// back.
func (th *Thread) SetSingleStep(on bool) error {
	if runtime.GOARCH == "arm64" {
		s, err := task.State[mach.ARMDebugState64](th.th)
		if err != nil {
			return err
		}
		s.MdscrEl1 &^= singleStep
		if on {
			s.MdscrEl1 |= singleStep
		}
		return task.SetState(th.th, s)
	}
	r, err := th.Registers()
	if err != nil {
		return err
	}
	flags, ok := r.Get("rflags")
	if !ok {
		return fmt.Errorf("no rflags: %w", errors.ErrUnsupported)
	}
	flags &^= trapFlag
	if on {
		flags |= trapFlag
	}
	r.Set("rflags", flags)
	return th.SetRegisters(r)
}
