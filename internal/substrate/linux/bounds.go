//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"math/bits"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Bounds are the lowest and the end of the addresses that programs may map:
// vm.mmap_min_addr, and what the kernel accepts of this process, rounded to a
// power of two but for pages that the processor forbids at the end. On amd64
// there are 47 bits (56 with five levels of page tables), on arm64 39, 42, 47,
// 48 or 52, by the kernel's configuration. Where pointers are signed the kernel
// says it outright, once a thread of another process has been looked at.
func Bounds() (lo, hi uint64) {
	lo, hi = bounds()
	if end := endBySignatures(); end != 0 {
		hi = end
	}
	return lo, hi
}

var bounds = sync.OnceValues(func() (lo, hi uint64) {
	lo = lowestAddress()
	if hi = endOfAddresses(mappable); hi == 0 {
		hi = endByStack()
	}
	return lo, hi
})

func lowestAddress() uint64 {
	text, err := os.ReadFile("/proc/sys/vm/mmap_min_addr")
	n, bad := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || bad != nil {
		n = 1 << 16 // Linux's default on most machines
	}
	page := uint64(PageSize())
	return max((n+page-1)&^(page-1), page)
}

// endOfAddresses looks for the greatest power of two below which there are
// addresses. It is 0 if nothing can be mapped: this process has reached its limit
// of memory (RLIMIT_AS) or of mappings, or a filter forbids it.
func endOfAddresses(mappable func(addr uint64) bool) uint64 {
	page := uint64(PageSize())
	for n := 63; n > 32; n-- {
		if !mappable(1 << (n - 1)) {
			continue
		}
		end := uint64(1) << n
		if !mappable(end - page) {
			end -= page // amd64 keeps one page free before the hole
		}
		return end
	}
	return 0
}

// endByStack is the end of addresses by that of the first thread's stack, which
// the kernel puts so near to it that the bits of the one are those of the other.
func endByStack() uint64 {
	self, err := Self()
	if err != nil {
		return usualEnd
	}
	defer self.Close()
	for m, err := range self.Maps() {
		if err == nil && string(m.Path) == "[stack]" {
			return 1 << bits.Len64(m.End-1)
		}
	}
	return usualEnd
}

// mappable tells whether a page may be mapped at an address. What is mapped
// there stays.
func mappable(addr uint64) bool {
	page := uintptr(PageSize())
	at, _, errno := unix.Syscall6(unix.SYS_MMAP, uintptr(addr), page, unix.PROT_NONE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED_NOREPLACE|unix.MAP_NORESERVE, ^uintptr(0), 0)
	if errno != 0 {
		return errors.Is(errno, unix.EEXIST)
	}
	unix.Syscall(unix.SYS_MUNMAP, at, page, 0)
	return uint64(at) == addr
}
