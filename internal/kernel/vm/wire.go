package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// vmWire: host_priv, task, address, size, access.
func vmWire(c *core.Ctx) mach.KernReturn {
	if _, ok := c.Object(0, mach.IPC_OTYPE_HOST_PRIV); !ok {
		if p, kr := c.PortArg(0); kr != mach.KERN_SUCCESS || p == nil {
			return mach.MACH_SEND_INVALID_DEST
		}
		return mach.KERN_INVALID_HOST
	}
	m, _ := mapArg(c, 1, core.Control)
	if m == nil {
		return mach.KERN_INVALID_TASK
	}
	size, access := c.U64(3), mach.VMProt(c.I32(4))
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	if access&^mach.VM_PROT_ALL != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	start, end, ok := m.span(c.U64(2), size)
	if !ok {
		return mach.KERN_INVALID_ARGUMENT
	}
	if kr := m.check(start, end, access); kr != mach.KERN_SUCCESS {
		return kr
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if access == mach.VM_PROT_NONE {
		return m.unwire(start, end)
	}
	if err := m.mem.Lock(start, end-start, true); err != nil {
		return mach.KERN_RESOURCE_SHORTAGE
	}
	m.change(start, end, func(a *attr) { a.wired++ })
	return mach.KERN_SUCCESS
}

// unwire wants m.mu held. Pages are let go when nobody wires them any more.
func (m *vmMap) unwire(start, end uint64) mach.KernReturn {
	wired := true
	for at := start; at < end; {
		a := m.at(at)
		wired = wired && a.wired > 0
		at = min(a.end, end)
	}
	if !wired {
		return mach.KERN_INVALID_ADDRESS
	}
	m.change(start, end, func(a *attr) { a.wired-- })
	for at := start; at < end; {
		a := m.at(at)
		to := min(a.end, end)
		if a.wired == 0 {
			m.change(at, to, func(a *attr) { a.zeroWired = false }) // (osfmk/vm/vm_map.c vm_map_unwire_nested)
			if err := m.mem.Lock(at, to-at, false); err != nil {
				return failure(err)
			}
		}
		at = to
	}
	return mach.KERN_SUCCESS
}
