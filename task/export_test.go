package task

import (
	"context"
	"io"
	"iter"

	"github.com/gomach/mach"
)

// For tests of what no kernel can be made to do.
var (
	Await          = await
	VMInfoRevision = vmInfoRevision
	Scale          = scale
)

// ParseImages is parseImages.
func ParseImages(r io.ReaderAt, addr, size uint64, wide bool) (*Images, error) {
	return parseImages(r, addr, size, wide)
}

var _ func(context.Context, func() (mach.MachPort, error)) (mach.MachPort, error) = Await

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
func ParseSegments(r io.ReaderAt, addr uint64) ([]Segment, error) { return parseSegments(r, addr) }
