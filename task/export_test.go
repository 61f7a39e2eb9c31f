package task

import (
	"iter"

	"github.com/gomach/mach"
)

// For tests of what no kernel can be made to do.
var (
	VMInfoRevision = vmInfoRevision
	Scale          = scale
	TimebaseOf     = timebaseOf
	FindCPU        = findCPU
	ProgramAt      = programAt
	ELFCPU         = elfCPU
)

// ParseImages is parseImages.
func ParseImages(r MemoryReader, addr, size uint64, wide bool) (*Images, error) {
	return parseImages(r, addr, size, wide)
}

// Mapped is an address space that a test makes up.
type Mapped func(addr *uint64, size *uint64, depth *uint32, info *mach.VMRegionSubmapInfo64, n *uint32) error

func (m Mapped) region(addr *uint64, size *uint64, depth *uint32, info *mach.VMRegionSubmapInfo64, n *uint32) error {
	return m(addr, size, depth, info, n)
}

// WalkRegions is the walk of Regions.
func WalkRegions(m Mapped) iter.Seq2[Region, error] { return walkRegions(m, 0, 0) }

// OnFlush calls f whenever instructions are flushed, until the test ends.
func OnFlush(t interface{ Cleanup(func()) }, f func(addr, size uint64)) {
	flush = func(t *Task, addr, size uint64) error {
		f(addr, size)
		return t.flush(addr, size)
	}
	t.Cleanup(func() { flush = (*Task).flush })
}

// OnTimebase has ticks be as long as on another computer, until the test ends.
func OnTimebase(t interface{ Cleanup(func()) }, numer, denom uint32) {
	was := timebase
	timebase = func() (mach.MachTimebaseInfo_t, error) {
		return mach.MachTimebaseInfo_t{Numer: numer, Denom: denom}, nil
	}
	t.Cleanup(func() { timebase = was })
}

// ParseSegments is parseSegments.
func ParseSegments(r MemoryReader, addr uint64) ([]Segment, error) { return parseSegments(r, addr) }

// SetFacts has a task be of another CPU and address width.
func SetFacts(t *Task, cpu mach.CPUType, bits int) {
	t.root().facts.cpu.Store(int32(cpu))
	t.root().facts.bits.Store(int32(bits))
}

// ParseUUID is parseUUID.
func ParseUUID(r MemoryReader, addr uint64) (UUID, error) { return parseUUID(r, addr) }

// ParseBuildID is parseBuildID.
func ParseBuildID(r MemoryReader, addr uint64) ([]byte, error) { return parseBuildID(r, addr) }

// FilesOfMaps and ImagesOfMaps read Linux's list of mappings.
func FilesOfMaps(text string) *Files { return filesOf(parseMaps([]byte(text))) }

func ImagesOfMaps(memory MemoryReader, text, program string) []Image {
	return imagesOf(memory, parseMaps([]byte(text)), program).List
}
