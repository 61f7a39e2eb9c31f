//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
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
// 48 or 52, by the kernel's configuration.
var Bounds = sync.OnceValues(func() (lo, hi uint64) {
	return lowestAddress(), endOfAddresses(mappable)
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
// addresses.
func endOfAddresses(mappable func(addr uint64) bool) uint64 {
	page := uint64(PageSize())
	for bits := 63; bits > 32; bits-- {
		if !mappable(1 << (bits - 1)) {
			continue
		}
		end := uint64(1) << bits
		if !mappable(end - page) {
			end -= page // amd64 keeps one page free before the hole
		}
		return end
	}
	return 1 << 32
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
