package host

import "github.com/gomach/mach"

// Memory is how the host's memory is used, in bytes, and what has happened to
// it since the system was started, in events.
type Memory struct {
	PageSize    uint64 // of the kernel: what it counts in
	Free        uint64 // with Speculative
	Active      uint64
	Inactive    uint64
	Wired       uint64
	Speculative uint64 // read ahead, and not used yet
	Throttled   uint64
	Purgeable   uint64 // may be taken from its programs
	FileBacked  uint64
	Anonymous   uint64
	Compressor  uint64 // memory that the compressor occupies
	Compressed  uint64 // what lies compressed in it
	Swapped     uint64 // of that, what lies on disk: since macOS 26, see Words

	Faults, CopyOnWriteFaults, ZeroFills, Reactivations uint64
	Pageins, Pageouts, Swapins, Swapouts                uint64
	Compressions, Decompressions                        uint64
	Lookups, Hits, Purges                               uint64

	// Words is how much the system filled in, in 32-bit words: 24, 38 or 40.
	Words mach.MachMsgTypeNumber
}

// HasCompressor reports whether the system told about compressed memory and what
// is file-backed and anonymous; all do since 2013.
func (m *Memory) HasCompressor() bool { return m.Words >= mach.HOST_VM_INFO64_REV1_COUNT }

// HasSwapped reports whether the system told Swapped.
func (m *Memory) HasSwapped() bool { return m.Words >= mach.HOST_VM_INFO64_REV2_COUNT }

// MemoryStatistics reads how the host's memory is used, with 64-bit counters.
// See the package's remark on figures that may be old. It does not block.
//
// Mach calls: host_statistics64 with HOST_VM_INFO64.
func MemoryStatistics() (Memory, error) {
	var v mach.VMStatistics64
	n := mach.HOST_VM_INFO64_COUNT
	if err := mach.HostStatistics64(Port(), mach.HOST_VM_INFO64, mach.Info(&v), &n); err != nil {
		return Memory{}, failed("host_statistics64", err)
	}
	return memoryOf(&v, n, uint64(mach.VMKernelPageSize())), nil
}

// memoryOf counts pages of that size. Fields that the system did not fill in are
// 0.
func memoryOf(v *mach.VMStatistics64, words mach.MachMsgTypeNumber, page uint64) Memory {
	bytes := func(pages mach.Natural) uint64 { return uint64(pages) * page }
	m := Memory{
		PageSize: page, Free: bytes(v.FreeCount), Active: bytes(v.ActiveCount), Inactive: bytes(v.InactiveCount),
		Wired: bytes(v.WireCount), Speculative: bytes(v.SpeculativeCount), Purgeable: bytes(v.PurgeableCount),
		Faults: v.Faults, CopyOnWriteFaults: v.CowFaults, ZeroFills: v.ZeroFillCount, Reactivations: v.Reactivations,
		Pageins: v.Pageins, Pageouts: v.Pageouts, Lookups: v.Lookups, Hits: v.Hits, Purges: v.Purges,
		Words: min(words, mach.HOST_VM_INFO64_COUNT),
	}
	if m.HasCompressor() {
		m.Throttled, m.FileBacked, m.Anonymous = bytes(v.ThrottledCount), bytes(v.ExternalPageCount), bytes(v.InternalPageCount)
		m.Compressor, m.Compressed = bytes(v.CompressorPageCount), v.TotalUncompressedPagesInCompressor*page
		m.Swapins, m.Swapouts = v.Swapins, v.Swapouts
		m.Compressions, m.Decompressions = v.Compressions, v.Decompressions
	}
	if m.HasSwapped() {
		m.Swapped = v.SwappedCount * page
	}
	return m
}
