// Package cstring keeps the strings that functions of the C library return in
// static memory: a string stays where it is for the life of the task, and the
// same text has one address.
package cstring

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// store is a task's strings. Texts lie one behind the other in blocks of the
// task's memory.
type store struct {
	mu    sync.Mutex
	known map[string]uint64
	next  uint64 // free space of the last block
	left  uint64
}

type key struct{}

const (
	block = 16 << 10
	limit = 1 << 20 // texts beyond this stay away: a caller could ask for ever new ones
)

// Of returns the address of a text in the memory of the calling task, or 0 if
// there is no room for it.
func Of(c *core.Ctx, text string) uint64 {
	s := c.Task.State(key{}, func() any { return &store{known: map[string]uint64{}} }).(*store)
	s.mu.Lock()
	defer s.mu.Unlock()
	if addr, ok := s.known[text]; ok {
		return addr
	}
	size := uint64(len(text)) + 1
	if size > block || len(s.known) > limit/32 {
		return 0
	}
	vm := c.Task.VM()
	if s.left < size {
		// Not as memory of messages, which callers have to give back.
		addr, err := c.Task.Sub.Memory().Map(core.Mapping{
			Size: block, Prot: mach.VM_PROT_READ | mach.VM_PROT_WRITE, Name: "C library's strings",
		})
		if err != nil {
			return 0
		}
		s.next, s.left = addr, block
	}
	addr := s.next
	if _, err := vm.WriteAt(append([]byte(text), 0), addr); err != nil {
		return 0
	}
	s.next += size
	s.left -= size
	s.known[text] = addr
	return addr
}
