package port

import (
	"math"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
)

// OutOfLine owns pages outside of Go's heap that Mach allocated in this task: they
// can be sent without being copied, and are what a received message's
// out-of-line memory comes in.
type OutOfLine struct {
	mu     sync.Mutex
	addr   uint64
	size   uint64 // what was asked for or sent; the pages may hold more
	users  int
	closed bool
}

// NewOutOfLine allocates size bytes of zeros, in whole pages. The caller owns
// them. A message takes less than 4 GiB.
//
// It fails with [mach.KERN_NO_SPACE] when there is no room, and with
// [mach.KERN_INVALID_ARGUMENT] for a negative size.
//
// Mach calls: mach_vm_allocate.
func NewOutOfLine(size int) (*OutOfLine, error) {
	if size < 0 {
		return nil, failed("mach_vm_allocate", mach.KERN_INVALID_ARGUMENT)
	}
	var addr uint64
	const flags = mach.VM_FLAGS_ANYWHERE | int32(mach.VM_MEMORY_MACH_MSG)<<24
	if err := mach.MachVMAllocate(mach.MachTaskSelf(), &addr, uint64(size), flags); err != nil {
		return nil, failed("mach_vm_allocate", err)
	}
	return &OutOfLine{addr: addr, size: uint64(size)}, nil
}

// OwnOutOfLine takes over memory that the caller owns, as a Mach call returned it.
func OwnOutOfLine(addr mach.MachVMAddress, size mach.MachVMSize) *OutOfLine {
	return &OutOfLine{addr: addr, size: size}
}

// Bytes views the memory: nil when it is closed. Do not use the slice after
// Close, or after the memory was moved into a message: the pages are gone then,
// and touching them ends the program.
func (x *OutOfLine) Bytes() []byte {
	if x == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed || x.addr == 0 || x.size == 0 || x.size > math.MaxInt {
		return nil
	}
	return view(x.addr, int(x.size))
}

// Len is the number of bytes.
func (x *OutOfLine) Len() int {
	if x == nil {
		return 0
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return 0
	}
	return int(x.size)
}

// Close releases the pages; a message that refers to them does so when it is
// sent. A second Close does nothing.
//
// Mach calls: mach_vm_deallocate.
func (x *OutOfLine) Close() error {
	if x == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	if x.users > 0 {
		return nil
	}
	return deallocateMemory(x.addr, x.size)
}

// Relinquish hands the pages over to the caller, who has to release them by
// mach_vm_deallocate. There is nothing to hand over, 0 and 0, when the memory is
// closed, or referred to by a message that is not sent yet.
func (x *OutOfLine) Relinquish() (mach.MachVMAddress, mach.MachVMSize) {
	addr, size, _ := x.take(math.MaxUint64)
	return addr, size
}

// take moves the pages out, if there are not more bytes than that.
func (x *OutOfLine) take(most uint64) (addr, size uint64, err error) {
	if x == nil {
		return 0, 0, x.notUsable()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.closed:
		return 0, 0, x.notUsable()
	case x.users > 0:
		return 0, 0, ErrInUse
	case x.size > most:
		return 0, 0, failed("mach_msg", mach.MACH_SEND_TOO_LARGE)
	}
	x.closed = true
	return x.addr, x.size, nil
}

// notUsable says why there is no memory.
func (x *OutOfLine) notUsable() error {
	state := unusable.Closed
	if x == nil {
		state = unusable.Nil
	}
	return unusable.New("port", "OutOfLine", state)
}

func (x *OutOfLine) use() bool {
	if x == nil {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return false
	}
	x.users++
	return true
}

func (x *OutOfLine) unuse() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.users--; x.users == 0 && x.closed {
		deallocateMemory(x.addr, x.size)
	}
}

func deallocateMemory(addr, size uint64) error {
	if size == 0 {
		return nil
	}
	return failed("mach_vm_deallocate", mach.MachVMDeallocate(mach.MachTaskSelf(), addr, size))
}

// CopyOutOfLine adds a copy of x as out-of-line memory: the pages are shared until
// somebody writes to them. x stays its owner's; closing it takes effect after
// the send.
func (m *Message) CopyOutOfLine(x *OutOfLine) *Message {
	if !x.use() {
		m.fail(x.notUsable())
		return m
	}
	if !m.putMemory(x.addr, x.size, false) {
		x.unuse()
		return m
	}
	m.memory = append(m.memory, x)
	return m
}

// MoveOutOfLine moves x into the message as out-of-line memory, without copying:
// the pages leave this task with the send. x owns nothing from now on. Memory
// that a message refers to already is [ErrInUse].
func (m *Message) MoveOutOfLine(x *OutOfLine) *Message {
	if m.Err() != nil {
		return m
	}
	addr, n, err := x.take(math.MaxUint32)
	if err != nil {
		m.fail(err)
		return m
	}
	if !m.putMemory(addr, n, true) {
		deallocateMemory(addr, n)
	}
	return m
}

// CopyBytes adds a copy of p, of less than 4 GiB, as out-of-line memory. p must
// not change before the send.
func (m *Message) CopyBytes(p []byte) *Message {
	if m.putMemory(addressOf(p), uint64(len(p)), false) {
		m.bytes = append(m.bytes, p)
	}
	return m
}

// putMemory writes an out-of-line descriptor.
func (m *Message) putMemory(addr, size uint64, move bool) bool {
	if size > math.MaxUint32 {
		m.fail(failed("mach_msg", mach.MACH_SEND_TOO_LARGE))
		return false
	}
	d := m.descriptor(oolDescriptor)
	if d == nil {
		return false
	}
	le.PutUint64(d, addr)
	if move {
		d[8] = 1
	}
	d[9], d[11] = byte(mach.MACH_MSG_VIRTUAL_COPY), byte(mach.MACH_MSG_OOL_DESCRIPTOR)
	le.PutUint32(d[12:], uint32(size))
	return true
}
