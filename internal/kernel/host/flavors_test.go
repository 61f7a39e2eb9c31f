package host

import (
	"errors"
	"testing"

	"github.com/gomach/mach"
)

// paper is a machine with figures that are easy to tell apart.
type paper struct {
	Machine
	mem  MemoryFigures
	cpus []CPU
	top  Topology
	load Load
	fail bool
}

var errPaper = errors.New("no figures")

func (p paper) err() error {
	if p.fail {
		return errPaper
	}
	return nil
}
func (p paper) PageSize() uint64                   { return 4096 }
func (p paper) Memory() (MemoryFigures, error)     { return p.mem, p.err() }
func (p paper) CPUs() ([]CPU, error)               { return p.cpus, p.err() }
func (p paper) Topology() (Topology, error)        { return p.top, p.err() }
func (p paper) Load() (Load, error)                { return p.load, p.err() }
func (p paper) Expired() (Ticks, Ticks, error)     { return 7, 9, p.err() }
func (p paper) TimeSlice() (int, error)            { return 10, p.err() }
func (p paper) Processes() (int, error)            { return 3, p.err() }
func (p paper) ClockSet(stop <-chan struct{}) bool { <-stop; return false }

var sample = paper{
	mem: MemoryFigures{Total: 1 << 33, Free: 1 << 32, Active: 10, Inactive: 20, External: 12, Internal: 18,
		Faults: 1 << 40, Swapped: 5, Compressor: 2, Uncompressed: 6},
	cpus: []CPU{{Number: 0, User: 1, System: 2, Idle: 1<<32 + 3, Nice: 4}, {Number: 2, User: 10, System: 20, Idle: 30, Nice: 40}},
	top:  Topology{Logical: 2, Physical: 1, Possible: 4, CPUType: mach.CPU_TYPE_X86, CPUSubtype: mach.CPU_SUBTYPE_X86_ARCH1, Memory: 5 << 32},
	load: Load{One: 500, Five: 2000, Fifteen: 6000, Threads: 11},
}

// Too little room is KERN_FAILURE and not KERN_INVALID_ARGUMENT, which is for
// flavors that there are not (xnu osfmk/kern/host.c).
func TestFlavorErrors(t *testing.T) {
	h := newHost(sample)
	info := func(f mach.HostFlavor, n uint32) mach.KernReturn { _, kr := infoWords(sample, f, n); return kr }
	stat := func(f mach.HostFlavor, n uint32) mach.KernReturn { _, kr := h.statisticsWords(f, n); return kr }
	stat64 := func(f mach.HostFlavor, n uint32) mach.KernReturn { _, kr := h.statistics64Words(f, n); return kr }
	set := func(f mach.HostFlavor, n uint32) mach.KernReturn {
		_, kr := h.setWords(mach.ProcessorSetFlavor(f), n)
		return kr
	}
	for _, x := range []struct {
		name   string
		call   func(mach.HostFlavor, uint32) mach.KernReturn
		flavor mach.HostFlavor
		room   uint32
		want   mach.KernReturn
	}{
		{"basic, 4 words", info, mach.HOST_BASIC_INFO, 4, mach.KERN_FAILURE},
		{"basic, the old size", info, mach.HOST_BASIC_INFO, 5, mach.KERN_SUCCESS},
		{"sched", info, mach.HOST_SCHED_INFO, 1, mach.KERN_FAILURE},
		{"resource sizes, no room", info, mach.HOST_RESOURCE_SIZES, 0, mach.KERN_FAILURE},
		{"resource sizes", info, mach.HOST_RESOURCE_SIZES, 64, mach.KERN_INVALID_ARGUMENT},
		{"priorities", info, mach.HOST_PRIORITY_INFO, 7, mach.KERN_FAILURE},
		{"semaphore traps", info, mach.HOST_SEMAPHORE_TRAPS, 0, mach.KERN_SUCCESS},
		{"debugger", info, mach.HOST_CAN_HAS_DEBUGGER, 0, mach.KERN_FAILURE},
		{"debug info", info, mach.HOST_DEBUG_INFO_INTERNAL, 64, mach.KERN_NOT_SUPPORTED},
		{"unknown info", info, 99, 64, mach.KERN_INVALID_ARGUMENT},
		{"load", stat, mach.HOST_LOAD_INFO, 5, mach.KERN_FAILURE},
		{"vm", stat, mach.HOST_VM_INFO, 11, mach.KERN_FAILURE},
		{"cpu load", stat, mach.HOST_CPU_LOAD_INFO, 3, mach.KERN_FAILURE},
		{"vm64 by the 32-bit call", stat, mach.HOST_VM_INFO64, 40, mach.KERN_INVALID_ARGUMENT},
		{"vm64", stat64, mach.HOST_VM_INFO64, 23, mach.KERN_FAILURE},
		{"extmod", stat64, mach.HOST_EXTMOD_INFO64, 11, mach.KERN_FAILURE},
		{"expired", stat64, mach.HOST_EXPIRED_TASK_INFO, 11, mach.KERN_FAILURE},
		{"vm32 by the 64-bit call", stat64, mach.HOST_VM_INFO, 15, mach.KERN_SUCCESS},
		{"unknown statistics", stat64, 99, 64, mach.KERN_INVALID_ARGUMENT},
		{"set", set, mach.HostFlavor(mach.PROCESSOR_SET_BASIC_INFO), 1, mach.KERN_FAILURE},
		{"unknown set flavor", set, 99, 64, mach.KERN_INVALID_ARGUMENT},
	} {
		if kr := x.call(x.flavor, x.room); kr != x.want {
			t.Errorf("%s: got %v, want %v", x.name, kr, x.want)
		}
	}
}

// The count tells which revision of a struct was stored.
func TestRevisions(t *testing.T) {
	h := newHost(sample)
	for _, x := range []struct {
		flavor     mach.HostFlavor
		room, want int
	}{
		{mach.HOST_VM_INFO, 12, 12}, {mach.HOST_VM_INFO, 13, 12}, {mach.HOST_VM_INFO, 14, 14}, {mach.HOST_VM_INFO, 15, 15}, {mach.HOST_VM_INFO, 99, 15},
		{mach.HOST_VM_INFO64, 24, 24}, {mach.HOST_VM_INFO64, 37, 24}, {mach.HOST_VM_INFO64, 38, 38}, {mach.HOST_VM_INFO64, 39, 38}, {mach.HOST_VM_INFO64, 40, 40}, {mach.HOST_VM_INFO64, 1000, 40},
	} {
		if w, kr := h.statistics64Words(x.flavor, uint32(x.room)); kr != mach.KERN_SUCCESS || len(w) != x.want {
			t.Errorf("flavor %d with room %d: %v, %d words; want %d", x.flavor, x.room, kr, len(w), x.want)
		}
	}
	for room, want := range map[uint32]int{5: 5, 11: 5, 12: 12, 13: 12} {
		if w, kr := infoWords(sample, mach.HOST_BASIC_INFO, room); kr != mach.KERN_SUCCESS || len(w) != want {
			t.Errorf("basic info with room %d: %v, %d words; want %d", room, kr, len(w), want)
		}
	}
}

func TestVMInfo(t *testing.T) {
	var x mach.VMStatistics64
	if err := vmInfo64(sample, &x); err != nil {
		t.Fatal(err)
	}
	if x.FreeCount != 1<<32-1 {
		t.Errorf("free pages do not saturate: %d", x.FreeCount)
	}
	if x.Faults != 1<<40 || x.SwappedCount != 5 || x.ExternalPageCount != 12 || x.InternalPageCount != 18 || x.TotalUncompressedPagesInCompressor != 6 {
		t.Errorf("figures lost: %+v", x)
	}
	var y mach.VMStatistics
	if err := vmInfo32(sample, &y); err != nil || y.Faults != 1<<32-1 {
		t.Errorf("faults do not saturate in 32 bits: %d, %v", y.Faults, err)
	}
	sum := sample.mem.Free + sample.mem.Active + sample.mem.Inactive + sample.mem.Compressor + sample.mem.wired()
	if sum != sample.mem.Total {
		t.Errorf("the lists make %d of %d pages", sum, sample.mem.Total)
	}
}

func TestCPULoadAddsAndWraps(t *testing.T) {
	w, kr := newHost(sample).statisticsWords(mach.HOST_CPU_LOAD_INFO, 4)
	if kr != mach.KERN_SUCCESS {
		t.Fatal(kr)
	}
	for i, want := range map[int]uint32{mach.CPU_STATE_USER: 11, mach.CPU_STATE_SYSTEM: 22, mach.CPU_STATE_IDLE: 33, mach.CPU_STATE_NICE: 44} {
		if w[i] != want {
			t.Errorf("state %d: %d, want %d", i, w[i], want)
		}
	}
}

func TestLoad(t *testing.T) {
	w, kr := newHost(sample).statisticsWords(mach.HOST_LOAD_INFO, 6)
	if kr != mach.KERN_SUCCESS {
		t.Fatal(kr)
	}
	// Two processors: half a thread leaves one and a half, six threads leave
	// each two sevenths.
	for i, want := range []uint32{500, 2000, 6000, 1500, 0, 2000 * 1000 / 7000} {
		if w[i] != want {
			t.Errorf("word %d: %d, want %d", i, w[i], want)
		}
	}
}

func TestBasicInfo(t *testing.T) {
	var x mach.HostBasicInfo
	if err := basicInfo(sample, &x); err != nil {
		t.Fatal(err)
	}
	if x.MaxMem != 5<<32 || x.MemorySize != 0 {
		t.Errorf("memory: %d, cut %d", x.MaxMem, x.MemorySize)
	}
	if x.MaxCpus != 4 || x.LogicalCPUMax != 4 || x.AvailCpus != 2 || x.LogicalCPU != 2 || x.PhysicalCPU != 1 || x.PhysicalCPUMax != 2 {
		t.Errorf("processors: %+v", x)
	}
	if x.CPUThreadtype != mach.CPU_THREADTYPE_INTEL_HTT {
		t.Errorf("thread type %d", x.CPUThreadtype)
	}
}

// A figure that cannot be read is an error, not a zero.
func TestNoFigures(t *testing.T) {
	broken := sample
	broken.fail = true
	h := newHost(broken)
	for _, f := range []mach.HostFlavor{mach.HOST_VM_INFO64, mach.HOST_VM_INFO, mach.HOST_CPU_LOAD_INFO, mach.HOST_EXPIRED_TASK_INFO} {
		if w, kr := h.statistics64Words(f, 1000); kr != mach.KERN_FAILURE && f != mach.HOST_LOAD_INFO {
			t.Errorf("flavor %d: %v %v", f, kr, w)
		}
	}
	if _, kr := infoWords(broken, mach.HOST_BASIC_INFO, 12); kr != mach.KERN_FAILURE {
		t.Errorf("basic info: %v", kr)
	}
}
