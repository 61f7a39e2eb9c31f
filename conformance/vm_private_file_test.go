//go:build unix

package conformance_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gomach/mach"
)

// privateFile maps a file of two pages privately; write changes its first byte
// behind the mapping's back.
func privateFile(t *testing.T, prot int) (addr uint64, write func(b byte)) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	content := make([]byte, 2*page())
	content[0], content[page()] = 1, 1
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	m, err := syscall.Mmap(int(f.Fd()), 0, len(content), prot, syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(m) })
	return mach.AddressOf(&m[0]), func(b byte) {
		t.Helper()
		if _, err := f.WriteAt([]byte{b}, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// A copy of memory is one of that moment also where a file is mapped privately
// behind it: xnu osfmk/vm/vm_object.c vm_object_copy_delayed, and for write(2)
// vm_object_upl_request with UPL_WILL_MODIFY, which pushes the old pages into
// the copies first. Whether the mapping itself changes with the file is not
// asked here: mmap(2) leaves that open.
func TestCopyOfAPrivateFileIsASnapshot(t *testing.T) {
	for name, c := range map[string]struct {
		prot    int
		touched bool
	}{
		"read-only": {syscall.PROT_READ, false},
		"writable":  {syscall.PROT_READ | syscall.PROT_WRITE, false},
		"written":   {syscall.PROT_READ | syscall.PROT_WRITE, true},
	} {
		t.Run(name, func(t *testing.T) {
			begin(t)
			a, write := privateFile(t, c.prot)
			if c.touched {
				view(a+page(), 1)[0] = 2 // the other page
			}
			size := 2 * page()
			copies := map[string]uint64{}
			var current, most mach.VMProt
			var to uint64
			ok(t, "mach_vm_remap", mach.MachVMRemap(self(), &to, size, 0, mach.VM_FLAGS_ANYWHERE, self(), a, 1, &current, &most, mach.VM_INHERIT_DEFAULT))
			defer deallocate(t, to, size)
			copies["mach_vm_remap"] = to

			var data uint64
			var n mach.MachMsgTypeNumber
			ok(t, "mach_vm_read", mach.MachVMRead(self(), a, size, &data, &n))
			defer deallocate(t, data, size)
			copies["mach_vm_read"] = data

			room := alloc(t, size)
			ok(t, "mach_vm_copy", mach.MachVMCopy(self(), a, size, room))
			copies["mach_vm_copy"] = room

			prot := mach.VM_PROT_READ
			snapshot, _ := entry(t, a, size, vmCopy|prot)
			var shown uint64
			ok(t, "mach_vm_map", mach.MachVMMap(self(), &shown, size, 0, anywhere, snapshot, 0, 0, prot, prot, mach.VM_INHERIT_DEFAULT))
			defer deallocate(t, shown, size)
			copies["MAP_MEM_VM_COPY"] = shown

			var plain mach.MachPort
			length := size
			err := mach.MachMakeMemoryEntry64(self(), &length, a, prot, &plain, none)
			if codeOf(err) != mach.KERN_NOT_SUPPORTED { // memory that the own process is using cannot be shared hosted
				ok(t, "mach_make_memory_entry_64", err)
				defer mach.MachPortDeallocate(self(), plain)
				var copied uint64
				ok(t, "mach_vm_map", mach.MachVMMap(self(), &copied, size, 0, anywhere, plain, 0, 1, prot, prot, mach.VM_INHERIT_DEFAULT))
				defer deallocate(t, copied, size)
				copies["mach_vm_map with copy"] = copied
			} else {
				t.Log("no plain entry: ", err)
			}

			write(9)
			for how, at := range copies {
				byteIs(t, how, at, 1)
				second := byte(1)
				if c.touched {
					second = 2
				}
				byteIs(t, how+", second page", at+page(), second)
			}
		})
	}
}
