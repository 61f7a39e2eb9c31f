package gdb

import (
	"encoding/hex"
	"strings"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

func (s *session) readRegisters() string {
	regs, err := s.target.Registers(s.current())
	if err != nil {
		return failed
	}
	var b strings.Builder
	for _, r := range s.registers {
		b.WriteString(r.show(&regs))
	}
	return b.String()
}

func (s *session) writeRegisters(text string) string {
	return s.change(func(regs *cpu.Regs) error {
		for _, r := range s.registers {
			n := 2 * r.bytes
			if len(text) < n {
				return errRegister
			}
			if r.at >= 0 && text[:n] != strings.Repeat("x", n) {
				if err := r.set(regs, text[:n]); err != nil {
					return err
				}
			}
			text = text[n:]
		}
		return nil
	})
}

func (s *session) readRegister(text string) string {
	n, good := number(text)
	if !good || n >= uint64(len(s.registers)) {
		return failed
	}
	regs, err := s.target.Registers(s.current())
	if err != nil {
		return failed
	}
	return s.registers[n].show(&regs)
}

func (s *session) writeRegister(text string) string {
	which, value, _ := strings.Cut(text, "=")
	n, good := number(which)
	if !good || n >= uint64(len(s.registers)) || s.registers[n].at < 0 {
		return failed
	}
	return s.change(func(regs *cpu.Regs) error { return s.registers[n].set(regs, value) })
}

// change reads the current thread's registers, changes them and writes them back.
func (s *session) change(f func(*cpu.Regs) error) string {
	id := s.current()
	regs, err := s.target.Registers(id)
	if err != nil || f(&regs) != nil || s.target.SetRegisters(id, regs) != nil {
		return failed
	}
	return ok
}

// readMemory gives memory as it would be without our breakpoints.
func (s *session) readMemory(text string) string {
	address, length, good := addressLength(text)
	if !good {
		return failed
	}
	b := make([]byte, min(length, packetSize/2-16))
	n, err := s.target.ReadMemory(b, address)
	if n == 0 && (err != nil || length > 0) {
		return failed
	}
	b = b[:n]
	for at, saved := range s.saved {
		overlay(b, address, saved, at)
	}
	return hex.EncodeToString(b)
}

// writeMemory writes around our breakpoints: what belongs below one is put there when it goes.
func (s *session) writeMemory(text string, binary bool) string {
	head, data, found := strings.Cut(text, ":")
	address, length, good := addressLength(head)
	if !found || !good {
		return failed
	}
	b := []byte(data)
	if !binary {
		var err error
		if b, err = hex.DecodeString(data); err != nil {
			return failed
		}
	}
	if uint64(len(b)) != length {
		return failed
	}
	if length == 0 {
		return ok
	}
	trap := s.target.Arch().Trap
	written := append([]byte(nil), b...)
	for at := range s.saved {
		overlay(written, address, trap, at)
	}
	if s.target.WriteMemory(written, address) != nil {
		return failed
	}
	for at, saved := range s.saved {
		overlay(saved, at, b, address)
	}
	return ok
}

// overlay copies what of b, which is at the address from, lies in to, which is at the address at.
func overlay(to []byte, at uint64, b []byte, from uint64) {
	for i := range b {
		if o := from + uint64(i) - at; o < uint64(len(to)) {
			to[o] = b[i]
		}
	}
}

// breakpoint is Z0 and z0: a trap instruction in the code. Other kinds are not supported.
func (s *session) breakpoint(insert bool, text string) string {
	kind, where, _ := strings.Cut(text, ",")
	if kind != "0" {
		return ""
	}
	where, _, _ = strings.Cut(where, ";")
	address, _, good := addressLength(where)
	if !good {
		return failed
	}
	_, there := s.saved[address]
	switch {
	case insert == there:
		return ok
	case insert && s.insert(address), !insert && s.remove(address):
		return ok
	}
	return failed
}

func (s *session) insert(address uint64) bool {
	trap := s.target.Arch().Trap
	saved := make([]byte, len(trap))
	if n, err := s.target.ReadMemory(saved, address); n < len(saved) || err != nil {
		return false
	}
	for at, b := range s.saved { // another one may lie across this one's bytes
		overlay(saved, address, b, at)
	}
	if s.target.WriteMemory(trap, address) != nil {
		return false
	}
	s.saved[address] = saved
	return true
}

func (s *session) remove(address uint64) bool {
	saved := s.saved[address]
	delete(s.saved, address)
	return s.target.WriteMemory(saved, address) == nil
}
