package task

import (
	"context"
	"io"

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
