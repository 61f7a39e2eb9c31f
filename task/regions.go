package task

import (
	"errors"
	"iter"

	"github.com/gomach/mach"
)

// maxDepth is how deep RegionsRecurse descends: Darwin nests submaps three
// deep at most.
const maxDepth = 32

// Regions walks the regions of the task's own map by address; a submap, such as
// the one of the shared cache, is one region. After an error the walk ends. The
// read port will do; it does not block if the kernel serves the port.
//
// The task may change its memory meanwhile: the walk goes on behind the last
// region then.
//
// Mach calls: mach_vm_region_recurse, once a region.
func (t *Task) Regions() iter.Seq2[Region, error] { return t.regions(0, 0) }

// RegionsRecurse is Regions with the regions inside of submaps in place of the
// submaps.
//
// Mach calls: mach_vm_region_recurse, once a region or submap.
func (t *Task) RegionsRecurse() iter.Seq2[Region, error] { return t.regions(0, maxDepth) }

// RegionAt finds the region that addr lies in, descending into submaps. It
// fails with [mach.KERN_INVALID_ADDRESS] if nothing is mapped there.
//
// Mach calls: mach_vm_region_recurse.
func (t *Task) RegionAt(addr uint64) (Region, error) {
	for r, err := range t.regions(addr, maxDepth) {
		switch {
		case err != nil:
			return Region{}, err
		case !r.Contains(addr):
			return Region{}, failedAt("mach_vm_region_recurse", addr, 1, mach.KERN_INVALID_ADDRESS)
		}
		return r, nil
	}
	return Region{}, failedAt("mach_vm_region_recurse", addr, 1, mach.KERN_INVALID_ADDRESS)
}

func (t *Task) regions(addr uint64, depth mach.Natural) iter.Seq2[Region, error] {
	return walkRegions(t, addr, depth)
}

// mapped is an address space: mach_vm_region_recurse of a task.
type mapped interface {
	region(addr *mach.MachVMAddress, size *mach.MachVMSize, depth *mach.Natural, info *mach.VMRegionSubmapInfo64, n *mach.MachMsgTypeNumber) error
}

func (t *Task) region(addr *mach.MachVMAddress, size *mach.MachVMSize, depth *mach.Natural, info *mach.VMRegionSubmapInfo64, n *mach.MachMsgTypeNumber) error {
	name, err := t.use()
	if err != nil {
		return err
	}
	defer t.done()
	return mach.MachVMRegionRecurse(name, addr, size, depth, mach.Info(info), n)
}

func walkRegions(m mapped, addr uint64, depth mach.Natural) iter.Seq2[Region, error] {
	return func(yield func(Region, error) bool) {
		w := walk{addr: addr}
		for {
			more, err := w.next(m, depth)
			if err != nil {
				yield(Region{}, err)
				return
			}
			if !more || !yield(w.region, nil) {
				return
			}
		}
	}
}

// walk is where a walk is.
type walk struct {
	addr, size uint64
	depth      mach.Natural
	words      mach.MachMsgTypeNumber // of info
	info       mach.VMRegionSubmapInfo64
	region     Region
}

// next finds the next region. It is false at the end.
func (w *walk) next(m mapped, deepest mach.Natural) (bool, error) {
	if w.region.Size > 0 {
		next := w.region.End()
		if next <= w.region.Address {
			return false, nil // the region reaches up to the end of all addresses
		}
		w.addr = next
	}
	from := w.addr
	w.depth = deepest
	w.info = mach.VMRegionSubmapInfo64{}
	w.words = mach.VM_REGION_SUBMAP_INFO_COUNT_64
	err := m.region(&w.addr, &w.size, &w.depth, &w.info, &w.words)
	switch {
	case errors.Is(err, mach.KERN_INVALID_ADDRESS):
		return false, nil
	case errors.Is(err, ErrClosed):
		return false, err
	case err != nil:
		return false, failed("mach_vm_region_recurse", err)
	case w.size == 0, w.addr+w.size-1 < max(w.addr, from):
		// No kernel says so, but it would go on for ever.
		return false, failedAt("mach_vm_region_recurse", w.addr, w.size, mach.KERN_INVALID_ADDRESS)
	}
	w.region.fill(w)
	return true, nil
}

// fill sets every field: the region before was another.
func (r *Region) fill(w *walk) {
	i := &w.info
	r.Address, r.Size, r.Depth, r.Submap = w.addr, w.size, w.depth, i.IsSubmap.Bool()
	r.Protection, r.MaxProtection, r.Inheritance, r.Behavior = i.Protection, i.MaxProtection, i.Inheritance, i.Behavior
	r.ShareMode, r.Tag, r.Offset = mach.ShareMode(i.ShareMode), mach.VMMemory(i.UserTag), i.Offset.Uint64()
	r.External, r.Object = i.ExternalPager != 0, uint64(i.ObjectID)
	r.RefCount, r.ShadowDepth, r.Wired, r.Flags = i.RefCount, i.ShadowDepth, i.UserWiredCount, i.Flags
	r.Resident, r.SharedNowPrivate, r.SwappedOut, r.Dirtied = i.PagesResident, i.PagesSharedNowPrivate, i.PagesSwappedOut, i.PagesDirtied
	r.Reusable = 0
	// What newer revisions of the struct have.
	if w.words >= mach.VM_REGION_SUBMAP_INFO_V1_COUNT_64 {
		r.Reusable = i.PagesReusable
	}
	if w.words >= mach.VM_REGION_SUBMAP_INFO_V2_COUNT_64 {
		r.Object = i.ObjectIDFull.Uint64()
	}
}
