package recorded

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/fake"
)

// Process is a task that performs calls on itself.
type Process interface {
	// Self is its name for its own task port.
	Self() uint32
	// Call performs a function of libSystem and returns its result. Words that
	// lie in the memory of the language are addresses there.
	Call(name string, args ...uint64) mach.KernReturn
	// Read and Write copy memory: that of the language, or, for Read, what a
	// call has handed over.
	Read(b []byte, addr uint64) error
	Write(addr uint64, b []byte) error
	// Address says where the memory of the language really is.
	Address(addr uint64) uint64
}

// fakeTask is a task of a World.
type fakeTask struct {
	*core.Task
	mem *fake.Memory
	ctx core.Ctx
}

func (t *fakeTask) Self() uint32 { return uint32(t.SelfName()) }

func (t *fakeTask) Call(name string, args ...uint64) mach.KernReturn {
	sym := core.Number(name)
	if sym == 0 {
		panic("no function " + name)
	}
	var words [12]uint64
	copy(words[:], args)
	c := &t.ctx
	c.Args, c.Task, c.Mem = &words, t.Task, t.mem
	c.Thread, _ = t.Thread(fake.ThreadID)
	return mach.KernReturn(int32(t.Kernel.Call(c, sym)))
}

func (t *fakeTask) Read(b []byte, addr uint64) error {
	_, err := t.mem.ReadAt(b, addr)
	return err
}

func (t *fakeTask) Write(addr uint64, b []byte) error {
	_, err := t.mem.WriteAt(b, addr)
	return err
}

func (t *fakeTask) Address(addr uint64) uint64 { return addr }

// told is an address as the recordings have it, for one that a result shows.
func (a *actor) told(addr uint64) uint64 {
	if base := a.Address(memory); addr >= base && addr < base+memorySize {
		return addr - base + memory
	}
	return addr
}

// context reads a port's context, which may be the address of a message.
func (a *actor) context(addr uint64) uint64 { return a.told(le.Uint64(a.read(addr, 8))) }
