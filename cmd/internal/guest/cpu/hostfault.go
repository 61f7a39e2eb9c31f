//go:build linux && (amd64 || arm64)

package cpu

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// A page of the guest can be one that the host cannot give: it lies beyond the end of a mapped
// file that has been truncated, by the guest or by anybody else. Translated code then gets a
// SIGBUS of the host, which Go's runtime takes for its own end. So the runner's handler comes
// first: if the thread is executing guest code, the handler makes it call Go as if the
// faulting instruction had called a function. There the registers are kept as for any fault
// of the guest, an empty page takes the place of the missing one, and the rest of the basic
// block is executed with all memory out of reach; afterwards the page is put back.

// hostSlot says which thread executes a machine's code; assembly reads it.
type hostSlot struct {
	thread uintptr    // 0: none
	state  *hookState // 8
}

// hostSlots are the machines of this process. A machine beyond them has no such protection.
var hostSlots [64]hostSlot

// hostFaults is what the assembly functions need.
var hostFaults struct {
	bus, segv uintptr // 0, 8: the handlers that were there before
	callback  uintptr // 16
	room      uintptr // 24: amd64: for the processor's extended state

	sync.Mutex
	machines [len(hostSlots)]*Machine
	emulate  uintptr
}

func hostFaultAddresses() (emulate, handler uintptr)

// watchHostFaults installs the handler, once.
var watchHostFaults = sync.OnceValue(func() error {
	h := &hostFaults
	room, err := roomForState()
	if err != nil {
		return err
	}
	emulate, handler := hostFaultAddresses()
	h.room, h.callback = room, purego.NewCallback(hostFault)
	type action struct{ handler, flags, restorer, mask uint64 }
	for sig, before := range map[uintptr]*uintptr{uintptr(unix.SIGBUS): &h.bus, uintptr(unix.SIGSEGV): &h.segv} {
		var a action
		if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, sig, 0, uintptr(unsafe.Pointer(&a)), 8, 0, 0); e != 0 {
			return e
		}
		const ignore = 1
		if a.handler <= ignore {
			return errors.New("Go's runtime has no handler")
		}
		*before = uintptr(a.handler)
		a.handler = uint64(handler)
		if _, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, sig, uintptr(unsafe.Pointer(&a)), 0, 8, 0, 0); e != 0 {
			return e
		}
	}
	h.emulate = emulate
	return nil
})

// enrol gives the machine a slot, if there is one.
func (m *Machine) enrol() {
	if watchHostFaults() != nil {
		return
	}
	h := &hostFaults
	h.Lock()
	defer h.Unlock()
	for i := range h.machines {
		if h.machines[i] == nil {
			h.machines[i], hostSlots[i].state = m, &m.s.hooks
			m.slot = &hostSlots[i]
			return
		}
	}
}

// start executes code until something stops it.
func (m *Machine) start(pc, until uint64) uint32 {
	if m.slot == nil {
		return call(library.start, m.uc, uintptr(pc), uintptr(until), 0, 0)
	}
	return call(hostFaults.emulate, uintptr(unsafe.Pointer(m.slot)), library.start, m.uc, uintptr(pc), uintptr(until))
}

// hostFault is called in place of an instruction that faulted.
func hostFault(state uintptr) uintptr {
	h := &hostFaults
	for i := range h.machines {
		if uintptr(unsafe.Pointer(hostSlots[i].state)) == state {
			h.machines[i].hostFault()
			break
		}
	}
	return 0
}

// lent is a page of the host that stands in for one that could not be used.
type lent struct {
	page  uintptr
	aside uintptr // where the other one is meanwhile; 0 if there was none
}

var lentSize = uintptr(os.Getpagesize())

// hostFault makes a fault of the host a fault of the guest. It is called in the middle of an
// access that is then tried again.
func (m *Machine) hostFault() {
	h := &m.s.hooks
	h.busy = 1
	defer func() {
		if p := recover(); p != nil {
			m.broken = fmt.Errorf("handling a fault in guest memory: %v", p)
		}
		h.busy = 0
	}()
	access := ProtRead
	if hostWrote(h.hostCode) {
		access = ProtWrite
	}
	m.lend(uintptr(h.hostAddr))
	atomic.StoreInt64(&h.budget, 0) // nothing after this block
	ev := Event{Stop: StopMemory, Address: h.hostAddr, Access: access, Host: true}
	if m.probed != nil {
		if m.probed.Stop != StopMemory {
			*m.probed = ev
		}
		return
	}
	if m.missed.Stop != StopMemory {
		m.miss(ev)
	}
}

// lend puts an empty page in the place of one.
func (m *Machine) lend(address uintptr) {
	page := address &^ (lentSize - 1)
	l := lent{page: page}
	const anywhere = unix.MAP_PRIVATE | unix.MAP_ANON
	at, _, e := unix.Syscall6(unix.SYS_MMAP, 0, lentSize, unix.PROT_NONE, anywhere, ^uintptr(0), 0)
	if e == 0 {
		if _, _, e = unix.Syscall6(unix.SYS_MREMAP, page, lentSize, lentSize, unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, at, 0); e == 0 {
			l.aside = at
		} else {
			_, _, _ = unix.Syscall(unix.SYS_MUNMAP, at, lentSize, 0)
		}
	}
	if _, _, e := unix.Syscall6(unix.SYS_MMAP, page, lentSize, unix.PROT_READ|unix.PROT_WRITE, anywhere|unix.MAP_FIXED, ^uintptr(0), 0); e != 0 {
		m.broken = fmt.Errorf("a fault of the host at %#x: %w", address, e)
	}
	m.lent = append(m.lent, l)
}

// giveBack puts the pages back that lend took away.
func (m *Machine) giveBack() {
	for _, l := range m.lent {
		if l.aside == 0 {
			_, _, _ = unix.Syscall(unix.SYS_MUNMAP, l.page, lentSize, 0)
			continue
		}
		_, _, _ = unix.Syscall6(unix.SYS_MREMAP, l.aside, lentSize, lentSize, unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, l.page, 0)
	}
	m.lent = m.lent[:0]
}
