//go:build linux && (amd64 || arm64)

package machkern

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// hostPage is the unit that mincore answers in.
var hostPage = uint64(unix.Getpagesize())

// resident tells for each of n guest pages whether a part of it is in memory.
func (s space) resident(addr uint64, n int) []bool {
	out := make([]bool, n)
	page := s.PageSize()
	marks := make([]byte, 1<<12)
	for i := 0; i < n; {
		some := min(uint64(n-i)*page/hostPage, uint64(len(marks)))
		some -= some % (page / hostPage)
		at := addr + uint64(i)*page
		_, _, e := unix.Syscall(unix.SYS_MINCORE, uintptr(at), uintptr(some*hostPage), uintptr(unsafe.Pointer(&marks[0])))
		if e == 0 {
			for j := range some {
				if marks[j]&1 != 0 {
					out[i+int(j*hostPage/page)] = true
				}
			}
		}
		i += int(some * hostPage / page)
	}
	return out
}

// Pages reports what mincore knows: memory that is not a file's is dirty once it is there.
func (s space) Pages(addr uint64, n int) ([]uint32, error) {
	out := make([]uint32, n)
	for i, there := range s.resident(addr, n) {
		if !there {
			continue
		}
		at := addr + uint64(i)*s.PageSize()
		r, ok := s.p.Space.Lookup(at)
		if !ok || r.Start > at {
			continue
		}
		out[i] = mach.VM_PAGE_QUERY_PAGE_PRESENT | mach.VM_PAGE_QUERY_PAGE_REF
		if r.Shared {
			out[i] |= mach.VM_PAGE_QUERY_PAGE_EXTERNAL
		} else {
			out[i] |= mach.VM_PAGE_QUERY_PAGE_DIRTY
		}
	}
	return out, nil
}

// mostCounted bounds the pages that StatRegion looks at: Go's runtime reserves far more than
// it uses.
const mostCounted = 1 << 20

// StatRegion implements core.RegionStatter.
func (s space) StatRegion(r *core.Region) error {
	n := min((r.End-r.Start)/s.PageSize(), mostCounted)
	for _, there := range s.resident(r.Start, int(n)) {
		if there {
			r.Resident++
		}
	}
	if r.Shared {
		r.SharedPages = r.Resident
	} else {
		r.Dirty = r.Resident
	}
	r.Refs = 1
	return nil
}
