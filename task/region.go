package task

import (
	"fmt"

	"github.com/gomach/mach"
)

// Region is a range of a task's address space that is the same in all respects.
type Region struct {
	Address, Size uint64
	// Depth is 0 for the task's own map, and counts the submaps that the
	// region is in, such as that of the shared cache.
	Depth         uint32
	Submap        bool // the region is a submap that was not descended into
	Protection    mach.VMProt
	MaxProtection mach.VMProt
	Inheritance   mach.VMInherit_t
	Behavior      mach.VMBehavior
	ShareMode     mach.ShareMode
	Tag           mach.VMMemory // what the memory is for
	Offset        uint64        // of the region in its object
	// External says that a file or another pager stands behind the region.
	External bool
	// Object tells objects apart: regions of the same one have the same
	// number. 0 if there is none, or the system does not tell.
	Object      uint64
	RefCount    uint32
	ShadowDepth uint16
	Wired       uint16 // how often the task has wired it
	Flags       uint16 // VM_REGION_FLAG_*, such as JIT

	// Pages, of the task's page size.
	Resident, SharedNowPrivate, SwappedOut, Dirtied, Reusable uint32
}

// End is the address behind the region.
func (r Region) End() uint64 { return r.Address + r.Size }

// Contains reports whether addr lies in the region.
func (r Region) Contains(addr uint64) bool { return addr-r.Address < r.Size && addr >= r.Address }

// Backing says in a word what stands behind the region, as far as the kernel
// tells: "file" (or another pager), "zero-filled", "reserved" (never touched, or
// not accessible), "submap". Which file it is, Mach does not know; see
// [Task.Files] for those that dyld has loaded.
func (r Region) Backing() string {
	switch {
	case r.Submap:
		return "submap"
	case r.External:
		return "file"
	case r.ShareMode == mach.SM_EMPTY:
		return "reserved"
	}
	return "zero-filled"
}

// String is a line as vmmap writes it: the address range, current and greatest
// protection, share mode and tag.
func (r Region) String() string {
	return fmt.Sprintf("%016x-%016x %s/%s SM=%s %s", r.Address, r.End(),
		Protection(r.Protection), Protection(r.MaxProtection), ShareModeName(r.ShareMode), TagName(r.Tag))
}

// Protection is a protection as vmmap writes it: "rwx", with dashes for what is
// not permitted.
func Protection(p mach.VMProt) string {
	b := [3]byte{'-', '-', '-'}
	if p&mach.VM_PROT_READ != 0 {
		b[0] = 'r'
	}
	if p&mach.VM_PROT_WRITE != 0 {
		b[1] = 'w'
	}
	if p&mach.VM_PROT_EXECUTE != 0 {
		b[2] = 'x'
	}
	return string(b[:])
}

// ShareModeName is a share mode in three letters, as vmmap abbreviates it.
func ShareModeName(m mach.ShareMode) string {
	switch m {
	case mach.SM_COW:
		return "COW"
	case mach.SM_PRIVATE:
		return "PRV"
	case mach.SM_EMPTY:
		return "NUL"
	case mach.SM_SHARED, mach.SM_TRUESHARED:
		return "SHM"
	case mach.SM_PRIVATE_ALIASED:
		return "P/A"
	case mach.SM_SHARED_ALIASED:
		return "S/A"
	case mach.SM_LARGE_PAGE:
		return "LPG"
	}
	return "???"
}
