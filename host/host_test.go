package host_test

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/host"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

func TestMain(m *testing.M) {
	host.Port() // kept for good: no leak of the test that comes first
	os.Exit(m.Run())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mapped is how many regions the program has.
func mapped(t testing.TB) (n int) {
	var addr, size uint64
	for {
		var depth mach.Natural
		var info mach.VMRegionSubmapShortInfo64
		count := mach.CountOf[mach.VMRegionSubmapShortInfo64]()
		if mach.MachVMRegionRecurse(mach.MachTaskSelf(), &addr, &size, &depth, mach.Info(&info), &count) != nil {
			return n
		}
		n++
		addr += size
	}
}

// Pitfall counted-selves: mach_host_self counts a reference at each call.
func TestHostPortIsCached(t *testing.T) {
	porttest.LeakCheck(t)
	refs := func() (n mach.MachPortUrefs) {
		must(t, mach.MachPortGetRefs(mach.MachTaskSelf(), host.Port(), mach.MACH_PORT_RIGHT_SEND, &n))
		return n
	}
	before := refs()
	for range 1000 {
		if host.Port() == mach.MACH_PORT_NULL {
			t.Fatal("there is no host port")
		}
		if _, err := host.Info(); err != nil {
			t.Fatal(err)
		}
	}
	if n := refs(); n != before {
		t.Errorf("%d references before, %d now", before, n)
	}
}

func TestInfo(t *testing.T) {
	porttest.LeakCheck(t)
	b, err := host.Info()
	must(t, err)
	if b.LogicalCPUs < 1 || b.LogicalMax < b.LogicalCPUs || b.PhysicalCPUs < 1 || b.PhysicalMax > b.LogicalMax || b.MaxCPUs < b.AvailableCPUs {
		t.Errorf("processors: %+v", b)
	}
	if b.Memory < 64<<20 || b.Memory%4096 != 0 {
		t.Errorf("memory is %d", b.Memory)
	}
	// Pitfall two-page-sizes: two page sizes.
	if b.PageSize != uint64(os.Getpagesize()) || b.KernelPageSize < 4096 || b.KernelPageSize&(b.KernelPageSize-1) != 0 {
		t.Errorf("pages are %d, %d of the kernel", b.PageSize, b.KernelPageSize)
	}
	want := mach.CPU_TYPE_X86_64
	if runtime.GOARCH == "arm64" {
		want = mach.CPU_TYPE_ARM64
	}
	if b.CPU != want && b.CPU != want&^mach.CPU_ARCH_ABI64 {
		t.Errorf("processor is %v", b.CPU)
	}
	v, err := host.KernelVersion()
	must(t, err)
	if !strings.Contains(v, "Version") || strings.ContainsRune(v, 0) {
		t.Errorf("version is %q", v)
	}
}

// Pitfall arrays-of-rights: the list of processors is memory, and its size is in words, not
// processors.
func TestProcessorListIsFreed(t *testing.T) {
	porttest.LeakCheck(t)
	b, err := host.Info()
	must(t, err)
	var loads []host.CPULoad
	read := func() {
		loads, err = host.CPULoads(loads[:0])
		must(t, err)
		list, err := host.Processors()
		must(t, err)
		if len(list) != len(loads) {
			t.Fatalf("%d processors, %d loads", len(list), len(loads))
		}
	}
	read()
	if len(loads) < b.LogicalCPUs {
		t.Errorf("%d loads of %d processors", len(loads), b.LogicalCPUs)
	}
	for range 20 {
		read()
	}
	before := mapped(t)
	for range 300 {
		read()
	}
	if n := mapped(t); n > before+30 {
		t.Errorf("%d regions before, %d now", before, n)
	}
}

func TestProcessors(t *testing.T) {
	porttest.LeakCheck(t)
	list, err := host.Processors()
	must(t, err)
	masters := 0
	for i, p := range list {
		if p.Number != i && p.Number == 0 {
			t.Errorf("processor %d is %+v", i, p)
		}
		if p.Master {
			masters++
		}
	}
	if len(list) == 0 || masters != 1 || !list[0].Running {
		t.Errorf("processors are %+v", list)
	}
}

// The counters move, and the parts add up to the time that has passed.
func TestCPULoads(t *testing.T) {
	porttest.LeakCheck(t)
	before, err := host.CPULoads(nil)
	must(t, err)
	total, err := host.TotalCPULoad()
	must(t, err)
	var sum host.CPULoad
	for _, l := range before {
		sum = sum.Add(l)
	}
	if d := total.Since(sum).Total(); total.Total() > sum.Total() && total.Total()-sum.Total() > sum.Total()/10+100 {
		t.Errorf("together %+v, one by one %+v, off by %d", total, sum, d)
	}
	var enough atomic.Bool
	go func() {
		for !enough.Load() {
		}
	}()
	defer enough.Store(true)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		now, err := host.CPULoads(nil)
		must(t, err)
		used := uint32(0)
		for i := range now {
			l := now[i].Since(before[i])
			if b := l.Busy(); b < 0 || b > 1 {
				t.Fatalf("load since %+v is %+v", before[i], l)
			}
			used += l.User
		}
		if used > 5 {
			return
		}
	}
	t.Error("seconds of work show in no counter")
}

func TestCPULoadArithmetic(t *testing.T) {
	a := host.CPULoad{User: 10, System: 5, Idle: 1<<32 - 5, Nice: 0}
	b := host.CPULoad{User: 20, System: 10, Idle: 10, Nice: 5} // idle has started over
	d := b.Since(a)
	if d != (host.CPULoad{User: 10, System: 5, Idle: 15, Nice: 5}) || d.Total() != 35 {
		t.Errorf("difference is %+v", d)
	}
	if got, want := d.Busy(), 20.0/35; got != want {
		t.Errorf("busy %v, want %v", got, want)
	}
	if (host.CPULoad{}).Busy() != 0 {
		t.Error("no time was busy")
	}
	if host.CPUTime(250) != 2500*time.Millisecond {
		t.Errorf("250 are %v", host.CPUTime(250))
	}
}

// Pitfall narrow-counters: HOST_VM_INFO has counters of 32 bits. These have 64, in bytes of
// the kernel's pages.
func TestMemoryHas64Bits(t *testing.T) {
	porttest.LeakCheck(t)
	v := mach.VMStatistics64{Faults: 1 << 40, FreeCount: 1<<32 - 1, SwappedCount: 1 << 35, TotalUncompressedPagesInCompressor: 1 << 34}
	// Pitfall two-page-sizes: pages of 16 KiB in a program that has 4 KiB.
	m := host.MemoryOf(&v, mach.HOST_VM_INFO64_COUNT, 16384)
	if m.Faults != 1<<40 || m.Free != (1<<32-1)*16384 || m.Swapped != 1<<49 || m.Compressed != 1<<48 || m.PageSize != 16384 {
		t.Errorf("memory is %+v", m)
	}
	m, err := host.MemoryStatistics()
	must(t, err)
	b, err := host.Info()
	must(t, err)
	if m.PageSize != uint64(mach.VMKernelPageSize()) || m.Free+m.Active+m.Inactive+m.Wired > b.Memory+b.Memory/10 || m.Faults == 0 {
		t.Errorf("memory is %+v of %d", m, b.Memory)
	}
}

// What Activity Monitor shows, from figures that two people published beside its
// window: App 10.75, wired 3.00 and compressed 3.01 GiB make 16.76 with nothing else in
// (vorssaint/vorssaint-utils pull 763; the rest of its 17.62 are tags).
func TestMemoryUsed(t *testing.T) {
	const gib = 1 << 30 / 16384 // pages
	v := mach.VMStatistics64{
		InternalPageCount: 11 * gib, PurgeableCount: gib / 4, WireCount: 3 * gib, CompressorPageCount: 301 * gib / 100,
		// What must not count: files, and pages on the lists, which are the same pages once more.
		ExternalPageCount: 4 * gib, ActiveCount: 7 * gib, InactiveCount: 6 * gib, FreeCount: gib, SpeculativeCount: gib / 2,
		TotalUncompressedPagesInCompressor: 9 * gib, SwappedCount: 2 * gib,
	}
	m := host.MemoryOf(&v, mach.HOST_VM_INFO64_COUNT, 16384)
	const page = 16384
	if got, want := m.App(), uint64(43*gib/4*page); got != want {
		t.Errorf("App %d, want %d", got, want)
	}
	if got, want := m.Used(), uint64((43*gib/4+3*gib+301*gib/100)*page); got != want {
		t.Errorf("Used %d, want %d", got, want)
	}
	if got, want := m.Cached(), uint64(17*gib/4*page); got != want {
		t.Errorf("Cached %d, want %d", got, want)
	}
	// The kernel counts without a lock: purgeable pages may outnumber the anonymous ones.
	v.PurgeableCount = 12 * gib
	if m = host.MemoryOf(&v, mach.HOST_VM_INFO64_COUNT, page); m.App() != 0 || m.Used() != m.Wired+m.Compressor {
		t.Errorf("more purgeable than anonymous memory: App %d, Used %d", m.App(), m.Used())
	}
	m, err := host.MemoryStatistics()
	must(t, err)
	b, err := host.Info()
	must(t, err)
	if u := m.Used(); u == 0 || u < m.Wired || u > b.Memory {
		t.Errorf("%d bytes in use of %d: %+v", u, b.Memory, m)
	}
	if !(m.App() > 0) {
		t.Error("no program has memory")
	}
}

// Pitfall growing-records: older systems fill in less.
func TestMemoryRevisions(t *testing.T) {
	v := mach.VMStatistics64{FreeCount: 1, CompressorPageCount: 2, SwappedCount: 3, Compressions: 4}
	for _, x := range []struct {
		words                                 mach.MachMsgTypeNumber
		compressor, swapped                   bool
		wantCompressor, wantSwapped, wantComp uint64
	}{
		{mach.HOST_VM_INFO64_REV0_COUNT, false, false, 0, 0, 0},
		{mach.HOST_VM_INFO64_REV1_COUNT, true, false, 8192, 0, 4},
		{mach.HOST_VM_INFO64_REV2_COUNT, true, true, 8192, 12288, 4},
		{1000, true, true, 8192, 12288, 4},
	} {
		m := host.MemoryOf(&v, x.words, 4096)
		if m.HasCompressor() != x.compressor || m.HasSwapped() != x.swapped || m.Compressor != x.wantCompressor ||
			m.Swapped != x.wantSwapped || m.Compressions != x.wantComp || m.Free != 4096 {
			t.Errorf("%d words: %+v", x.words, m)
		}
	}
}

func TestLoadAverage(t *testing.T) {
	porttest.LeakCheck(t)
	l, err := host.LoadAverage()
	must(t, err)
	for i := range l.Average {
		if l.Average[i] < 0 || l.Average[i] > 1e5 || l.Factor[i] < 0 {
			t.Errorf("load is %+v", l)
		}
	}
}

func TestClock(t *testing.T) {
	porttest.LeakCheck(t)
	for _, id := range []mach.ClockID{mach.SYSTEM_CLOCK, mach.CALENDAR_CLOCK} {
		c, err := host.OpenClock(id)
		must(t, err)
		a, err := c.Read()
		must(t, err)
		time.Sleep(2 * time.Millisecond)
		b, err := c.Read()
		must(t, err)
		if b-a < time.Millisecond || b-a > time.Minute {
			t.Errorf("clock %v: %v, 2 ms later %v", id, a, b)
		}
		if r, err := c.Resolution(); err != nil || r <= 0 || r > time.Second {
			t.Errorf("clock %v: resolution %v, %v", id, r, err)
		}
		must(t, c.Close())
		must(t, c.Close())
		if _, err := c.Read(); !errors.Is(err, port.ErrClosed) || err.Error() != "host: the Clock was closed or handed on" {
			t.Errorf("a closed clock: %v", err)
		}
	}
	if _, err := host.OpenClock(99); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		t.Errorf("a clock that does not exist: %v", err)
	}
	now, err := host.Calendar()
	must(t, err)
	if d := time.Since(now); d < -time.Second || d > time.Second {
		t.Errorf("calendar is %v off", d)
	}
	var none *host.Clock
	must(t, none.Close())
	if _, err := none.Read(); !errors.Is(err, port.ErrClosed) || err.Error() != "host: nil Clock" {
		t.Errorf("no clock: %v", err)
	}
}

func BenchmarkCPULoads(b *testing.B) {
	b.ReportAllocs()
	loads := make([]host.CPULoad, 0, 1024)
	for b.Loop() {
		var err error
		if loads, err = host.CPULoads(loads[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
