package conformance_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gomach/mach"
)

// xnu tests/vm/mmap.c: private mappings of a file begin at offsets of whole
// pages and have any size; the region is as many pages as that takes, and shows
// the file. An offset within a page is EINVAL (libsyscall/wrappers/unix03/mmap.c,
// bsd/kern/kern_mman.c).
func TestMmapOffsets(t *testing.T) {
	begin(t)
	const whole = 128 << 10
	content := make([]byte, whole)
	for i := 0; i < whole; i += 4 {
		binary.LittleEndian.PutUint32(content[i:], uint32(i/4+1))
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, offset := range []int{0, 1 << 10, 4 << 10, 8 << 10, 16 << 10, 17 << 10, 20 << 10, 24 << 10, 32 << 10} {
		for _, size := range []int{whole - offset, 16 << 10, 5000, 1} {
			b, err := syscall.Mmap(int(f.Fd()), int64(offset), size, syscall.PROT_READ, syscall.MAP_PRIVATE)
			if uint64(offset)%page() != 0 {
				if err != syscall.EINVAL {
					t.Errorf("offset %d: %v, want EINVAL", offset, err)
				}
				continue
			}
			if err != nil {
				t.Fatalf("offset %d, size %d: %v", offset, size, err)
			}
			at := mach.AddressOf(&b[0])
			addr, length := at, uint64(0)
			var info mach.VMRegionBasicInfo64
			count, object := mach.VM_REGION_BASIC_INFO_COUNT_64, none
			ok(t, "mach_vm_region", mach.MachVMRegion(self(), &addr, &length, mach.VM_REGION_BASIC_INFO_64, mach.Info(&info), &count, &object))
			equal(t, "address of the region", addr, at)
			equal(t, "size of the region", length, (uint64(size)+page()-1)&^(page()-1))
			for i := 0; i+4 <= size; i += int(page()) {
				equal(t, "word of the file", binary.LittleEndian.Uint32(b[i:]), uint32((offset+i)/4+1))
			}
			if err := syscall.Munmap(b); err != nil {
				t.Fatal(err)
			}
		}
	}
}
