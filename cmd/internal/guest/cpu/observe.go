//go:build linux && (amd64 || arm64)

package cpu

import (
	"encoding/binary"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Access is one access to memory that an instruction makes.
type Access struct {
	Address, Size uint64
	Kind          Prot // ProtRead or ProtWrite
	old           []byte
}

// Unicorn's hook kinds for accesses that succeed.
const hookAccess = 1<<10 | 1<<11 // UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE

// observer keeps what one step does to memory.
type observer struct {
	callback uintptr // made once: purego never frees one
	active   bool
	seen     []Access
	memory   func(address, size uint64) []byte
}

// StepObserved is Step that tells which memory the instruction has accessed. undo is
// asked then whether the processor is to be as if the instruction had not been
// executed; the event is StopWatch if so, else Step's. memory gives the guest's bytes
// at an address, nil if it has none there.
func (m *Machine) StepObserved(c *Context, memory func(address, size uint64) []byte, undo func([]Access) bool) (Event, []Access, error) {
	o := &m.observer
	if o.callback == 0 {
		o.callback = purego.NewCallback(m.onAccess)
	}
	before, err := m.NewContext()
	if err != nil {
		return Event{}, nil, err
	}
	defer m.Free(before)
	m.Copy(before, c)
	pc := c.Regs[m.Arch.PC]
	hook := uintptr(unsafe.Pointer(&m.s.one[0]))
	if err := try(library.hookAdd, m.uc, hook, hookAccess, o.callback, 0, 1, 0); err != nil {
		return Event{}, nil, err
	}
	hook = uintptr(m.s.one[0])
	o.seen, o.memory, o.active = nil, memory, true
	if at, is := m.zeroed(c); is {
		o.note(at, zeroSize, ProtWrite)
	}
	ev, err := m.stepThen(c, func() { call(library.hookDel, m.uc, hook) })
	o.active = false
	m.ForgetCode(pc, longestInstruction) // what the last run has translated still looks at its accesses
	if err == nil && ev.Stop == StopStep && undo(o.seen) {
		for i := len(o.seen) - 1; i >= 0; i-- {
			if a := o.seen[i]; a.old != nil {
				copy(memory(a.Address, uint64(len(a.old))), a.old)
			}
		}
		call(library.contextRestore, m.uc, before.saved)
		m.loaded, c.Regs = c, before.Regs
		ev = Event{Stop: StopWatch}
	}
	return ev, o.seen, err
}

// onAccess is called by Unicorn before each access of an observed step.
func (m *Machine) onAccess(uc, kind, address, size, value, data uintptr) uintptr {
	const write = 17 // UC_MEM_WRITE; UC_MEM_READ is 16
	access := ProtRead
	if uint32(kind) == write {
		access = ProtWrite
	}
	if m.observer.active {
		m.observer.note(uint64(address), uint64(uint32(size)), access)
	}
	return 0
}

func (o *observer) note(address, size uint64, kind Prot) {
	if n := len(o.seen); n > 0 && o.seen[n-1].inPieces() && kind == ProtRead && size == o.seen[n-1].Size {
		if low := o.seen[n-1].Address &^ (size - 1); address == low || address == low+size {
			return // a piece of it
		}
	}
	a := Access{Address: address, Size: size, Kind: kind}
	if kind == ProtWrite {
		a.old = append(a.old, o.memory(address, size)...)
	}
	o.seen = append(o.seen, a)
}

// inPieces says whether Unicorn tells of an access also by its two halves, each of
// which is as large as the whole and aligned: a load that crosses a page.
func (a *Access) inPieces() bool {
	const page = 4096
	return a.Kind == ProtRead && a.Address%page+a.Size > page
}

// zeroSize is how much one dc zva writes, by DCZID_EL0 of the model that is emulated.
const zeroSize = 64

// zeroed says of the next instruction whether it is dc zva, whose stores no hook sees.
func (m *Machine) zeroed(c *Context) (address uint64, is bool) {
	const dcZVA, register = 0xd50b7420, 0x1f
	if m.Arch != ARM64 {
		return 0, false
	}
	b := m.observer.memory(c.Regs[m.Arch.PC], 4)
	if len(b) < 4 {
		return 0, false
	}
	code := binary.LittleEndian.Uint32(b)
	if code&^register != dcZVA {
		return 0, false
	}
	if n := code & register; n != register { // 31 is xzr
		address = c.Regs[n]
	}
	return address &^ (zeroSize - 1), true
}
