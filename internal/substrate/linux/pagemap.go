//go:build linux && (amd64 || arm64)

package linux

import (
	"encoding/binary"
	"runtime"

	"golang.org/x/sys/unix"
)

// Page is one entry of /proc/PID/pagemap (admin-guide/mm/pagemap.rst).
type Page uint64

// Present tells whether the page is in memory.
func (p Page) Present() bool { return p>>63&1 != 0 }

// Swapped tells whether the page is in swap space.
func (p Page) Swapped() bool { return p>>62&1 != 0 }

// FileOrShared tells whether the page is of a file or shared anonymous.
func (p Page) FileOrShared() bool { return p>>61&1 != 0 }

// Exclusive tells whether no other address space maps the page.
func (p Page) Exclusive() bool { return p>>56&1 != 0 }

// SoftDirty tells whether the page was written since the soft-dirty bits
// were cleared (always, if the kernel does not track it).
func (p Page) SoftDirty() bool { return p>>55&1 != 0 }

// Frame gives the physical page number, or 0: only a caller with
// CAP_SYS_ADMIN is told.
func (p Page) Frame() uint64 {
	if !p.Present() {
		return 0
	}
	return uint64(p) & (1<<55 - 1)
}

// Pages reads the pagemap entries of the pages from addr on, as many as fit
// into pages, and gives how many it read. Addresses that are not mapped have
// zero entries; behind the end of the address space there are none.
func (p *Process) Pages(pages []Page, addr uint64) (int, error) {
	first := addr / uint64(PageSize())
	buf := make([]byte, 8*min(len(pages), 8<<10))
	done := 0
	err := p.with(&p.pagemap, func(fd int) error {
		for done < len(pages) {
			part := buf[:8*min(len(pages)-done, len(buf)/8)]
			n, err := unix.Pread(fd, part, int64(first+uint64(done))*8)
			if err == unix.EINTR {
				continue
			}
			if err != nil {
				return err
			}
			if n < 8 {
				return errStale // or behind the end
			}
			for i := range n / 8 {
				pages[done] = Page(binary.LittleEndian.Uint64(part[8*i:]))
				done++
			}
		}
		return nil
	})
	if err == errStale {
		err = nil
	}
	return done, wrap("read pagemap of", p.pid, 0, err)
}

// PageKind says things about a page; the bits of PAGEMAP_SCAN (linux/fs.h).
type PageKind uint64

// The bits of a PageKind.
const (
	PageWritten     PageKind = 1 << 1 // written since its write protection by userfaultfd
	PageOfFile      PageKind = 1 << 2
	PagePresent     PageKind = 1 << 3
	PageSwapped     PageKind = 1 << 4
	PageZero        PageKind = 1 << 5 // the shared page of zeros
	PageHuge        PageKind = 1 << 6
	PageSoftDirty   PageKind = 1 << 7
	pageKinds                = PageOfFile | PagePresent | PageSwapped | PageZero | PageHuge | PageSoftDirty
	pagemapScanCall          = 0xc0606610 // PAGEMAP_SCAN: _IOWR('f', 16, struct pm_scan_arg)
)

// PageRun is a run of pages of one kind.
type PageRun struct {
	Start, End uint64
	Kind       PageKind
}

// scanArg is struct pm_scan_arg of linux/fs.h.
type scanArg struct {
	Size, Flags           uint64
	Start, End, WalkEnd   uint64
	Vec, VecLen, MaxPages uint64
	Inverted, Mask        uint64
	AnyOf, Return         uint64
}

// PageRuns appends the runs of pages between start and end that are present
// or swapped, with their kinds. It uses PAGEMAP_SCAN, which skips what is not
// populated (Linux 6.7), or else reads the pagemap.
func (p *Process) PageRuns(to []PageRun, start, end uint64) ([]PageRun, error) {
	size := uint64(PageSize())
	start, end = start&^(size-1), (end+size-1)&^(size-1)
	runs := make([]PageRun, 256)
	for start < end {
		arg := scanArg{
			Start: start, End: end, Vec: uint64(addressOfRuns(runs)), VecLen: uint64(len(runs)),
			AnyOf: uint64(PagePresent | PageSwapped), Return: uint64(pageKinds),
		}
		arg.Size = uint64(len(bytesOf(&arg)))
		n := 0
		err := p.with(&p.pagemap, func(fd int) (err error) {
			n, err = ioctl(fd, pagemapScanCall, &arg)
			if err == unix.ESRCH {
				return errStale
			}
			return err
		})
		if err == errStale {
			err = unix.ESRCH
		}
		runtime.KeepAlive(runs)
		if err == unix.ENOTTY || err == unix.EINVAL {
			return p.pageRunsByPagemap(to, start, end)
		}
		if err != nil {
			return to, wrap("read pagemap of", p.pid, 0, err)
		}
		to = append(to, runs[:min(n, len(runs))]...)
		if arg.WalkEnd <= start {
			break
		}
		start = arg.WalkEnd
	}
	return to, nil
}

func (p *Process) pageRunsByPagemap(to []PageRun, start, end uint64) ([]PageRun, error) {
	size := uint64(PageSize())
	pages := make([]Page, 8<<10)
	for start < end {
		n, err := p.Pages(pages[:min(uint64(len(pages)), (end-start)/size)], start)
		if err != nil || n == 0 {
			return to, err
		}
		for _, page := range pages[:n] {
			if kind := page.kind(); kind != 0 {
				if k := len(to); k > 0 && to[k-1].End == start && to[k-1].Kind == kind {
					to[k-1].End += size
				} else {
					to = append(to, PageRun{start, start + size, kind})
				}
			}
			start += size
		}
	}
	return to, nil
}

func (p Page) kind() (k PageKind) {
	switch {
	case p.Present():
		k = PagePresent
	case p.Swapped():
		k = PageSwapped
	default:
		return 0
	}
	if p.FileOrShared() {
		k |= PageOfFile
	}
	if p.SoftDirty() {
		k |= PageSoftDirty
	}
	if f := p.Frame(); f != 0 && f == zeroFrame() {
		k |= PageZero
	}
	return k
}
