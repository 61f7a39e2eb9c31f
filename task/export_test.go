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

// ParseSegments is parseSegments.
func ParseSegments(r io.ReaderAt, addr uint64) ([]Segment, error) { return parseSegments(r, addr) }
