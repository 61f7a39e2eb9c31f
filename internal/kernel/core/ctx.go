package core

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/proto"
)

// Memory is an address space as the kernel reads and writes it. A short count
// comes with an error; a fault is an error, never a panic.
type Memory = ipc.Memory

// Ctx is one call: who makes it, with what arguments, in which memory.
type Ctx struct {
	Kernel *Kernel
	Fn     *proto.Function
	Args   *[12]uint64
	Task   *Task   // the caller
	Thread *Thread // the calling thread; see CallingThread
	Mem    Memory  // the caller's memory, or a message's, for calls by MIG

	// CallingThread finds the calling thread when a handler needs it: in a
	// hosted process that costs a lookup, so it is not done for every call.
	CallingThread func() *Thread
	// Interrupted is closed when the calling thread is aborted
	// (thread_abort, terminate). nil: cannot be aborted.
	Interrupted <-chan struct{}
	// Waits, unless nil, is called when a call that does not wait as a rule is
	// going to wait for another program.
	Waits func()
	// MIG is set when the call came in a message: results that are rights or
	// out-of-line memory are then collected for the reply; see Give*.
	MIG *Reply
	// Scratch is reusable space for handlers on hot paths; it belongs to the
	// Ctx, which callers may pool.
	Scratch []byte

	// Wake is what a handler waits for that has returned without a result; see
	// Begin. Then is how it goes on once there is something in Wake.
	Wake <-chan struct{}
	Then Handler

	waited bool    // Interrupted was asked for
	word   [8]byte // where Get and Put have their number
	// Op is reusable state of the message calls, kept like Scratch.
	Op any
}

// Guard tells of a guard that the call broke. No lock may be held: somebody may
// want to look at the task.
func (c *Ctx) Guard(v ipc.Violation) {
	if v.Reason != 0 && c.Kernel.Guard != nil {
		c.Kernel.Guard(c, v)
	}
}

// Reply is what a call by MIG message brings along and takes back: rights and
// memory do not go through names and addresses of the caller then.
type Reply struct {
	In     map[int]ipc.Right   // by argument index: rights in the request
	Ports  map[int]ipc.Right   // by argument index: one right
	Memory map[int][]byte      // by argument index: out-of-line bytes
	Arrays map[int][]ipc.Right // by argument index: out-of-line rights
}

// Resume goes on with a call that has waited, to its result or the next wait.
func (c *Ctx) Resume() uint64 {
	c.Wake = nil
	return c.Then(c)
}

// U32, I32, U64 and Name read an argument word as its type; the upper half of
// a 4-byte argument is unspecified.
func (c *Ctx) U32(i int) uint32         { return uint32(c.Args[i]) }
func (c *Ctx) I32(i int) int32          { return int32(c.Args[i]) }
func (c *Ctx) U64(i int) uint64         { return c.Args[i] }
func (c *Ctx) Bool(i int) bool          { return uint32(c.Args[i]) != 0 }
func (c *Ctx) Name(i int) mach.MachPort { return mach.MachPort(c.Args[i]) }

// Read fills p from the memory that argument i points to.
func (c *Ctx) Read(i int, p []byte) mach.KernReturn { return c.ReadAt(c.Args[i], p) }

// Write stores p to the memory that argument i points to.
func (c *Ctx) Write(i int, p []byte) mach.KernReturn { return c.WriteAt(c.Args[i], p) }

// ReadAt and WriteAt copy between the kernel and the caller's memory. A bad
// address is KERN_INVALID_ADDRESS.
func (c *Ctx) ReadAt(addr uint64, p []byte) mach.KernReturn {
	if len(p) == 0 {
		return mach.KERN_SUCCESS
	}
	if _, err := c.Mem.ReadAt(p, addr); err != nil {
		return mach.KERN_INVALID_ADDRESS
	}
	return mach.KERN_SUCCESS
}

func (c *Ctx) WriteAt(addr uint64, p []byte) mach.KernReturn {
	if len(p) == 0 {
		return mach.KERN_SUCCESS
	}
	if _, err := c.Mem.WriteAt(p, addr); err != nil {
		return mach.KERN_INVALID_ADDRESS
	}
	return mach.KERN_SUCCESS
}

// Get32 and Get64 read the number that argument i points to.
func (c *Ctx) Get32(i int) (uint32, mach.KernReturn) {
	b := c.word[:4]
	kr := c.Read(i, b)
	return binary.LittleEndian.Uint32(b), kr
}

func (c *Ctx) Get64(i int) (uint64, mach.KernReturn) {
	b := c.word[:]
	kr := c.Read(i, b)
	return binary.LittleEndian.Uint64(b), kr
}

// Put32 and Put64 store a number where argument i points to.
func (c *Ctx) Put32(i int, v uint32) mach.KernReturn {
	b := c.word[:4]
	binary.LittleEndian.PutUint32(b, v)
	return c.Write(i, b)
}

func (c *Ctx) Put64(i int, v uint64) mach.KernReturn {
	b := c.word[:]
	binary.LittleEndian.PutUint64(b, v)
	return c.Write(i, b)
}

// String reads a C string of at most max bytes.
func (c *Ctx) String(i, max int) (string, mach.KernReturn) {
	var s []byte
	var b [1]byte
	for addr := c.Args[i]; len(s) <= max; addr++ {
		if kr := c.ReadAt(addr, b[:]); kr != mach.KERN_SUCCESS {
			return "", kr
		}
		if b[0] == 0 {
			return string(s), mach.KERN_SUCCESS
		}
		s = append(s, b[0])
	}
	return "", mach.KERN_INVALID_ARGUMENT
}
