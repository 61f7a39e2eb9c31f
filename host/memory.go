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
func (m Memory) HasCompressor() bool { return m.Words >= mach.HOST_VM_INFO64_REV1_COUNT }

// HasSwapped reports whether the system told Swapped.
func (m Memory) HasSwapped() bool { return m.Words >= mach.HOST_VM_INFO64_REV2_COUNT }

// App is the memory that programs hold and that the system cannot take from them
// for nothing: Anonymous ("internal" pages to the kernel) without Purgeable. It is
// what Activity Monitor calls App Memory, and 0 where HasCompressor is false.
func (m Memory) App() uint64 { return m.Anonymous - min(m.Purgeable, m.Anonymous) }

// Cached is the memory that the system gives back when somebody asks for it:
// FileBacked ("external" pages) and Purgeable. It is what Activity Monitor calls
// Cached Files.
func (m Memory) Cached() uint64 { return m.FileBacked + m.Purgeable }

// Used is the memory in use as Activity Monitor counts it: [Memory.App], Wired and
// Compressor, which its window shows as App Memory, Wired Memory and Compressed.
// Neither Active nor Inactive is a term: both lists have pages of files and of
// programs. Without HasCompressor the first and the last term are not known, and
// Used is Wired alone.
//
// Where memory has tags, macOS 26.5 also counts the room that the tags take, a
// thirty-second part of the memory, which no struct of the macOS 26.4 headers tells.
func (m Memory) Used() uint64 {
	// Which figures Activity Monitor shows: Apple's user guide of it, "View memory
	// usage". Which of the kernel's make them up Apple does not say. People
	// who held both against each other found these terms, and the fourth:
	// github.com/exelban/stats/issues/243, github.com/kemalandic/edgecontrol/pull/17,
	// github.com/vorssaint/vorssaint-utils/pull/763 (macOS 26.5). What the terms
	// count: comments in osfmk/mach/vm_statistics.h, vm_stat64 in osfmk/kern/host.c.
	return m.App() + m.Wired + m.Compressor
}

// MemoryStatistics reads how the host's memory is used, with 64-bit counters.
// See the package's remark on figures that may be old. It does not block if
// the kernel serves the host port.
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
