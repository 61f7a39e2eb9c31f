package core

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Flavor is how much a task or thread port lets its holder do.
type Flavor uint8

// The flavors, the most powerful first. A port serves where it or a less
// powerful one is asked for. Threads have no NamePort.
const (
	Control Flavor = iota
	Read
	Inspect
	NamePort
	flavors
)

var taskKinds = [flavors]mach.IPCInfoObjectType{
	mach.IPC_OTYPE_TASK_CONTROL, mach.IPC_OTYPE_TASK_READ, mach.IPC_OTYPE_TASK_INSPECT, mach.IPC_OTYPE_TASK_NAME,
}

var threadKinds = [flavors]mach.IPCInfoObjectType{
	mach.IPC_OTYPE_THREAD_CONTROL, mach.IPC_OTYPE_THREAD_READ, mach.IPC_OTYPE_THREAD_INSPECT, mach.IPC_OTYPE_THREAD_INSPECT,
}

// PortArg returns the port that argument i names with a send or receive right,
// without a right to it. MACH_PORT_NULL gives nil and KERN_SUCCESS.
func (c *Ctx) PortArg(i int) (*ipc.Port, mach.KernReturn) {
	if c.MIG != nil {
		if r, ok := c.MIG.In[i]; ok {
			return r.Port, mach.KERN_SUCCESS
		}
	}
	return c.Task.Space.SendPort(c.Name(i))
}

// TakeRight takes the right that argument i names out of the caller's space,
// as a message with that disposition would: the caller of TakeRight owns the
// result, a right of type PORT_RECEIVE, PORT_SEND or PORT_SEND_ONCE.
func (c *Ctx) TakeRight(i int, disposition mach.MachMsgTypeName) (ipc.Right, mach.KernReturn) {
	if c.MIG != nil {
		if r, ok := c.MIG.In[i]; ok {
			delete(c.MIG.In, i) // what the handler does not take, the dispatcher releases
			return r, mach.KERN_SUCCESS
		}
	}
	r, kr, v := c.Task.Space.CopyinDescriptor(c.Name(i), disposition)
	c.Guard(v)
	return r, kr
}

// Object returns the kernel object that argument i names, if it is of one of
// the kinds.
func (c *Ctx) Object(i int, kinds ...mach.IPCInfoObjectType) (any, bool) {
	p, kr := c.PortArg(i)
	if kr != mach.KERN_SUCCESS || p == nil {
		return nil, false
	}
	kind, obj := p.KObject()
	for _, k := range kinds {
		if k == kind {
			return obj, true
		}
	}
	return nil, false
}

// TaskArg returns the task that argument i names with a port of at least the
// flavor min.
func (c *Ctx) TaskArg(i int, min Flavor) (*Task, bool) {
	// Nearly every call is about the caller itself.
	if c.MIG == nil && c.Task.Space.IsOwn(c.Name(i)) {
		return c.Task, true
	}
	p, kr := c.PortArg(i)
	if kr != mach.KERN_SUCCESS {
		return nil, false
	}
	kind, obj := p.KObject()
	t, ok := obj.(*Task)
	if !ok || !rank(kind, taskKinds[:], min) {
		return nil, false
	}
	return t, true
}

// ThreadArg is TaskArg for threads.
func (c *Ctx) ThreadArg(i int, min Flavor) (*Thread, bool) {
	p, kr := c.PortArg(i)
	if kr != mach.KERN_SUCCESS {
		return nil, false
	}
	kind, obj := p.KObject()
	t, ok := obj.(*Thread)
	if !ok || !rank(kind, threadKinds[:], min) {
		return nil, false
	}
	return t, true
}

func rank(kind mach.IPCInfoObjectType, kinds []mach.IPCInfoObjectType, min Flavor) bool {
	for f, k := range kinds {
		if k == kind {
			return Flavor(f) <= min
		}
	}
	return false
}

// GivePort gives the caller a send right to p and stores its name where
// argument i points, or puts it into the reply. p may be nil: MACH_PORT_NULL.
func (c *Ctx) GivePort(i int, p *ipc.Port) mach.KernReturn {
	return c.GiveRight(i, ipc.NewSendRight(p))
}

// GiveRight hands a right over to the caller, as GivePort does. The right is
// released if that fails.
func (c *Ctx) GiveRight(i int, r ipc.Right) mach.KernReturn {
	if c.MIG != nil {
		c.MIG.Ports[i] = r
		return mach.KERN_SUCCESS
	}
	name, kr := c.Task.Space.CopyoutRight(r)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	kr = c.Put32(i, uint32(name))
	if kr != mach.KERN_SUCCESS && r.Port != nil {
		c.Task.Space.Deallocate(name)
	}
	return kr
}

// GivePorts gives the caller an array of send rights in fresh memory: its
// address goes where argument i points, the number of elements where cnt does.
func (c *Ctx) GivePorts(i, cnt int, ps []*ipc.Port) mach.KernReturn {
	if c.MIG != nil {
		rights := make([]ipc.Right, len(ps))
		for j, p := range ps {
			rights[j] = ipc.NewSendRight(p)
		}
		c.MIG.Arrays[i] = rights
		return c.Put32(cnt, uint32(len(ps)))
	}
	names := make([]byte, 4*len(ps))
	for j, p := range ps {
		name, kr := c.Task.Space.InsertSend(p)
		if kr != mach.KERN_SUCCESS {
			c.releaseNames(names[:4*j])
			return kr
		}
		binary.LittleEndian.PutUint32(names[4*j:], uint32(name))
	}
	kr := c.GiveMemory(i, cnt, names, uint32(len(ps)))
	if kr != mach.KERN_SUCCESS {
		c.releaseNames(names)
	}
	return kr
}

func (c *Ctx) releaseNames(names []byte) {
	for ; len(names) >= 4; names = names[4:] {
		c.Task.Space.Deallocate(mach.MachPort(binary.LittleEndian.Uint32(names)))
	}
}

// GiveMemory gives the caller b in fresh memory: its address goes where
// argument i points, count where cnt does.
func (c *Ctx) GiveMemory(i, cnt int, b []byte, count uint32) mach.KernReturn {
	if c.MIG != nil {
		c.MIG.Memory[i] = b
		return c.Put32(cnt, count)
	}
	var addr uint64
	if len(b) > 0 {
		vm := c.Task.VM()
		var kr mach.KernReturn
		if addr, kr = vm.AllocateMemory(uint64(len(b))); kr != mach.KERN_SUCCESS {
			return kr
		}
		if _, err := vm.WriteAt(b, addr); err != nil {
			vm.DeallocateMemory(addr, uint64(len(b)))
			return mach.KERN_INVALID_ADDRESS
		}
	}
	kr := c.Put64(i, addr)
	if kr == mach.KERN_SUCCESS {
		kr = c.Put32(cnt, count)
	}
	if kr != mach.KERN_SUCCESS && len(b) > 0 {
		c.Task.VM().DeallocateMemory(addr, uint64(len(b)))
	}
	return kr
}

// PutInfo stores a flavored array with an in/out count in words: as many words
// as the caller has room for, and how many those are. Room for less than min
// words is KERN_INVALID_ARGUMENT.
func (c *Ctx) PutInfo(i, cnt int, words []uint32, min int) mach.KernReturn {
	n, kr := c.PutWords(i, cnt, words, min)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put32(cnt, uint32(n))
}

// PutWords is PutInfo for a function that leaves the count as it was.
func (c *Ctx) PutWords(i, cnt int, words []uint32, min int) (n int, kr mach.KernReturn) {
	room, kr := c.Get32(cnt)
	if kr != mach.KERN_SUCCESS {
		return 0, kr
	}
	if int64(room) < int64(min) {
		return 0, mach.KERN_INVALID_ARGUMENT
	}
	n = len(words)
	if int64(room) < int64(n) {
		n = int(room)
	}
	b := c.scratch(4 * n)
	for j, w := range words[:n] {
		binary.LittleEndian.PutUint32(b[4*j:], w)
	}
	return n, c.Write(i, b)
}

// TakeInfo reads an array of words that comes in, with its count by value in
// argument cnt. More than max words is KERN_INVALID_ARGUMENT.
func (c *Ctx) TakeInfo(i, cnt int, max int) ([]uint32, mach.KernReturn) {
	n := c.U32(cnt)
	if int64(n) > int64(max) {
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	b := c.scratch(4 * int(n))
	if kr := c.Read(i, b); kr != mach.KERN_SUCCESS {
		return nil, kr
	}
	words := make([]uint32, n)
	for j := range words {
		words[j] = binary.LittleEndian.Uint32(b[4*j:])
	}
	return words, mach.KERN_SUCCESS
}

// scratch returns n bytes of reusable space.
func (c *Ctx) scratch(n int) []byte {
	if cap(c.Scratch) < n {
		c.Scratch = make([]byte, n)
	}
	return c.Scratch[:n]
}
