//go:build linux && (amd64 || arm64)

package cpu

import (
	"math"
	"sync/atomic"
	"unsafe"
)

// accessOf translates Unicorn's kind of memory event.
func accessOf(kind uint32) Prot {
	switch kind {
	case 20, 22: // UC_MEM_WRITE_UNMAPPED, UC_MEM_WRITE_PROT
		return ProtWrite
	case 21, 24: // UC_MEM_FETCH_UNMAPPED, UC_MEM_FETCH_PROT
		return ProtExec
	}
	return ProtRead
}

// restoreFault sets the registers to what they were at a faulting access. Unicorn keeps all
// of them up to date but the program counter, which it sets between blocks only.
func (m *Machine) restoreFault(c *Context) {
	pc := m.Arch.PC
	lazily := m.Arch == AMD64 && !m.single && !m.counts // see conditions.go
	if lazily {
		m.at[m.Arch.Flags] = m.systemFlags(m.begun)
	}
	at := m.at[pc] // right where every instruction is counted
	switch {
	case m.missed.Access == ProtExec:
		at = m.missed.Address
	case m.single:
		at = m.block
	case !m.counts:
		at = m.locate(m.block)
	}
	// The rest of the block and the trying have changed registers that Regs does not hold.
	if lazily {
		m.settle(at)
	}
	call(library.contextRestore, m.uc, m.spare)
	if lazily && m.conditions.operation != 0 {
		m.at[m.Arch.Flags] = m.Register(m.Arch.Registers[m.Arch.Flags])
	}
	c.Regs = m.at
	c.Regs[pc] = at
}

// longestBlock is more than a block has, in bytes.
const longestBlock = 4096

// locate finds the instruction of a block that faulted, by trying: with the registers as
// they were at the fault and all data out of reach, it is the first instruction that does
// the same access again. Data is out of reach since onFault called refuse, so that trying
// changes nothing.
func (m *Machine) locate(block uint64) uint64 {
	const longest = longestBlock
	m.locating.Store(true)
	defer m.locating.Store(false)
	remove := m.hookCode(5, block, longest)
	if remove == nil {
		return block
	}
	defer remove()
	for at := block; at < block+longest; {
		ev := m.probe(at)
		access, size := m.s.hooks.traced, m.s.hooks.size
		if next := m.s.hooks.block; ev.Stop != StopMemory && next > at {
			at = next // with the hook a long block is translated as several
			continue
		}
		if ev.Stop != StopMemory || access < at || size == 0 {
			return block
		}
		if access != at { // instructions before it may have changed its address
			ev = m.probe(access)
		}
		if ev.Stop == StopMemory && m.sameAccess(ev) {
			return access
		}
		at = access + size
	}
	return block
}

// sameAccess says whether an access is the one that faulted. The host names the first address
// that it does not have, which may lie inside of the access.
func (m *Machine) sameAccess(ev Event) bool {
	const widest = 64
	at := m.missed.Address
	return ev.Access == m.missed.Access && (ev.Address == at || m.missed.Host && at > ev.Address && at-ev.Address < widest)
}

// hookCode has hook number n called before each instruction of a range, until remove is called.
func (m *Machine) hookCode(n uintptr, at, size uint64) (remove func()) {
	state := uintptr(unsafe.Pointer(&m.s.hooks))
	if try(library.hookAdd, m.uc, uintptr(unsafe.Pointer(&m.s.one[0])), hookCode, hookAddress(n), state, uintptr(at), uintptr(at+size)) != nil {
		return nil
	}
	hook := uintptr(m.s.one[0])
	m.ForgetCode(at, size) // blocks that were translated before know nothing of the hook
	return func() {
		call(library.hookDel, m.uc, hook)
		m.ForgetCode(at, size)
		// A hook is gone only when a run has ended after its deletion; until then Unicorn
		// would not keep the program counter right. This run ends before it begins.
		atomic.StoreInt64(&m.s.hooks.budget, 0)
		m.start(at, math.MaxUint64)
	}
}

// probe runs from an address to the first access to data, at most to the end of the block.
func (m *Machine) probe(at uint64) (ev Event) {
	m.probed = &ev
	defer func() { m.probed = nil }()
	n := len(m.Arch.Registers)
	h := &m.s.hooks
	h.traced = 0
	// An Interrupt under way may end a run before its first instruction; then once more.
	for tries := 0; h.traced == 0 && ev.Stop != StopMemory && tries < 10; tries++ {
		copy(m.s.values[:n], m.at[:n])
		m.s.values[m.Arch.PC] = at
		call(library.regWriteBatch, m.uc, uintptr(unsafe.Pointer(&m.s.ids[0])), uintptr(unsafe.Pointer(&m.s.ptrs[0])), uintptr(n))
		atomic.StoreInt64(&h.budget, 1)
		m.start(at, math.MaxUint64)
	}
	return ev
}
