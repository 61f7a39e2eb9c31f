package gdb

import (
	"fmt"
	"strconv"
	"strings"
)

// goOn is c, C, s and S: [signal][;address].
func (s *session) goOn(p string, packets <-chan string) (string, error) {
	r := Resumption{Thread: s.stop.Thread}
	args := p[1:]
	if p[0] == 'C' || p[0] == 'S' {
		sig, rest, _ := strings.Cut(args, ";")
		n, err := strconv.ParseUint(sig, 16, 8)
		if err != nil {
			return failed, nil
		}
		r.Signal, args = int(n), rest
	}
	if args != "" { // another address: no debugger of this century sends one
		return failed, nil
	}
	if p[0] == 's' || p[0] == 'S' {
		if r.Step = s.resume; r.Step == 0 {
			r.Step = s.current()
		}
	}
	return s.run(r, packets)
}

// verbose is what begins with v.
func (s *session) verbose(p string, packets <-chan string) (string, error) {
	switch {
	case p == "vCont?":
		return "vCont;c;C;s;S", nil
	case strings.HasPrefix(p, "vCont;"):
		r, good := s.actions(strings.TrimPrefix(p, "vCont;"))
		if !good {
			return failed, nil
		}
		return s.run(r, packets)
	case strings.HasPrefix(p, "vKill"):
		s.target.Kill()
		return ok, errEnded
	}
	return "", nil
}

// actions reads what vCont wants: ACTION[:THREAD];... A thread that steps does so alone,
// also where the others were to go on: they get their turn with the next packet.
func (s *session) actions(list string) (Resumption, bool) {
	r := Resumption{Thread: s.stop.Thread}
	for a := range strings.SplitSeq(list, ";") {
		action, thread, named := strings.Cut(a, ":")
		id := uint64(0)
		if named {
			var good bool
			if id, good = threadID(thread); !good {
				return r, false
			}
		}
		if action == "" {
			return r, false
		}
		switch action[0] {
		case 'C', 'S':
			n, err := strconv.ParseUint(action[1:], 16, 8)
			if err != nil {
				return r, false
			}
			if r.Signal = int(n); id != 0 {
				r.Thread = id
			}
		case 'c', 's':
		default:
			return r, false
		}
		if action[0] == 's' || action[0] == 'S' {
			if r.Step = id; id == 0 {
				r.Step = s.current()
			}
		}
	}
	return r, true
}

// run lets the guest go on until it stops, and tells why. Meanwhile the debugger may only
// interrupt or go.
func (s *session) run(r Resumption, packets <-chan string) (string, error) {
	stopped := make(chan Stop, 1)
	go func() { stopped <- s.target.Resume(r) }()
	gone := false
	for {
		select {
		case s.stop = <-stopped:
			s.thread, s.resume = 0, 0
			s.atBreakpoint()
			if gone && !s.stop.Exited && !s.stop.Killed {
				s.detach(0)
			}
			if gone || s.stop.Exited || s.stop.Killed {
				return s.stopReply(), errEnded
			}
			return s.stopReply(), nil
		case p, more := <-packets:
			if !more {
				gone, packets = true, nil
				s.target.Interrupt()
			} else if p == interrupt {
				s.target.Interrupt()
			}
		}
	}
}

// atBreakpoint tells our breakpoints from traps of the program's own, and sets the program
// counter back to one of ours where the processor went past it.
func (s *session) atBreakpoint() {
	if !s.stop.Breakpoint {
		return
	}
	s.stop.Breakpoint = false
	a := s.target.Arch()
	regs, err := s.target.Registers(s.stop.Thread)
	if err != nil {
		return
	}
	if _, ours := s.saved[regs[a.PC]]; ours && a.LR >= 0 {
		s.stop.Breakpoint = true
		return
	}
	before := regs[a.PC] - uint64(len(a.Trap))
	if _, ours := s.saved[before]; ours && a.LR < 0 {
		regs[a.PC] = before
		s.stop.Breakpoint = s.target.SetRegisters(s.stop.Thread, regs) == nil
	}
}

// stopReply tells the debugger why the guest stopped.
func (s *session) stopReply() string {
	switch {
	case s.stop.Exited:
		return fmt.Sprintf("W%02x", byte(s.stop.Code))
	case s.stop.Killed:
		return fmt.Sprintf("X%02x", byte(s.stop.Signal))
	case s.stop.Breakpoint && s.features["swbreak"]:
		return fmt.Sprintf("T%02xthread:%x;swbreak:;", byte(s.stop.Signal), s.stop.Thread)
	}
	return fmt.Sprintf("T%02xthread:%x;", byte(s.stop.Signal), s.stop.Thread)
}
