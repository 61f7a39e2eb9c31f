package conformance_test

import (
	"slices"
	"syscall"
	"testing"
)

// Memory of mmap(2) is cut as that of mach_vm_allocate is (xnu
// bsd/kern/kern_mman.c calls vm_map_enter).
func TestChunksOfMmap(t *testing.T) {
	begin(t)
	b, err := syscall.Mmap(-1, 0, 300*mib, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(b)
	if got := sizes(t, addressOf(&b[0]), 300*mib); !slices.Equal(got, []uint64{128, 128, 44}) {
		t.Errorf("regions of %v MiB", got)
	}
}
