package vm

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// regionLegacy is VM_REGION_EXTENDED_INFO__legacy, and its count in words.
const (
	regionLegacy      mach.VMRegionFlavor = 11
	regionLegacyCount                     = 8
)

func words[T any](p *T) []uint32 { return mach.Slice(mach.State(p), mach.CountOf[T]()) }

// vmRegion follows xnu osfmk/vm/vm_map.c vm_map_region. Arguments: task,
// address, size, flavor, info, count, object name.
func vmRegion(c *core.Ctx, m *vmMap) mach.KernReturn {
	flavor := mach.VMRegionFlavor(c.I32(3))
	if flavor == mach.VM_REGION_BASIC_INFO {
		flavor = mach.VM_REGION_BASIC_INFO_64 // its legacy name
	}
	need := regionWords(flavor)
	room, kr := c.Get32(5)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if need == 0 || room < need {
		return mach.KERN_INVALID_ARGUMENT
	}
	addr, kr := c.Get64(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	r, kr := m.lookup(m.trunc(addr), flavor != mach.VM_REGION_BASIC_INFO_64)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	m.widen(&r)
	var w []uint32
	var basic basicWords
	switch flavor {
	case mach.VM_REGION_BASIC_INFO_64:
		basic = basicInfo(&r)
		w = basic[:]
	default:
		w = m.countedInfo(r, flavor)[:need]
	}
	if kr := c.PutInfo(4, 5, w, len(w)); kr != mach.KERN_SUCCESS {
		return kr
	}
	if c.Args[6] != 0 {
		if kr := c.Put32(6, uint32(mach.MACH_PORT_NULL)); kr != mach.KERN_SUCCESS {
			return kr
		}
	}
	return putRange(c, r.Start, r.End)
}

// countedInfo makes the flavors that count pages. It takes a copy, which is
// allocated; the region itself is not.
func (m *vmMap) countedInfo(r region, flavor mach.VMRegionFlavor) []uint32 {
	if flavor == mach.VM_REGION_TOP_INFO {
		return words(m.topInfo(&r))
	}
	return words(m.extendedInfo(&r))
}

// putRange stores address and size where arguments 1 and 2 point to.
func putRange(c *core.Ctx, start, end uint64) mach.KernReturn {
	if kr := c.Put64(1, start); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(2, end-start)
}

// regionWords is the size of a flavor, 0 for one that there is not.
func regionWords(flavor mach.VMRegionFlavor) uint32 {
	switch flavor {
	case mach.VM_REGION_BASIC_INFO_64:
		return uint32(mach.VM_REGION_BASIC_INFO_COUNT_64)
	case mach.VM_REGION_EXTENDED_INFO:
		return uint32(mach.VM_REGION_EXTENDED_INFO_COUNT)
	case mach.VM_REGION_TOP_INFO:
		return uint32(mach.VM_REGION_TOP_INFO_COUNT)
	case regionLegacy:
		return regionLegacyCount
	}
	return 0
}

// basicWords is a VMRegionBasicInfo64 in words: a walk over all regions of a
// process makes thousands, and words allocates what it is given.
type basicWords [mach.VM_REGION_BASIC_INFO_COUNT_64]uint32

func basicInfo(r *region) basicWords {
	offset := r.objectOffset()
	return basicWords{
		uint32(r.Prot), uint32(r.MaxProt), uint32(r.inheritance()), uint32(mach.BooleanOf(r.Shared)), 0,
		uint32(offset), uint32(offset >> 32), uint32(r.attr.behavior), uint32(r.attr.wired),
	}
}

// inheritance: what several processes share a child shares too, unless
// something else was asked for.
func (r *region) inheritance() mach.VMInherit_t {
	if r.Shared && r.attr.inherit == mach.VM_INHERIT_DEFAULT && !r.attr.mach {
		return mach.VM_INHERIT_SHARE
	}
	return r.attr.inherit
}

// objectOffset is the region's place in its object. Anonymous memory of Linux
// has no object of its own.
func (r *region) objectOffset() uint64 {
	if r.attr.object != nil {
		return r.attr.offset + (r.Start - r.attr.start)
	}
	return r.Offset
}

// objectID tells objects apart: the same for all mappings of a file, another
// one for each piece of anonymous memory.
func (m *vmMap) objectID(r *region) uint64 {
	if r.attr.object != nil {
		return uint64(r.attr.object.id)
	}
	h := fnv.New64a()
	var b [16]byte
	if r.Inode != 0 {
		binary.LittleEndian.PutUint64(b[:], r.Device)
		binary.LittleEndian.PutUint64(b[8:], r.Inode)
	} else {
		binary.LittleEndian.PutUint64(b[:], uint64(m.task.Sub.PID()))
		binary.LittleEndian.PutUint64(b[8:], r.Start)
	}
	h.Write(b[:])
	return h.Sum64() &^ (1 << 31)
}

// count fills in the pages of a region, where the substrate can count them.
func (m *vmMap) count(r *region) {
	if s, ok := m.mem.(core.RegionStatter); ok {
		_ = s.StatRegion(&r.Region)
	}
}

// shareMode says how a region's memory is shared, as far as its mapping
// tells.
func (r *region) shareMode() mach.ShareMode {
	switch {
	case r.Shared:
		return mach.SM_SHARED
	case r.Inode != 0 || r.attr.copied:
		return mach.SM_COW
	case r.Resident == 0 && r.Swapped == 0:
		return mach.SM_EMPTY // never touched: there is no object yet
	}
	return mach.SM_PRIVATE
}

func (r *region) refs() uint32 {
	if o := r.attr.object; o != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		return uint32(o.refs)
	}
	return 1
}

// external tells whether a file stands behind the region.
func (r *region) external() uint8 {
	if r.Inode != 0 && r.attr.object == nil {
		return 1
	}
	return 0
}

func (m *vmMap) extendedInfo(r *region) *mach.VMRegionExtendedInfo {
	m.count(r)
	return &mach.VMRegionExtendedInfo{
		Protection: r.Prot, UserTag: r.tag(), PagesResident: uint32(r.Resident), PagesSwappedOut: uint32(r.Swapped),
		PagesDirtied: uint32(r.Dirty), RefCount: r.refs(), ExternalPager: r.external(), ShareMode: uint8(r.shareMode()),
	}
}

func (m *vmMap) topInfo(r *region) *mach.VMRegionTopInfo {
	m.count(r)
	info := &mach.VMRegionTopInfo{ObjID: uint32(m.objectID(r)), RefCount: r.refs(), ShareMode: uint8(r.shareMode())}
	shared := r.SharedPages
	if r.Shared {
		shared = r.Resident
	}
	info.SharedPagesResident = uint32(min(shared, r.Resident))
	info.PrivatePagesResident = uint32(r.Resident) - info.SharedPagesResident
	if mach.ShareMode(info.ShareMode) == mach.SM_EMPTY {
		info.ObjID, info.RefCount = 0, 0
	}
	return info
}

// tag says what a region is for: the tag that it was made with, or what its
// name in Linux says.
func (r *region) tag() uint32 {
	if r.attr.tag != 0 {
		return uint32(r.attr.tag)
	}
	switch {
	case r.Path == "[heap]":
		return uint32(mach.VM_MEMORY_MALLOC)
	case r.Path == "[stack]":
		return uint32(mach.VM_MEMORY_STACK)
	}
	return 0
}

// vmRegionRecurse: there are no submaps here, so the depth is always 0.
// Arguments: task, address, size, depth, info, count. Room for less than the
// first full form gets the short one, without page counts.
func vmRegionRecurse(c *core.Ctx, m *vmMap) mach.KernReturn {
	room, kr := c.Get32(5)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if room < uint32(mach.VM_REGION_SUBMAP_SHORT_INFO_COUNT_64) {
		return mach.KERN_INVALID_ARGUMENT
	}
	addr, kr := c.Get64(1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	short := room < uint32(mach.VM_REGION_SUBMAP_INFO_V0_COUNT_64)
	r, kr := m.lookup(m.trunc(addr), true)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	m.widen(&r)
	var w []uint32
	if short {
		w = words(m.shortInfo(&r))
	} else {
		w = words(m.submapInfo(&r))
		for _, count := range []mach.MachMsgTypeNumber{
			mach.VM_REGION_SUBMAP_INFO_V2_COUNT_64, mach.VM_REGION_SUBMAP_INFO_V1_COUNT_64, mach.VM_REGION_SUBMAP_INFO_V0_COUNT_64,
		} {
			if room >= uint32(count) {
				w = w[:count]
				break
			}
		}
	}
	if kr := c.PutInfo(4, 5, w, len(w)); kr != mach.KERN_SUCCESS {
		return kr
	}
	if kr := c.Put32(3, 0); kr != mach.KERN_SUCCESS {
		return kr
	}
	return putRange(c, r.Start, r.End)
}

func (m *vmMap) shortInfo(r *region) *mach.VMRegionSubmapShortInfo64 {
	r.Resident = 1 // not counted, so not known to be empty
	return &mach.VMRegionSubmapShortInfo64{
		Protection: r.Prot, MaxProtection: r.MaxProt, Inheritance: r.inheritance(),
		Offset: mach.PackUint64(r.objectOffset()), UserTag: r.tag(), RefCount: r.refs(),
		ExternalPager: r.external(), ShareMode: uint8(r.shareMode()), Behavior: r.attr.behavior,
		ObjectID: mach.VM32ObjectID(m.objectID(r)), UserWiredCount: r.attr.wired,
	}
}

func (m *vmMap) submapInfo(r *region) *mach.VMRegionSubmapInfo64 {
	m.count(r)
	id := m.objectID(r)
	return &mach.VMRegionSubmapInfo64{
		Protection: r.Prot, MaxProtection: r.MaxProt, Inheritance: r.inheritance(),
		Offset: mach.PackUint64(r.objectOffset()), UserTag: r.tag(),
		PagesResident: uint32(r.Resident), PagesSwappedOut: uint32(r.Swapped), PagesDirtied: uint32(r.Dirty),
		RefCount: r.refs(), ExternalPager: r.external(), ShareMode: uint8(r.shareMode()), Behavior: r.attr.behavior,
		ObjectID: mach.VM32ObjectID(id), UserWiredCount: r.attr.wired, ObjectIDFull: mach.PackUint64(id),
	}
}
