package task

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/vm"
)

// vmInfoCounts are the sizes that TASK_VM_INFO has had, the newest first.
var vmInfoCounts = []int{
	int(mach.TASK_VM_INFO_REV7_COUNT), int(mach.TASK_VM_INFO_REV6_COUNT), int(mach.TASK_VM_INFO_REV5_COUNT),
	int(mach.TASK_VM_INFO_REV4_COUNT), int(mach.TASK_VM_INFO_REV3_COUNT), int(mach.TASK_VM_INFO_REV2_COUNT),
	int(mach.TASK_VM_INFO_REV1_COUNT), int(mach.TASK_VM_INFO_REV0_COUNT),
}

// vmInfo gives the newest form that the caller has room for.
func vmInfo(c *core.Ctx, t *core.Task) mach.KernReturn {
	room, kr := c.Get32(3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	for _, count := range vmInfoCounts {
		if int64(room) < int64(count) {
			continue
		}
		info, err := makeVMInfo(t)
		if err != nil {
			return mach.KERN_INVALID_ARGUMENT
		}
		return c.PutInfo(2, 3, words(&info)[:count], count)
	}
	return mach.KERN_INVALID_ARGUMENT
}

func makeVMInfo(t *core.Task) (info mach.TaskVMInfo, err error) {
	u, err := processUsage(t)
	if err != nil {
		return info, err
	}
	mem := t.Sub.Memory()
	lo, hi := mem.Bounds()
	for range mem.Regions(lo) {
		info.RegionCount++
	}
	info.PageSize = mach.Integer(mem.PageSize())
	// What only this task costs: its own pages, in memory or out, but for those
	// of volatile memory, which may be taken away (xnu osfmk/vm/vm_purgeable.c,
	// vm_purgeable_volatile_owner_update).
	footprint := u.Anonymous + u.Swapped
	footprint -= min(footprint, volatileOf(t))
	for to, v := range map[*mach.PackedUint64]uint64{
		&info.VirtualSize: u.Virtual, &info.ResidentSize: u.Resident, &info.ResidentSizePeak: u.ResidentPeak,
		&info.Internal: u.Anonymous, &info.InternalPeak: u.Anonymous,
		&info.External: u.File, &info.ExternalPeak: u.File,
		&info.Compressed: u.Swapped, &info.CompressedPeak: u.Swapped, &info.CompressedLifetime: u.Swapped,
		&info.PhysFootprint: footprint, &info.MinAddress: lo, &info.MaxAddress: hi,
	} {
		to.Set(v)
	}
	info.LedgerPhysFootprintPeak.Set(int64(footprint))
	return info, nil
}

func volatileOf(t *core.Task) (size uint64) {
	v := vm.Volatile(t.Kernel, t)
	size = v.ObsoleteData.Size
	for i := range v.FifoData {
		size += v.FifoData[i].Size + v.LifoData[i].Size
	}
	return size
}
