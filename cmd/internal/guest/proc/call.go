//go:build linux && (amd64 || arm64)

package proc

import (
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"unsafe"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

// Call is one call of a libSystem function by the guest.
type Call struct {
	Thread  *Thread
	Process *Process
	Symbol  string

	regs   cpu.Regs // at the time of the call
	result uint64
	high   uint64
	float  *float64
	async  bool
	over   bool     // answered
	jumped bool     // registers were set; nothing is to be returned
	parked bool     // will be finished later, by Finish
	late   bool     // answered while a signal handler ran, or the thread was suspended
	hurry  bool     // to end also while the thread is suspended
	blocks bool     // runs in a goroutine of Block's
	user   bool     // see UserCode
	raw    *rawCall // made by a system call instruction
	left   bool     // the registers were set from outside to those after the call
	depth  int      // signal handlers that ran above it

	outsMu sync.Mutex
	outs   []mem.Range // what the call may write; see fork

	// OnSignal, where set, ends a waiting call when a signal comes for its thread.
	OnSignal func()
	// AfterHandler, where set, is called when a signal handler that ran during the call has
	// returned and the call is not answered.
	AfterHandler func()
}

// enter answers the stub that a thread has called.
func (p *Process) enter(t *Thread, at uint64) {
	switch at {
	case p.returnPad:
		p.guestReturned(t)
		return
	case p.sigReturn:
		p.signalReturned(t)
		return
	case p.threadEnd:
		p.callOut(t, &stub{symbol: "pthread_exit", fn: p.Lookup("pthread_exit")}, true)
		return
	}
	i := (at - p.stubBase) / stubSize
	if at%stubSize != p.stubBase%stubSize || i >= uint64(len(p.stubs)) {
		p.fatal(t, "the guest jumped to %#x, between libSystem's functions", at)
		return
	}
	p.callOut(t, p.stubs[i], false)
}

// callOut performs one call. Where the thread returns from its first function, result is
// what it returned and becomes the first argument of pthread_exit.
func (p *Process) callOut(t *Thread, s *stub, resultAsArgument bool) {
	c := &Call{Thread: t, Process: p, Symbol: s.symbol, regs: t.ctx.Regs}
	if resultAsArgument {
		c.regs[p.Arch.IntArgs[0]] = t.ctx.Regs[p.Arch.Result]
	}
	if p.OnCall != nil {
		p.OnCall(t, s.symbol)
	}
	if s.fn == nil && p.Absent != nil {
		p.reportAbsent(c)
		s = &stub{symbol: s.symbol, fn: &Function{Do: p.Absent}}
	}
	if s.fn == nil {
		p.fatal(t, "%s: %w (called from %#x); please report the symbol and the program that needs it", s.symbol, ErrUnknownSymbol, c.ReturnAddress())
		return
	}
	p.perform(c, s.fn)
}

// perform lets a function answer a call.
func (p *Process) perform(c *Call, fn *Function) {
	t := c.Thread
	if p.Trace != nil && p.Describe != nil {
		fmt.Fprintln(p.Trace, p.Describe(c, false))
	}
	t.calls = append(t.calls, c)
	if fn.Async {
		c.async = true
		t.state = stateWaiting
		go c.run(fn.Do)
		return
	}
	c.invoke(fn.Do)
	if !c.parked {
		p.finish(c)
	}
}

// invoke runs an implementation. Guest memory may vanish while it is read (another thread
// unmaps it, a mapped file shrinks): that is the guest's fault. It becomes EFAULT where the
// kernel would have read, and a signal where the function's own code would have.
func (c *Call) invoke(f func(*Call)) {
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer func() {
		if e := recover(); e != nil {
			if at, isFault := mem.FaultAddress(e); isFault {
				c.hostFault(at)
				return
			}
			c.Process.Exit(125, fmt.Errorf("darwinrun: internal error in %s: %v\n%s", c.Symbol, e, debug.Stack()))
		}
	}()
	f(c)
}

// run is invoke for calls with a goroutine of their own.
func (c *Call) run(f func(*Call)) {
	c.invoke(f)
	if !c.parked {
		c.Process.sched.post(func() { c.Process.finish(c) })
	}
}

// Park says that the call is not answered when its implementation returns but when
// Finish is called. The thread waits.
func (c *Call) Park() {
	c.parked = true
	if !c.async {
		c.Thread.state = stateWaiting
	}
}

// Finish answers a parked call; only on the processor's goroutine.
func (c *Call) Finish(result uint64) {
	if c.over {
		return
	}
	c.result = result
	c.Process.finish(c)
}

// finish puts the result into the registers and lets the thread go on.
func (p *Process) finish(c *Call) {
	t := c.Thread
	if c.over || t.state == stateDead {
		return
	}
	if n := len(t.calls); n == 0 || t.calls[n-1] != c || c.depth > 0 {
		c.late = true // a signal handler runs on top of it
		return
	}
	if t.Suspended() && !c.hurry {
		c.late = true // whoever suspended it sees registers that stay as they are
		return
	}
	c.over = true
	t.calls = t.calls[:len(t.calls)-1]
	if p.Trace != nil && p.Describe != nil {
		fmt.Fprintln(p.Trace, p.Describe(c, true))
	}
	switch {
	case c.jumped:
	case c.raw != nil:
		p.returnRaw(c)
	default:
		a, r := p.Arch, &t.ctx.Regs
		r[a.Result] = c.result
		if c.high != 0 {
			r[a.Result2] = c.high
		}
		if c.float != nil {
			p.Machine.SetVector(&t.ctx, 0, [2]uint64{math.Float64bits(*c.float)})
		}
		if !c.left {
			p.leave(t)
		}
	}
	if t.state == stateWaiting {
		p.sched.makeReady(t)
	}
}

// leave returns from a stub.
func (p *Process) leave(t *Thread) {
	a, r := p.Arch, &t.ctx.Regs
	if a.LR >= 0 {
		r[a.PC] = r[a.LR]
		return
	}
	r[a.PC] = p.Peek(r[a.SP])
	r[a.SP] += 8
}

// Peek reads a word of guest memory, 0 where there is none.
func (p *Process) Peek(addr uint64) uint64 {
	b, err := p.Space.Bytes(addr, 8, cpu.ProtRead)
	if err != nil {
		return 0
	}
	var v uint64
	mem.Guard(func() { v = *(*uint64)(unsafe.Pointer(&b[0])) })
	return v
}

// ReturnAddress is where the guest called from.
func (c *Call) ReturnAddress() uint64 {
	if c.raw != nil {
		return c.regs[c.Process.Arch.PC]
	}
	if a := c.Process.Arch; a.LR >= 0 {
		return c.regs[a.LR]
	}
	return c.Process.Peek(c.regs[c.Process.Arch.SP])
}

// Reg is a register at the time of the call.
func (c *Call) Reg(i int) uint64 { return c.regs[i] }

// Arg is the nth argument, all arguments being integers or pointers of 8 bytes.
func (c *Call) Arg(n int) uint64 {
	a := c.Process.Arch
	if n < len(a.IntArgs) {
		return c.regs[a.IntArgs[n]]
	}
	return c.Process.Peek(c.StackArgs() + 8*uint64(n-len(a.IntArgs)))
}

// StackArgs is the address of the first argument that is not in a register.
func (c *Call) StackArgs() uint64 {
	a := c.Process.Arch
	if a.LR < 0 {
		return c.regs[a.SP] + 8
	}
	return c.regs[a.SP]
}

// Int is the nth argument as a C int.
func (c *Call) Int(n int) int { return int(int32(c.Arg(n))) }

// Uint32 is the nth argument as a 32-bit value.
func (c *Call) Uint32(n int) uint32 { return uint32(c.Arg(n)) }

// Float is the nth floating-point argument; only in calls that are not asynchronous.
func (c *Call) Float(n int) float64 {
	return math.Float64frombits(c.Process.Machine.Vector(&c.Thread.ctx, n)[0])
}

// Return sets the result.
func (c *Call) Return(v uint64) { c.result = v }

// Result is what was returned.
func (c *Call) Result() uint64 { return c.result }

// ReturnInt sets a C int as the result.
func (c *Call) ReturnInt(v int) { c.result = uint64(int64(v)) }

// ReturnFloat sets a double as the result.
func (c *Call) ReturnFloat(v float64) { c.float = &v }

// Fail sets errno and returns -1.
func (c *Call) Fail(e Errno) {
	if c.raw != nil { // libSystem's own code sets errno
		c.raw.errno, c.result = e, ^uint64(0)
		return
	}
	c.Thread.SetErrno(uint32(e))
	c.result = ^uint64(0)
}

// SetRegs replaces the thread's registers instead of returning.
func (c *Call) SetRegs(r cpu.Regs) {
	c.Thread.ctx.Regs = r
	c.jumped = true
}

// Bytes is guest memory that the call may read.
func (c *Call) Bytes(addr, n uint64) ([]byte, bool) {
	b, err := c.Process.Space.Bytes(addr, n, cpu.ProtRead)
	return b, err == nil
}

// Out is guest memory that the call may write.
func (c *Call) Out(addr, n uint64) ([]byte, bool) {
	b, err := c.Process.Space.Bytes(addr, n, cpu.ProtWrite)
	if err == nil && n > 0 {
		c.outsMu.Lock()
		c.outs = append(c.outs, mem.Range{Start: addr, End: addr + n})
		c.outsMu.Unlock()
	}
	return b, err == nil
}

// String reads the string that an argument points to.
func (c *Call) String(addr uint64) (string, bool) {
	s, err := c.Process.Space.CString(addr)
	return s, err == nil
}

// At is a typed view of guest memory; nil where the guest has none.
func At[T any](c *Call, addr uint64) *T {
	var z T
	if _, ok := c.Out(addr, uint64(unsafe.Sizeof(z))); !ok {
		return nil
	}
	return (*T)(mem.Pointer(addr))
}

// Read is a typed view of guest memory for reading; nil where the guest has none.
func Read[T any](c *Call, addr uint64) *T {
	var z T
	if _, ok := c.Bytes(addr, uint64(unsafe.Sizeof(z))); !ok {
		return nil
	}
	return (*T)(mem.Pointer(addr))
}

// Block answers the call from a goroutine, so that other guest threads run meanwhile.
func (c *Call) Block(f func()) {
	c.Park()
	c.blocks = true
	go func() {
		c.invoke(func(*Call) { f() })
		c.Process.sched.post(func() { c.Process.finish(c) })
	}()
}

// VarArg is the nth variable argument of a function with so many named ones. On arm64
// Darwin passes those on the stack, whatever registers are free.
func (c *Call) VarArg(named, n int) uint64 {
	if c.Process.Arch.LR < 0 || c.raw != nil {
		return c.Arg(named + n)
	}
	return c.Process.Peek(c.regs[c.Process.Arch.SP] + 8*uint64(n))
}

// Outs is what the call may have written to.
func (c *Call) Outs() []mem.Range {
	c.outsMu.Lock()
	defer c.outsMu.Unlock()
	return append([]mem.Range(nil), c.outs...)
}
