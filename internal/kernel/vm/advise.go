package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// vmBehaviorSet follows xnu osfmk/vm/vm_map.c vm_map_behavior_set. Arguments:
// task, address, size, behavior.
func vmBehaviorSet(c *core.Ctx, m *vmMap) mach.KernReturn {
	size, behavior := c.U64(2), mach.VMBehavior(c.I32(3))
	if behavior < 0 || behavior > mach.VM_BEHAVIOR_LAST_VALID {
		return mach.KERN_INVALID_ARGUMENT
	}
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	start, end, ok := m.span(c.U64(1), size)
	switch {
	case wraps(c.U64(1), size):
		return mach.KERN_INVALID_ARGUMENT
	case !ok || !m.within(start, end): // vm_sanitize_err_compat_addr_size_vm_behavior_set
		return mach.KERN_NO_SPACE
	}
	advise := func(a core.Advice) mach.KernReturn { return failure(m.mem.Advise(start, end-start, a)) }
	need := mach.VM_PROT_NONE
	if behavior == mach.VM_BEHAVIOR_ZERO_WIRED_PAGES {
		need = mach.VM_PROT_WRITE
	}
	if kr := m.check(start, end, need); kr != mach.KERN_SUCCESS {
		return kr
	}
	switch behavior {
	case mach.VM_BEHAVIOR_DEFAULT:
		return m.remember(start, end, behavior, core.AdviceNormal)
	case mach.VM_BEHAVIOR_RANDOM:
		return m.remember(start, end, behavior, core.AdviceRandom)
	case mach.VM_BEHAVIOR_SEQUENTIAL, mach.VM_BEHAVIOR_RSEQNTL:
		return m.remember(start, end, behavior, core.AdviceSequential)
	case mach.VM_BEHAVIOR_ZERO_WIRED_PAGES:
		m.mu.Lock()
		defer m.mu.Unlock()
		m.change(start, end, func(a *attr) { a.zeroWired = true })
		return mach.KERN_SUCCESS
	case mach.VM_BEHAVIOR_CAN_REUSE:
		return m.reusable(start, end, mach.VM_PROT_NONE)
	case mach.VM_BEHAVIOR_WILLNEED:
		return advise(core.AdviceWillNeed)
	case mach.VM_BEHAVIOR_DONTNEED:
		return mach.KERN_SUCCESS // a hint about eviction: the contents stay
	case mach.VM_BEHAVIOR_FREE:
		m.letGo(start, end)
		return mach.KERN_SUCCESS
	case mach.VM_BEHAVIOR_REUSABLE:
		kr := m.reusable(start, end, mach.VM_PROT_WRITE)
		if kr == mach.KERN_SUCCESS {
			m.letGo(start, end)
		}
		return kr
	case mach.VM_BEHAVIOR_REUSE:
		kr := m.reusable(start, end, mach.VM_PROT_NONE)
		if kr == mach.KERN_SUCCESS {
			kr = advise(core.AdviceReuse)
		}
		return kr
	case mach.VM_BEHAVIOR_ZERO:
		return m.zeroCall(start, end)
	}
	return mach.KERN_INVALID_ARGUMENT // VM_BEHAVIOR_PAGEOUT: of debug kernels only
}

// remember notes a behavior and passes it on.
func (m *vmMap) remember(start, end uint64, b mach.VMBehavior, a core.Advice) mach.KernReturn {
	if err := m.mem.Advise(start, end-start, a); err != nil {
		return failure(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.change(start, end, func(x *attr) { x.behavior = b })
	return mach.KERN_SUCCESS
}

// letGo tells the system that contents may go. It refuses for memory that is
// of a file or shared, whose contents then stay: they may go, but need not.
func (m *vmMap) letGo(start, end uint64) {
	m.each(start, end, func(r region) mach.KernReturn {
		if r.Inode == 0 && !r.Shared && r.Prot&mach.VM_PROT_WRITE != 0 {
			_ = m.mem.Advise(r.Start, r.End-r.Start, core.AdviceFree)
		}
		return mach.KERN_SUCCESS
	})
}

// vmMsyncCall has its own answer to what is no task (osfmk/vm/vm_user.c
// mach_vm_msync).
func vmMsyncCall(c *core.Ctx) mach.KernReturn {
	m, kr := mapArg(c, 0, core.Control)
	if m == nil {
		if kr == mach.KERN_INVALID_ARGUMENT {
			return mach.KERN_INVALID_TASK
		}
		return kr
	}
	return vmMsync(c, m)
}

// vmMsync: task, address, size, flags (osfmk/vm/vm_map.c vm_map_msync).
func vmMsync(c *core.Ctx, m *vmMap) mach.KernReturn {
	size, flags := c.U64(2), mach.VMSync(c.U32(3))
	if flags&mach.VM_SYNC_ASYNCHRONOUS != 0 && flags&mach.VM_SYNC_SYNCHRONOUS != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	if size == 0 {
		return mach.KERN_SUCCESS
	}
	start, end, ok := m.span(c.U64(1), size)
	if !ok {
		return mach.KERN_INVALID_ADDRESS
	}
	hole := false
	for at := start; at < end; {
		r, kr := m.lookup(at, false)
		if kr != mach.KERN_SUCCESS || r.Start >= end {
			hole = true
			break
		}
		hole = hole || r.Start > at
		if hole && flags&mach.VM_SYNC_KILLPAGES != 0 {
			break // what is behind a hole keeps its contents
		}
		from, to := max(at, r.Start), min(end, r.End)
		switch {
		case flags&mach.VM_SYNC_KILLPAGES != 0:
			m.letGo(from, to)
		case r.Shared && r.Inode != 0:
			if err := m.mem.Sync(from, to-from, flags); err != nil {
				return mach.KERN_FAILURE
			}
		}
		at = to
	}
	if hole && flags&mach.VM_SYNC_CONTIGUOUS != 0 {
		return mach.KERN_INVALID_ADDRESS
	}
	return mach.KERN_SUCCESS
}
