package ipc

import (
	"io"
	"sync"
	"testing"

	"github.com/gomach/mach"
)

// flat is a task's memory for tests: one buffer from base on, and a counter of
// out-of-line memory that is handed out above it.
type flat struct {
	mu     sync.Mutex
	bytes  []byte
	next   uint64
	blocks map[uint64][]byte
}

const base = 0x10000

func newFlat() *flat {
	return &flat{bytes: make([]byte, 4096), next: 1 << 32, blocks: map[uint64][]byte{}}
}

func (f *flat) find(addr uint64, n int) []byte {
	if addr >= base && addr+uint64(n) <= base+uint64(len(f.bytes)) {
		return f.bytes[addr-base:][:n]
	}
	for at, b := range f.blocks {
		if addr >= at && addr+uint64(n) <= at+uint64(len(b)) {
			return b[addr-at:][:n]
		}
	}
	return nil
}

func (f *flat) ReadAt(p []byte, addr uint64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.find(addr, len(p))
	if b == nil {
		return 0, io.ErrUnexpectedEOF
	}
	return copy(p, b), nil
}

func (f *flat) WriteAt(p []byte, addr uint64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.find(addr, len(p))
	if b == nil {
		return 0, io.ErrShortWrite
	}
	return copy(b, p), nil
}

func (f *flat) AllocateMemory(size uint64) (uint64, mach.KernReturn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	addr := f.next
	f.next += size + 4096
	f.blocks[addr] = make([]byte, size)
	return addr, mach.KERN_SUCCESS
}

func (f *flat) DeallocateMemory(addr, size uint64) mach.KernReturn {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.blocks, addr)
	return mach.KERN_SUCCESS
}

// caller is a thread that can be interrupted; kernel objects do not answer.
type caller struct{ stop chan struct{} }

func (c caller) Interrupt() <-chan struct{} { return c.stop }
func (c caller) Serve(m *Message) *Message  { m.Destroy(); return nil }
func (c caller) Guard(Violation)            {}

// task is a space with memory and one thread.
type task struct {
	*Space
	vm  *flat
	msg Msg
}

func newTask() *task {
	t := &task{Space: NewSpace(), vm: newFlat()}
	t.msg = Msg{Space: t.Space, VM: t.vm, Mem: t.vm, Caller: caller{}, Send: base, Receive: base}
	return t
}

// header writes a message header into the task's buffer.
func (t *task) header(bits uint32, remote, local mach.MachPort, id int32) {
	b := t.vm.bytes
	le.PutUint32(b, bits)
	le.PutUint32(b[8:], uint32(remote))
	le.PutUint32(b[12:], uint32(local))
	le.PutUint32(b[16:], 0)
	le.PutUint32(b[20:], uint32(id))
}

func bits(remote, local mach.MachMsgTypeName) uint32 { return uint32(remote) | uint32(local)<<8 }

func (t *task) send(size uint32) mach.KernReturn {
	t.msg.Option, t.msg.SendSize, t.msg.Timeout = mach.MACH_SEND_MSG|mach.MACH_SEND_TIMEOUT, size, 0
	return t.msg.Do()
}

func (t *task) receive(name mach.MachPort, option mach.MachMsgOption) mach.KernReturn {
	t.msg.Option, t.msg.RcvSize, t.msg.RcvName, t.msg.Timeout = mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT|option, 4096, name, 0
	return t.msg.Do()
}

func (t *task) port(tb testing.TB) mach.MachPort {
	tb.Helper()
	name, kr := t.Allocate(mach.MACH_PORT_RIGHT_RECEIVE, mach.MACH_PORT_NULL)
	if kr != mach.KERN_SUCCESS {
		tb.Fatal(kr)
	}
	return name
}

// portOf is the port of a name.
func (t *task) portOf(name mach.MachPort) *Port {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lookup(name).port
}

func want(tb testing.TB, what string, got, w mach.KernReturn) {
	tb.Helper()
	if got != w {
		tb.Errorf("%s: %#x, want %#x", what, uint32(got), uint32(w))
	}
}

// idle fails the test if no right to a port should exist and one does.
func idle(tb testing.TB, p *Port) {
	tb.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.dead.Load() || p.srights != 0 || p.sorights != 0 || p.queue.head != nil || len(p.sets) != 0 {
		tb.Errorf("port %d: dead %v, %d send and %d send-once rights, in %d sets", p.id, p.dead.Load(), p.srights, p.sorights, len(p.sets))
	}
}

// result is that of an operation that may break a guard.
func result(kr mach.KernReturn, _ Violation) mach.KernReturn { return kr }
