//go:build linux && (amd64 || arm64)

package proc

import (
	"fmt"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

// Fault ends a call because of a pointer that the guest may not use: what the function's
// own machine code would do on Darwin. The implementation returns after it.
func (c *Call) Fault(address uint64, access cpu.Prot) {
	c.faultLater(func() Fault {
		r, ok := c.Process.Space.Lookup(address)
		return Fault{Kind: cpu.StopMemory, Address: address, Access: access, Mapped: ok && r.Start <= address}
	})
}

// Over says whether the call has been ended by Fault.
func (c *Call) Over() bool { return c.over }

// UserCode says that the call's memory is read and written by the function's own machine
// code on Darwin, not by the kernel.
func (c *Call) UserCode() { c.user = true }

// hostFault ends a call that has touched memory that is the guest's, but not there.
func (c *Call) hostFault(address uint64) {
	if !c.user {
		if _, ok := mem.Guard(func() { c.Fail(EFAULT) }); !ok {
			c.Process.Exit(125, fmt.Errorf("%s: the guest has unmapped its thread's own block", c.Symbol))
		}
		return
	}
	c.faultLater(func() Fault {
		return Fault{Kind: cpu.StopMemory, Address: address, Access: cpu.ProtRead, Mapped: true, Host: true}
	})
}

// faultLater is faulted on the processor's goroutine: now, or as soon as it can be.
func (c *Call) faultLater(f func() Fault) {
	if c.async || c.blocks {
		c.parked = true
		c.Process.sched.post(func() { c.faulted(f()) })
		return
	}
	c.faulted(f())
}

// faulted ends the call by a fault of its thread; only on the processor's goroutine.
func (c *Call) faulted(f Fault) {
	t := c.Thread
	if c.over || t.state == stateDead {
		return
	}
	c.over, c.parked = true, true
	if n := len(t.calls); n > 0 && t.calls[n-1] == c {
		t.calls = t.calls[:n-1]
	}
	waited := t.state == stateWaiting
	t.state = stateRunning
	f.PC = t.ctx.Regs[t.Process.Arch.PC]
	t.Process.faultAs(t, f)
	if waited && t.state == stateRunning {
		t.state = stateWaiting
		t.Process.sched.makeReady(t)
	}
}
