package core

import (
	"iter"
	"os"

	"github.com/gomach/mach"
)

// AddressSpace is a task's memory with its mappings. Sizes and addresses are
// in bytes and page aligned where the kernel says so: the vm subsystem rounds,
// checks and counts; the substrate maps.
type AddressSpace interface {
	Memory
	PageSize() uint64
	// Bounds are the lowest and one above the highest user address.
	Bounds() (lo, hi uint64)
	// Regions walks the mappings from the one that contains or follows addr.
	Regions(addr uint64) iter.Seq2[Region, error]
	// Map makes a mapping. With Fixed set it fails with an error that wraps
	// fs.ErrExist if the range is in use, unless Overwrite is set.
	Map(m Mapping) (addr uint64, err error)
	Unmap(addr, size uint64) error
	Protect(addr, size uint64, prot mach.VMProt) error
	Advise(addr, size uint64, a Advice) error
	Sync(addr, size uint64, flags mach.VMSync) error
	Lock(addr, size uint64, lock bool) error
	// Pages reports VM_PAGE_QUERY_PAGE_* bits of each page.
	Pages(addr uint64, n int) ([]uint32, error)
}

// Mapping is a request to Map.
type Mapping struct {
	Addr, Size, Mask uint64 // Mask: address bits that must be zero
	Fixed, Overwrite bool
	Prot             mach.VMProt
	Shared           bool     // changes go to the object
	File             *os.File // nil for zero-filled memory
	Offset           uint64
	Name             string // what the mapping is for, where the substrate can note it
}

// Region is a mapping.
type Region struct {
	Start, End uint64
	Prot       mach.VMProt
	MaxProt    mach.VMProt
	Shared     bool
	Offset     uint64
	Device     uint64
	Inode      uint64
	Path       string // file or [stack], [heap], ...
	// What StatRegion fills.
	Resident, Dirty, Swapped, SharedPages uint64 // pages
	Refs                                  int
}

// RegionStatter is an AddressSpace that can count a region's pages.
type RegionStatter interface {
	StatRegion(r *Region) error
}

// Advice is a hint about a range.
type Advice uint8

// The hints that vm_behavior_set, purgeable memory and VM_FLAGS_SUPERPAGE_* need.
const (
	AdviceNormal Advice = iota
	AdviceRandom
	AdviceSequential
	AdviceWillNeed
	AdviceDontNeed // contents may go
	AdviceFree     // contents may go when memory is short
	AdviceReuse
	AdviceHuge // in large pages, if there are any
)
