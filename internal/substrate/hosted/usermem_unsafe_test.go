//go:build linux && (amd64 || arm64)

package hosted

import (
	"errors"
	"io/fs"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Memory that is there is read and written; whatever else an argument points
// to is an error.
func TestUserMemory(t *testing.T) {
	var m userMemory
	page := unix.Getpagesize()
	mem, err := unix.Mmap(-1, 0, 3*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	at := uint64(uintptr(unsafe.Pointer(&mem[0])))
	if err := unix.Mprotect(mem[page:2*page], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mprotect(mem[2*page:], unix.PROT_READ); err != nil {
		t.Fatal(err)
	}
	word := []byte("word")
	if n, err := m.WriteAt(word, at+8); n != 4 || err != nil || string(mem[8:12]) != "word" {
		t.Errorf("write: %d, %v, %q", n, err, mem[8:12])
	}
	got := make([]byte, 4)
	if n, err := m.ReadAt(got, at+8); n != 4 || err != nil || string(got) != "word" {
		t.Errorf("read: %d, %v, %q", n, err, got)
	}
	for _, c := range []struct {
		what string
		addr uint64
		f    func([]byte, uint64) (int, error)
	}{
		{"nil", 0, m.ReadAt}, {"nearly nil", 40, m.WriteAt}, {"no access", at + uint64(page), m.ReadAt},
		{"across the border", at + uint64(page) - 2, m.ReadAt}, {"write to read-only", at + 2*uint64(page), m.WriteAt},
		{"kernel", 0xffff_8000_0000_0000, m.ReadAt}, {"not canonical", 1 << 50, m.ReadAt}, {"end of all", ^uint64(1), m.WriteAt},
	} {
		if n, err := c.f(got, c.addr); n != 0 || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %d, %v", c.what, n, err)
		}
	}
	if n, err := m.ReadAt(nil, 0); n != 0 || err != nil {
		t.Errorf("nothing: %d, %v", n, err)
	}
}
