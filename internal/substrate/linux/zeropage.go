//go:build linux && (amd64 || arm64)

package linux

import (
	"encoding/binary"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// zeroFrame is the number of the frame that all pages of zeros share which were read
// and never written: one page of our own tells. It is 0 where the system does not tell
// frames, which wants CAP_SYS_ADMIN, and where a page that was read is memory of its own:
// some kernels in virtual machines have no page of zeros. Linux 6.7 has PAGEMAP_SCAN, which tells such pages
// itself.
var zeroFrame = sync.OnceValue(func() uint64 {
	page, err := unix.Mmap(-1, 0, PageSize(), unix.PROT_READ, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return 0
	}
	defer unix.Munmap(page)
	if page[0] != 0 { // reads it
		return 0
	}
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return 0
	}
	defer f.Close()
	var entry [8]byte
	if _, err := f.ReadAt(entry[:], int64(addressOf(page)/uint64(PageSize()))*8); err != nil {
		return 0
	}
	told := Page(binary.LittleEndian.Uint64(entry[:]))
	if told.Exclusive() { // it is ours alone
		return 0
	}
	return told.Frame()
})
