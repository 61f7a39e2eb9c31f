package wasmtime

import (
	"errors"
	"slices"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Code is machine code in executable memory, with the instructions of it that
// may trap.
type Code struct {
	memory     *task.Allocation
	start, end uint64
	traps      map[uint64]TrapCode // by the instruction's offset
}

// Load copies machine code into memory of its own and makes it executable. The
// caller closes it, when nothing runs in it any more.
func Load(text []byte, traps map[uint64]TrapCode) (*Code, error) {
	self := task.Self()
	a, err := self.Allocate(uint64(len(text)), 0)
	if err != nil {
		return nil, err
	}
	// Patch has the processors forget what they knew of the memory.
	err = self.Patch(a.Address(), text)
	if err == nil {
		err = a.Protect(mach.VM_PROT_READ | mach.VM_PROT_EXECUTE)
	}
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return &Code{a, a.Address(), a.Address() + uint64(len(text)), traps}, nil
}

// Address is where the code is.
func (c *Code) Address() uint64 { return c.start }

// Close gives the memory back. It must not be registered any more.
func (c *Code) Close() error { return c.memory.Close() }

// registry is all code of a program: an exception is judged by its program
// counter alone, whichever thread it is of.
type registry struct {
	mu   sync.RWMutex
	list []*Code // by address
}

func after(c *Code, pc uint64) int {
	switch {
	case c.end <= pc:
		return -1
	case c.start > pc:
		return 1
	}
	return 0
}

func (r *registry) insert(c *Code) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i, _ := slices.BinarySearchFunc(r.list, c.start, after)
	r.list = slices.Insert(r.list, i, c)
}

func (r *registry) remove(c *Code) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = slices.DeleteFunc(r.list, func(x *Code) bool { return x == c })
}

// trapAt is what the instruction at pc was expected to trap for: an exact
// match, of an instruction in a registered range.
func (r *registry) trapAt(pc uint64) (TrapCode, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	i, ok := slices.BinarySearchFunc(r.list, pc, after)
	if !ok {
		return 0, false
	}
	trap, ok := r.list[i].traps[pc-r.list[i].start]
	return trap, ok
}
