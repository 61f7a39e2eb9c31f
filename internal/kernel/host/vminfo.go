package host

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/vm"
)

// wired is what is neither free nor on the lists of pages that could be taken
// away, so that free, active, inactive, compressor and wired pages are the
// whole memory.
func (f *MemoryFigures) wired() uint64 {
	used := f.Free + f.Active + f.Inactive + f.Compressor
	return f.Total - min(f.Total, used)
}

// vmInfo64 fills in HOST_VM_INFO64. Linux keeps no count of zero-filled and
// copied pages, of the object cache, and of speculative and throttled pages:
// those fields stay zero.
func vmInfo64(m Machine, x *mach.VMStatistics64) error {
	f, err := m.Memory()
	if err != nil {
		return err
	}
	x.FreeCount = saturate(f.Free)
	x.ActiveCount = saturate(f.Active)
	x.InactiveCount = saturate(f.Inactive)
	x.WireCount = saturate(f.wired())
	x.Reactivations = f.Reactivations
	x.Pageins, x.Pageouts = f.Pageins, f.Pageouts
	x.Faults = f.Faults
	x.Purges = f.Purges
	x.Compressions, x.Decompressions = f.Compressions, f.Decompressions
	x.Swapins, x.Swapouts = f.Swapins, f.Swapouts
	x.CompressorPageCount = saturate(f.Compressor)
	x.TotalUncompressedPagesInCompressor = f.Uncompressed
	x.ExternalPageCount = saturate(f.External)
	x.InternalPageCount = saturate(f.Internal)
	x.SwappedCount = f.Swapped
	return nil
}

// vmInfo32 fills in HOST_VM_INFO, whose fields saturate.
func vmInfo32(m Machine, x *mach.VMStatistics) error {
	var y mach.VMStatistics64
	if err := vmInfo64(m, &y); err != nil {
		return err
	}
	x.FreeCount, x.ActiveCount, x.InactiveCount = y.FreeCount, y.ActiveCount, y.InactiveCount
	x.WireCount = y.WireCount
	x.ZeroFillCount = saturate(y.ZeroFillCount)
	x.Reactivations = saturate(y.Reactivations)
	x.Pageins, x.Pageouts = saturate(y.Pageins), saturate(y.Pageouts)
	x.Faults, x.CowFaults = saturate(y.Faults), saturate(y.CowFaults)
	x.Lookups, x.Hits = saturate(y.Lookups), saturate(y.Hits)
	x.Purges = saturate(y.Purges)
	x.SpeculativeCount = y.SpeculativeCount
	return nil
}

// volatilePages are the pages of purgeable memory that could be emptied.
func (h *Host) volatilePages() mach.Natural {
	if h.kernel == nil {
		return 0
	}
	info := vm.Volatile(h.kernel, nil)
	size := info.ObsoleteData.Size
	for i := range info.FifoData {
		size += info.FifoData[i].Size + info.LifoData[i].Size
	}
	return saturate(size / h.machine.PageSize())
}
