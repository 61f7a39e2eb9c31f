//go:build linux && (amd64 || arm64)

package proc

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

type threadState int

const (
	stateWaiting threadState = iota // in a call, or not started
	stateReady
	stateRunning
	stateDead
)

// Offsets in the block that pthread_self points to. The table of thread-specific data is
// where Darwin has it on current systems, and the thread pointer register points to it.
const (
	pthreadSize  = 0x2000
	tsdOffset    = 0xe0
	tsdSlots     = 768
	errnoOffset  = 0x60
	FirstUserKey = 257 // slots below belong to the system
	mainRedZone  = 128
)

// Thread is a thread of the guest.
type Thread struct {
	Process *Process
	ID      uint64
	Pthread uint64 // address of its pthread block
	Stack   uint64 // lowest address of the stack that was allocated for it, or 0
	StackSz uint64
	Name    string
	// Personal is what libSystem keeps for a thread.
	Personal any
	// Stepping makes each instruction end in a fault of kind cpu.StopStep; only on the
	// processor's goroutine.
	Stepping bool
	// Instructions that the thread has executed, where they are counted.
	Instructions uint64

	ctx       cpu.Context
	state     threadState
	suspended int
	trapped   bool         // waits for what becomes of its fault
	faulted   *Fault       // its signal is with SignalHook
	asked     bool         // SignalHook has another signal of it
	called    bool         // stepping: the last step was into a call
	time      atomic.Int64 // nanoseconds on the processor
	watches   []Watch
	calls     []*Call     // outer to inner; more than one where a call runs guest functions
	guest     []guestCall // guest functions that calls have started
	Sig       threadSignals
	tls       map[uint64]uint64 // thread-local variables by image base

	Detached bool
	Ended    bool
	Result   uint64
	Joiner   func() // told when the thread has ended
}

// guestCall is a guest function run on behalf of a libSystem call.
type guestCall struct {
	saved cpu.Regs
	done  chan uint64
}

// NewThread makes a thread that waits. stack is the address above its stack.
func (p *Process) NewThread(stack uint64) (*Thread, error) {
	block, err := p.Space.Map(mem.Request{Size: pthreadSize, Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7, Stays: true})
	if err != nil {
		return nil, err
	}
	c, err := p.Machine.NewContext()
	if err != nil {
		return nil, err
	}
	p.nextID++
	t := &Thread{Process: p, ID: p.nextID, Pthread: block, ctx: *c, tls: map[uint64]uint64{}}
	p.Machine.SetThreadRegister(&t.ctx, p.Arch.Thread, block+tsdOffset)
	t.SetSlot(0, block)
	t.SetSlot(1, block+errnoOffset)
	t.ctx.Regs[p.Arch.SP] = stack
	if p.Arch.LR < 0 {
		t.ctx.Regs[p.Arch.Flags] = 0x202
	}
	p.threads = append(p.threads, t)
	if p.ThreadMade != nil {
		p.ThreadMade(t)
	}
	return t, nil
}

// mainStack makes the first thread's stack, with arguments and environment on it. That is
// before the program is loaded, whose variables may be bound to environ.
func (p *Process) mainStack() error {
	guard := p.Arch.PageSize
	low, err := p.Space.Map(mem.Request{Size: guard + stackSize, Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7})
	if err != nil {
		return err
	}
	if err := p.Space.Protect(low, guard, 0, false); err != nil {
		return err
	}
	p.stackLow, p.stackTop = low, low+guard+stackSize
	low += guard
	top := low + stackSize
	str := func(s string) uint64 {
		top -= uint64(len(s)) + 1
		copy(unsafe.Slice((*byte)(mem.Pointer(top)), len(s)+1), s)
		return top
	}
	vector := func(ss []string) (v []uint64) {
		for _, s := range ss {
			v = append(v, str(s))
		}
		return append(v, 0)
	}
	argv, envp := vector(p.Args), vector(p.Env)
	apple := vector([]string{"executable_path=" + p.Name})
	top &^= 63
	words := append(append(append([]uint64{uint64(len(p.Args))}, argv...), envp...), apple...)
	top -= uint64(len(words)+1) &^ 1 * 8
	if top < low+stackSize/2 {
		return fmt.Errorf("arguments and environment are longer than half of the stack")
	}
	copy(unsafe.Slice((*uint64)(mem.Pointer(top)), len(words)), words)
	p.Argc, p.Argv = len(p.Args), top+8
	p.Envp = p.Argv + 8*uint64(len(argv))
	p.Apple = p.Envp + 8*uint64(len(envp))
	p.stackStart = top
	return nil
}

// mainThread makes the first thread.
func (p *Process) mainThread() error {
	t, err := p.NewThread(p.stackStart)
	if err != nil {
		return err
	}
	t.Stack, t.StackSz = p.stackTop-stackSize, stackSize
	if p.Main.File.UnixThread {
		t.ctx.Regs[p.Arch.PC] = p.Main.Entry()
		p.sched.makeReady(t)
		return nil
	}
	if !p.Main.File.HasMain {
		return fmt.Errorf("%s has no entry point", p.Path)
	}
	exit := p.StubFor("exit")
	t.background("start", func(c *Call) {
		args := []uint64{uint64(p.Argc), p.Argv, p.Envp, p.Apple, 0}
		for _, fn := range p.Main.Initialisers(p.Space) {
			c.Guest(fn, args...)
		}
		c.Guest(exit, c.Guest(p.Main.Entry(), args[:4]...))
	})
	return nil
}

// StartThread lets a new thread begin in a function of one argument.
func (t *Thread) StartThread(fn, arg uint64) {
	t.prepareCall(fn, t.Process.threadEnd, arg)
	t.Process.sched.makeReady(t)
}

// prepareCall sets the registers to those of a function's first instruction.
func (t *Thread) prepareCall(fn, back uint64, args ...uint64) {
	a := t.Process.Arch
	r := &t.ctx.Regs
	sp := r[a.SP]
	sp = (sp - mainRedZone) &^ 63
	extra := 0
	if n := len(args) - len(a.IntArgs); n > 0 {
		extra = n
		sp -= uint64(n+1) &^ 1 * 8
	}
	for i := range extra {
		t.Process.poke(sp+8*uint64(i), args[len(a.IntArgs)+i])
	}
	for i, v := range args[:len(args)-extra] {
		r[a.IntArgs[i]] = v
	}
	if a.LR >= 0 {
		r[a.LR] = back
	} else {
		sp -= 8
		t.Process.poke(sp, back)
	}
	r[a.SP], r[a.PC] = sp, fn
}

// poke writes a word where the runner itself decided to put one; a guest whose stack is
// gone gets its fault when it runs.
func (p *Process) poke(addr, v uint64) {
	if b, err := p.Space.Bytes(addr, 8, cpu.ProtWrite); err == nil {
		mem.Guard(func() { *(*uint64)(unsafe.Pointer(&b[0])) = v })
	}
}

// Slot reads a word of thread-specific data.
func (t *Thread) Slot(n uint64) uint64 {
	if n >= tsdSlots {
		return 0
	}
	return *(*uint64)(mem.Pointer(t.Pthread + tsdOffset + 8*n))
}

// SetSlot writes one.
func (t *Thread) SetSlot(n, v uint64) {
	if n < tsdSlots {
		*(*uint64)(mem.Pointer(t.Pthread + tsdOffset + 8*n)) = v
	}
}

// ErrnoAddress is where the thread's errno is.
func (t *Thread) ErrnoAddress() uint64 { return t.Pthread + errnoOffset }

// SetErrno sets it.
func (t *Thread) SetErrno(e uint32) { *(*uint32)(mem.Pointer(t.ErrnoAddress())) = e }

// Regs are the registers of a thread that is not running.
func (t *Thread) Regs() *cpu.Regs { return &t.ctx.Regs }

// Context is for access to the registers that Regs leaves out; only on the processor's goroutine.
func (t *Thread) Context() *cpu.Context { return &t.ctx }

// ByPthread finds a thread by its pthread_t.
func (p *Process) ByPthread(addr uint64) *Thread {
	for _, t := range p.threads {
		if t.Pthread == addr {
			return t
		}
	}
	return nil
}

// End ends a thread; only on the processor's goroutine.
func (t *Thread) End(result uint64) {
	if t.state == stateDead {
		return
	}
	t.state, t.Ended, t.Result = stateDead, true, result
	p := t.Process
	for i, o := range p.threads {
		if o == t {
			p.threads = append(p.threads[:i], p.threads[i+1:]...)
			break
		}
	}
	for i := range t.guest {
		close(t.guest[i].done)
	}
	t.guest = nil
	p.Machine.Free(&t.ctx)
	if len(t.watches) > 0 {
		p.hideWatched()
	}
	if p.ThreadEnded != nil {
		p.ThreadEnded(t)
	}
	if t.Joiner != nil {
		t.Joiner()
	}
	if len(p.threads) == 0 {
		p.Exit(0, nil)
	}
}

// background runs a function for a waiting thread, outside of the processor's goroutine.
func (t *Thread) background(symbol string, f func(*Call)) {
	c := &Call{Thread: t, Process: t.Process, Symbol: symbol}
	t.calls = append(t.calls, c)
	go c.run(f)
}

// Guest runs a guest function on the calling thread and returns its result. Only calls
// that are answered asynchronously may do that.
func (c *Call) Guest(fn uint64, args ...uint64) uint64 {
	t := c.Thread
	done := make(chan uint64, 1)
	t.Process.sched.post(func() {
		if t.state == stateDead {
			close(done)
			return
		}
		t.guest = append(t.guest, guestCall{saved: t.ctx.Regs, done: done})
		t.prepareCall(fn, t.Process.returnPad, args...)
		t.Process.sched.makeReady(t)
	})
	v, ok := <-done
	if !ok {
		runtime.Goexit() // the guest left by longjmp, or the thread is gone
	}
	return v
}

// guestReturned is reached when a function started by Guest returns.
func (p *Process) guestReturned(t *Thread) {
	if len(t.guest) == 0 {
		p.fatal(t, "the guest jumped to the runner's return address")
		return
	}
	g := t.guest[len(t.guest)-1]
	t.guest = t.guest[:len(t.guest)-1]
	result := t.ctx.Regs[p.Arch.Result]
	t.ctx.Regs = g.saved
	t.state = stateWaiting
	g.done <- result
}
