//go:build linux && (amd64 || arm64)

package proc

import "github.com/gomach/mach/internal/guest/cpu"

// Fault ends a call because of a pointer that the guest may not use: what the function's
// own machine code would do on Darwin. Only calls that are answered at once may do that.
func (c *Call) Fault(address uint64, access cpu.Prot) {
	t := c.Thread
	if c.over || c.async {
		return
	}
	c.over, c.parked = true, true
	if n := len(t.calls); n > 0 && t.calls[n-1] == c {
		t.calls = t.calls[:n-1]
	}
	t.state = stateRunning
	c.Process.fault(t, cpu.Event{Stop: cpu.StopMemory, Address: address, Access: access})
}

// Over says whether the call has been ended by Fault.
func (c *Call) Over() bool { return c.over }
