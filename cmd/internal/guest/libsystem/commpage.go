//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"math/bits"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/internal/kernel/clock"
)

// The pages that XNU shows to every process, and where things are in them (osfmk/arm/cpu_capabilities.h
// and osfmk/i386/cpu_capabilities.h; the arm64 layout is number 1).
const (
	armCommPage   = 0xf_ffff_c000
	armCommPageRO = 0xf_ffff_4000
	intelCommPage = 0x7fff_ffe0_0000

	commCapabilities64 = 0x10
	commVersion        = 0x1e
	commCapabilities   = 0x20 // the number of processors is its third byte
	commCacheLine      = 0x26
	commActive         = 0x34
	commPhysical       = 0x35
	commLogical        = 0x36
	commMemory         = 0x38
)

// The capabilities that both CPUs have names for, and those of each.
const (
	kCache64                = 0x20
	kCache128               = 0x40
	kFastThreadLocalStorage = 0x80
	kUP                     = 0x8000
	kNumCPUsShift           = 16

	// arm64
	kHasAdvSIMD     = 0x100
	kHasVfp         = 0x400
	kHasEvent       = 0x1000
	kHasFMA         = 0x2000
	kHasARMv8Crypto = 0x0100_0000
	kHasFeatLSE     = 0x0200_0000
	kHasARMv8Crc32  = 0x0400_0000

	armFeatures = kHasAdvSIMD | kHasVfp | kHasEvent | kHasFMA | kHasARMv8Crypto | kHasFeatLSE | kHasARMv8Crc32
)

// intelFeature is a capability of amd64 and where CPUID tells of it (osfmk/i386/cpuid.h).
type intelFeature struct {
	capability uint64
	leaf       uint32
	register   int // of rax, rbx, rcx, rdx
	bit        uint
}

var intelFeatures = []intelFeature{
	{0x1, 1, 3, 23},            // kHasMMX
	{0x2, 1, 3, 25},            // kHasSSE
	{0x4, 1, 3, 26},            // kHasSSE2
	{0x8, 1, 2, 0},             // kHasSSE3
	{0x100, 1, 2, 9},           // kHasSupplementalSSE3
	{0x200, 0x80000001, 3, 29}, // k64Bit
	{0x400, 1, 2, 19},          // kHasSSE4_1
	{0x800, 1, 2, 20},          // kHasSSE4_2
	{0x1000, 1, 2, 25},         // kHasAES
	{0x0100_0000, 1, 2, 28},    // kHasAVX1_0
	{0x0200_0000, 1, 2, 30},    // kHasRDRAND
	{0x0400_0000, 1, 2, 29},    // kHasF16C
	{0x1000_0000, 1, 2, 12},    // kHasFMA
	{0x2000_0000, 7, 1, 5},     // kHasAVX2_0
	{0x4000_0000, 7, 1, 3},     // kHasBMI1
	{0x8000_0000, 7, 1, 8},     // kHasBMI2
	{1 << 32, 7, 1, 11},        // kHasRTM
	{1 << 33, 7, 1, 4},         // kHasHLE
	{1 << 34, 7, 1, 19},        // kHasADX
	{1 << 35, 7, 1, 18},        // kHasRDSEED
}

// intelCapabilities asks the processor, by an instruction at an address that may be written and
// executed.
func intelCapabilities(p *proc.Process, at uint64) (found uint64) {
	code, err := p.Space.Bytes(at, 2, cpu.ProtWrite)
	if err != nil {
		return 0
	}
	copy(code, []byte{0x0f, 0xa2}) // cpuid
	answers := map[uint32][4]uint64{}
	for _, leaf := range []uint32{1, 7, 0x80000001} {
		c, err := p.Machine.NewContext()
		if err != nil {
			return 0
		}
		c.Regs[0], c.Regs[2], c.Regs[cpu.AMD64.PC] = uint64(leaf), 0, at
		if ev, err := p.Machine.Step(c); err == nil && ev.Stop == cpu.StopStep {
			answers[leaf] = [4]uint64(c.Regs[:4])
		}
		p.Machine.Free(c)
	}
	for _, f := range intelFeatures {
		if answers[f.leaf][f.register]>>f.bit&1 != 0 {
			found |= f.capability
		}
	}
	return found
}

// cpuFamily is hw.cpufamily (osfmk/mach/machine.h): Intel's Haswell, and for arm64 none of Apple's.
func cpuFamily(a *cpu.Arch) uint32 {
	if a == cpu.ARM64 {
		return 0 // CPUFAMILY_UNKNOWN
	}
	return 0x10b282dc // CPUFAMILY_INTEL_HASWELL
}

// capabilities are _cpu_capabilities of a processor with some features.
func capabilities(a *cpu.Arch, cpus int, features uint64) uint64 {
	c := uint64(kFastThreadLocalStorage) | uint64(min(cpus, 255))<<kNumCPUsShift
	if cpus == 1 {
		c |= kUP
	}
	if a == cpu.ARM64 {
		return c | kCache128 | features
	}
	return c | kCache64 | features
}

// mapCommPage shows the page to the guest (osfmk/arm/commpage/commpage.c and
// osfmk/i386/commpage/commpage.c, commpage_populate). Nothing in it is kept up to date: what says that
// the time can be computed from it is 0, so that whoever looks asks the kernel. On amd64 it stays
// away if Linux has put the runner's stack there.
func mapCommPage(p *proc.Process) {
	if p.Arch == cpu.ARM64 {
		mapReadOnly(p, armCommPage, func() []byte { return commPage(p, armFeatures) })
		mapReadOnly(p, armCommPageRO, func() []byte {
			ro := make([]byte, 0x88)
			shift := byte(bits.TrailingZeros64(p.Arch.PageSize))
			ro[0x24], ro[0x25], ro[0x37] = shift, shift, shift // of 32-bit and 64-bit processes, and the kernel's
			return ro
		})
		return
	}
	mapReadOnly(p, intelCommPage, func() []byte { return commPage(p, intelCapabilities(p, intelCommPage)) })
}

// mapReadOnly maps a page that the guest can only read. What it contains may be found out by means of
// the page.
func mapReadOnly(p *proc.Process, at uint64, contents func() []byte) {
	size := p.Arch.PageSize
	const all = cpu.ProtRead | cpu.ProtWrite | cpu.ProtExec
	_, err := p.Space.Map(mem.Request{Address: at, Size: size, Fixed: true, Beyond: true, Prot: all, Max: all, Shared: true, Stays: true})
	if err != nil {
		return
	}
	text := contents()
	if b, err := p.Space.Bytes(at, size, cpu.ProtWrite); err == nil {
		copy(b, text)
	}
	_ = p.Space.Protect(at, size, cpu.ProtRead, true)
}

func commPage(p *proc.Process, features uint64) []byte {
	b := make([]byte, 0x400)
	le := binary.LittleEndian
	copy(b[:0x10], "commpage 64-bit")
	cpus := runtime.NumCPU()
	c := capabilities(p.Arch, cpus, features)
	le.PutUint64(b[commCapabilities64:], c)
	le.PutUint32(b[commCapabilities:], uint32(c))
	count := byte(min(cpus, 255))
	b[commActive], b[commPhysical], b[commLogical] = count, count, count
	clusters := byte(len(guestLevels(p.Arch, levelsHere(), cpus)))
	shift := byte(bits.TrailingZeros64(p.Arch.PageSize))
	le.PutUint64(b[commMemory:], totalMemory()&^(p.Arch.PageSize-1))
	now, since, asleep := bootClocks()
	boot := uint64((now - since).Microseconds())
	if p.Arch == cpu.ARM64 {
		le.PutUint16(b[commVersion:], 3)
		le.PutUint16(b[commCacheLine:], 128)
		b[0x24], b[0x25] = shift, shift // _COMM_PAGE_USER_PAGE_SHIFT_32_LEGACY, _64_LEGACY
		b[0x2f] = clusters              // _COMM_PAGE_CPU_CLUSTERS
		b[0x37] = shift                 // _COMM_PAGE_KERNEL_PAGE_SHIFT_LEGACY
		le.PutUint32(b[0x80:], cpuFamily(p.Arch))
		le.PutUint64(b[0x98:], p.Timebase.Ticks(asleep)) // _COMM_PAGE_CONT_TIMEBASE
		le.PutUint64(b[0xa0:], boot)                     // _COMM_PAGE_BOOTTIME_USEC
		return b
	}
	le.PutUint16(b[commVersion:], 14)
	le.PutUint16(b[commCacheLine:], 64)
	b[0x37] = clusters // _COMM_PAGE_CPU_CLUSTERS
	le.PutUint32(b[0x40:], cpuFamily(p.Arch))
	b[0x4d], b[0x4e] = shift, shift                  // _COMM_PAGE_KERNEL_PAGE_SHIFT, _USER_PAGE_SHIFT_64
	le.PutUint64(b[0xc0:], p.Timebase.Ticks(asleep)) // _COMM_PAGE_CONT_TIMEBASE
	le.PutUint64(b[0xc8:], boot)                     // _COMM_PAGE_BOOTTIME_USEC
	return b
}

// bootClocks are the time of day, the time since boot, and how much of that the system slept.
func bootClocks() (now, since, asleep time.Duration) {
	var real, boot unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot)
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &real)
	return time.Duration(real.Nano()), time.Duration(boot.Nano()), max(0, clock.Slept())
}
