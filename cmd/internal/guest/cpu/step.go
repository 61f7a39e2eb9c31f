//go:build linux && (amd64 || arm64)

package cpu

// longestInstruction is at most what the instruction at the program counter and the first
// byte of its successor span.
const longestInstruction = 16

// Step executes one instruction of the thread. An instruction that leads into a stub ends
// with StopStep too; at a stub nothing is executed, and the event is StopCall. StopBudget
// means that Interrupt came first, and that nothing was executed either.
func (m *Machine) Step(c *Context) (Event, error) { return m.stepThen(c, func() {}) }

// stepThen is Step that calls a function when the thread has stopped, before the
// processor forgets the step.
func (m *Machine) stepThen(c *Context, then func()) (Event, error) {
	pc := c.Regs[m.Arch.PC]
	remove := m.hookCode(6, pc, longestInstruction)
	if remove == nil {
		then()
		return Event{Stop: StopOther}, nil
	}
	h := &m.s.hooks
	h.traced, h.second, h.stepping, m.single = 0, 0, 1, true
	ev, err := m.run(c, 1)
	h.stepping = 0
	executed, next := h.traced != 0, h.second
	if next == 0 { // the next instruction begins a block
		next = h.block
	}
	m.single = false
	then()
	remove()
	if err != nil || !executed {
		return ev, err
	}
	switch {
	case ev.Stop == StopBudget:
		c.Regs[m.Arch.PC] = next
	case ev.Stop == StopCall && ev.Address != pc:
		c.Regs[m.Arch.PC] = ev.Address
	default:
		return ev, nil
	}
	return Event{Stop: StopStep}, nil
}
