package vm

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// Table is the support table of virtual memory.
func Table() core.Table {
	t := tableOf{core.Table{}}
	control := func(f func(*core.Ctx, *vmMap) mach.KernReturn) core.Entry { return full(onMap(core.Control, f)) }
	read := func(f func(*core.Ctx, *vmMap) mach.KernReturn) core.Entry { return full(onMap(core.Read, f)) }
	const objects = "the own process's memory that no Mach call made is not moved into an object: KERN_NOT_SUPPORTED"

	const hints = "VM_FLAGS_NO_CACHE is kept and changes nothing, as Linux has no such hint; neither do VM_FLAGS_MTE, without tagged memory, " +
		"and VM_FLAGS_GUARD_OBJECT_OPTOUT, without guard objects; of superpages Linux makes large pages only if it can, and locks them"
	t.both("allocate", fullNote(onMap(core.Control, vmAllocate), hints))
	t.both("deallocate", control(vmDeallocate))
	t.both("protect", control(vmProtect))
	t.both("inherit", partial(onMap(core.Control, vmInherit), "kept and told; a Linux child gets a copy or, for VM_INHERIT_NONE, nothing"))
	t.both("read", read(vmRead))
	t.both("read_list", read(vmReadList))
	t.both("read_overwrite", read(vmReadOverwrite))
	t.both("write", control(vmWrite))
	t.both("copy", control(vmCopy))
	const copies = "a copy of memory that is also mapped shared copies the pages that were written so far at once: " +
		"Linux can copy on write only what nobody can write in its place"
	t.both("map", partial(onMap(core.Control, vmMapCall), copies+"; "+hints))
	t.both("remap", partial(onMap(core.Control, vmRemap), objects+"; "+copies))
	t.both("remap_new", partial(onMap(core.Control, vmRemapNew), objects+"; "+copies))
	t.both("msync", full(core.K(vmMsyncCall)))
	t.both("behavior_set", fullNote(onMap(core.Control, vmBehaviorSet), "VM_BEHAVIOR_DONTNEED does nothing: Linux's would throw contents away"))
	t.both("machine_attribute", control(vmMachineAttribute))
	t.both("purgable_control", partial(core.K(vmPurgableControl),
		"volatile objects are emptied by VM_PURGABLE_PURGE_ALL only, never because memory is short"))
	t.both("wire", full(core.K(vmWire)))
	regions := "pages are counted by Linux's page map; there are no submaps and no shadow objects"
	t.Table["mach_vm_region"] = fullNote(onMap(core.Read, vmRegion), regions)
	t.Table["vm_region_64"] = fullNote(onMap(core.Read, vmRegion), regions)
	t.Table["mach_vm_region_recurse"] = fullNote(onMap(core.Read, vmRegionRecurse), regions)
	t.Table["vm_region_recurse_64"] = fullNote(onMap(core.Read, vmRegionRecurse), regions)
	t.Table["mach_vm_page_query"] = read(vmPageQuery)
	t.Table["vm_map_page_query"] = read(vmPageQuery)
	t.Table["mach_vm_page_info"] = read(vmPageInfo)
	t.Table["mach_vm_page_range_query"] = read(vmPageRangeQuery)
	t.Table["vm_reallocate"] = partial(onMap(core.Control, vmReallocate), "Apple has not published it; the pages are copied")

	entry := partial(core.K(makeEntry), objects+"; MAP_MEM_VM_COPY copies what was written so far at once"+
		"; cache modes are kept and change nothing, as Linux lets no program choose one; there is no secluded memory, and none is billed")
	t.Table["mach_make_memory_entry"] = entry
	t.Table["mach_make_memory_entry_64"] = entry
	t.Table["mach_memory_entry_purgable_control"] = full(onEntry(entryPurgable))
	t.Table["mach_memory_entry_ownership"] = partial(onEntry(entryOwnership), "no memory is billed to a task: KERN_NOT_SUPPORTED")
	t.Table["mach_memory_entry_access_tracking"] = fullNote(onEntry(func(*core.Ctx, *memEntry) mach.KernReturn {
		return mach.KERN_NOT_SUPPORTED
	}), "answers KERN_NOT_SUPPORTED, as XNU built without access tracking does")
	pager := partial(core.K(pagerEntry), "there are no external pagers: only memory of the kernel's own")
	t.Table["mach_memory_object_memory_entry"] = pager
	t.Table["mach_memory_object_memory_entry_64"] = pager
	t.Table["mach_vm_range_create"] = fullNote(onMap(core.Control, func(*core.Ctx, *vmMap) mach.KernReturn {
		return mach.KERN_NOT_SUPPORTED
	}), "answers KERN_NOT_SUPPORTED, as XNU does for a process without such ranges")
	t.Table["mach_vm_reclaim_update_kernel_accounting_trap"] = core.Entry{Note: "there is no ring of reclaimable memory"}
	t.addTraps()
	return t.Table
}

// addTraps enters the system calls below the functions: they serve the calling
// task alone.
func (t tableOf) addTraps() {
	own := func(h core.Handler) core.Handler {
		return func(c *core.Ctx) uint64 {
			if task, ok := c.TaskArg(0, core.Control); !ok || task != c.Task {
				return uint64(uint32(mach.MACH_SEND_INVALID_DEST))
			}
			return h(c)
		}
	}
	for _, name := range []string{"allocate", "deallocate", "protect", "purgable_control"} {
		e := t.Table["mach_vm_"+name]
		e.Handler = own(e.Handler)
		t.Table["_kernelrpc_mach_vm_"+name+"_trap"] = e
	}
	m := t.Table["mach_vm_map"]
	m.Handler = own(onMap(core.Control, mapTrap))
	t.Table["_kernelrpc_mach_vm_map_trap"] = m
}

// mapTrap: task, address, size, mask, flags, current protection.
func mapTrap(c *core.Ctx, m *vmMap) mach.KernReturn {
	flags, prot, size := c.U32(4), mach.VMProt(c.I32(5)), c.U64(2)
	if flags&^uint32(mach.VM_FLAGS_USER_MAP) != 0 || prot&^mach.VM_PROT_ALL != 0 || size == 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	addr, kr := c.Get64(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	addr, kr = m.enter(request{
		addr: addr, size: size, mask: c.U64(3), flags: flags, prot: prot, maxProt: mach.VM_PROT_ALL, inherit: mach.VM_INHERIT_DEFAULT,
	})
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(1, addr)
}
