package core

import "os"

// Copier is an AddressSpace that can move bytes to another one without a
// buffer between.
type Copier interface {
	// CopyTo copies size bytes at from to the address to of dst. It gives how
	// many it copied, with an error if not all; errors.ErrUnsupported says that
	// there is no short way.
	CopyTo(dst AddressSpace, to, from, size uint64) (uint64, error)
}

// Finder is an AddressSpace that finds a single region faster than Regions.
type Finder interface {
	// RegionAt gives the region that contains or follows addr. Without named
	// its Path may be empty.
	RegionAt(addr uint64, named bool) (r Region, found bool, err error)
}

// CheckedWriter is an AddressSpace that can write as the task itself would:
// only where protections let it.
type CheckedWriter interface {
	WriteAtChecked(p []byte, addr uint64) (int, error)
}

// Freezer is an AddressSpace whose users can be held still for a moment.
type Freezer interface {
	Freeze(f func() error) error
}

// FileOpener is an AddressSpace that can open the file behind a region.
type FileOpener interface {
	OpenRegion(r *Region) (*os.File, error)
}
