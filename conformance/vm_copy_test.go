package conformance_test

import (
	"runtime"
	"testing"

	"github.com/gomach/mach"
)

// xnu osfmk/vm/vm_user.c, mach_vm_read.
func TestRead(t *testing.T) {
	begin(t)
	a := alloc(t, 40*page())
	fill(a, int(40*page()), 8)
	for _, c := range [][2]uint64{{0, 1}, {3, 10}, {0, page()}, {page() - 1, 2}, {5, 39 * page()}, {0, 40 * page()}} {
		var data uint64
		var n uint32
		ok(t, "mach_vm_read", mach.MachVMRead(self(), a+c[0], c[1], &data, &n))
		equal(t, "bytes read", uint64(n), c[1])
		if string(view(data, int(n))) != string(view(a+c[0], int(n))) {
			t.Errorf("%d bytes at offset %d differ", n, c[0])
		}
		old := view(a+c[0], 1)[0]
		view(data, 1)[0] ^= 0xff // a copy, not the memory itself
		equal(t, "the source", view(a+c[0], 1)[0], old)
		ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), data, uint64(n)))
	}
	var data uint64
	var n uint32
	want(t, "mach_vm_read", mach.MachVMRead(self(), a, 1<<32, &data, &n), mach.KERN_INVALID_ARGUMENT)
	want(t, "vm_read", mach.VMRead(self(), a, 1<<32, &data, &n), mach.KERN_INVALID_ARGUMENT)
	protect(t, a+page(), page(), 0, mach.VM_PROT_NONE)
	want(t, "mach_vm_read", mach.MachVMRead(self(), a, 3*page(), &data, &n), denied(3*page()))
	want(t, "vm_read", mach.VMRead(self(), a, 3*page(), &data, &n), denied(3*page()))
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a+page(), page()))
	want(t, "mach_vm_read", mach.MachVMRead(self(), a, 3*page(), &data, &n), mach.KERN_INVALID_ADDRESS)
	want(t, "vm_read", mach.VMRead(self(), a, 3*page(), &data, &n), mach.KERN_INVALID_ADDRESS)
}

// xnu osfmk/vm/vm_user.c, mach_vm_read_overwrite: all or nothing as far as
// reading goes.
func TestReadOverwrite(t *testing.T) {
	begin(t)
	a, out := alloc(t, 3*page()), alloc(t, 3*page())
	fill(a, int(3*page()), 8)
	var n uint64
	ok(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(self(), a+7, 2*page(), out+1, &n))
	equal(t, "bytes read", n, 2*page())
	if string(view(out+1, int(n))) != string(view(a+7, int(n))) {
		t.Error("the bytes differ")
	}
	equal(t, "the byte before", view(out, 1)[0], 0)
	equal(t, "the byte behind", view(out+1+n, 1)[0], 0)
	ok(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(self(), a, 0, out, &n))

	var pin runtime.Pinner
	buf := make([]byte, 100)
	pin.Pin(&buf[0])
	ok(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(self(), a+50, 100, addressOf(&buf[0]), &n))
	equal(t, "bytes in Go's memory", string(buf), string(view(a+50, 100)))
	pin.Unpin()

	over := func(src, size, dst uint64, code mach.KernReturn) {
		t.Helper()
		want(t, "mach_vm_read_overwrite", mach.MachVMReadOverwrite(self(), src, size, dst, &n), code)
	}
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a+page(), page()))
	over(a, 3*page(), out, mach.KERN_INVALID_ADDRESS)
	over(a, page(), absentAddress(t), mach.KERN_INVALID_ADDRESS)
	protect(t, a, page(), 0, mach.VM_PROT_NONE)
	over(a, page(), out, denied(page()))
	protect(t, out, page(), 0, mach.VM_PROT_READ)
	over(a+2*page(), page(), out, denied(page()))
}

// xnu osfmk/vm/vm_user.c, mach_vm_write.
func TestWrite(t *testing.T) {
	begin(t)
	a, src := alloc(t, 3*page()), alloc(t, 2*page())
	fill(src, int(2*page()), 8)
	ok(t, "mach_vm_write", mach.MachVMWrite(self(), a+9, src, uint32(2*page())))
	filled(t, "memory written", view(a+9, int(2*page())), 8)
	equal(t, "the byte before", view(a+8, 1)[0], 0)
	equal(t, "the byte behind", view(a+9+2*page(), 1)[0], 0)
	ok(t, "mach_vm_write", mach.MachVMWrite(self(), a, src, 0))
	for _, write := range []func(addr uint64, n uint32) error{
		func(addr uint64, n uint32) error { return mach.MachVMWrite(self(), addr, src, n) },
		func(addr uint64, n uint32) error { return mach.VMWrite(self(), addr, src, n) },
	} {
		for _, fn := range []string{"mach_vm_write", "vm_write"} {
			protect(t, a, page(), 0, mach.VM_PROT_READ)
			want(t, fn, write(a, 10), denied(10))
			protect(t, a, page(), 0, mach.VM_PROT_DEFAULT)
			want(t, fn, write(absentAddress(t), 10), mach.KERN_INVALID_ADDRESS)
		}
	}
}

// xnu osfmk/vm/vm_user.c, mach_vm_copy: the source is taken before anything is
// written, so ranges may overlap.
func TestCopy(t *testing.T) {
	begin(t)
	a := alloc(t, 6*page())
	fill(a, int(2*page()), 8)
	ok(t, "mach_vm_copy", mach.MachVMCopy(self(), a, 2*page(), a+3*page()))
	filled(t, "copy", view(a+3*page(), int(2*page())), 8)
	view(a, 1)[0] ^= 1
	filled(t, "copy after the source changed", view(a+3*page(), int(2*page())), 8)
	view(a, 1)[0] ^= 1
	ok(t, "mach_vm_copy", mach.MachVMCopy(self(), a, 2*page(), a+page()))
	filled(t, "overlapping copy", view(a+page(), int(2*page())), 8)
	fill(a, int(page()), 5)
	ok(t, "mach_vm_copy", mach.MachVMCopy(self(), a+1, 100, a+2))
	filled(t, "unaligned copy", append([]byte{view(a, 1)[0]}, view(a+2, 100)...), 5)
	ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a+page(), page()))
	cp := func(src, dst uint64, code mach.KernReturn) {
		t.Helper()
		want(t, "mach_vm_copy", mach.MachVMCopy(self(), src, page(), dst), code)
	}
	cp(a+page(), a, mach.KERN_INVALID_ADDRESS)
	cp(a, a+page(), mach.KERN_INVALID_ADDRESS)
	protect(t, a+2*page(), page(), 0, mach.VM_PROT_NONE)
	cp(a+2*page(), a, denied(page()))
	protect(t, a+2*page(), page(), 0, mach.VM_PROT_READ)
	cp(a, a+2*page(), denied(page()))
}

// xnu osfmk/vm/vm_user.c, mach_vm_read_list: ranges that fail come back as 0.
func TestReadList(t *testing.T) {
	begin(t)
	a := alloc(t, 4*page())
	fill(a, int(4*page()), 8)
	var list mach.MachVMReadEntry_t
	list[0] = mach.MachVMReadEntry{Address: a, Size: 10}
	list[1] = mach.MachVMReadEntry{Address: a + page(), Size: 2 * page()}
	ok(t, "mach_vm_read_list", mach.MachVMReadList(self(), &list[0], 2))
	equal(t, "first copy", string(view(list[0].Address, 10)), string(view(a, 10)))
	equal(t, "second copy", string(view(list[1].Address, int(2*page()))), string(view(a+page(), int(2*page()))))
	for _, e := range list[:2] {
		ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), e.Address, e.Size))
	}
	var old mach.VMReadEntry_t
	old[0] = mach.VMReadEntry{Address: absentAddress(t), Size: 10}
	old[1] = mach.VMReadEntry{Address: a + 5, Size: 20}
	ok(t, "vm_read_list", mach.VMReadList(self(), &old[0], 2))
	equal(t, "range that failed", old[0], mach.VMReadEntry{})
	equal(t, "range behind it", string(view(old[1].Address, 20)), string(view(a+5, 20)))
	ok(t, "vm_deallocate", mach.VMDeallocate(self(), old[1].Address, 20))
	want(t, "mach_vm_read_list", mach.MachVMReadList(self(), &list[0], mach.VM_MAP_ENTRY_MAX+1), mach.KERN_INVALID_ARGUMENT)
	want(t, "vm_read_list", mach.VMReadList(self(), &old[0], mach.VM_MAP_ENTRY_MAX+1), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/vm/vm_user.c, mach_vm_machine_attribute: the instruction caches
// are flushed on arm64, and Intel has nothing to do
// (osfmk/i386/pmap_common.c, pmap_attribute).
func TestMachineAttribute(t *testing.T) {
	begin(t)
	a := alloc(t, page())
	fill(a, 100, 1)
	v := mach.MATTR_VAL_ICACHE_FLUSH
	err := mach.MachVMMachineAttribute(self(), a, page(), mach.MATTR_CACHE, &v)
	if runtime.GOARCH == "arm64" {
		ok(t, "mach_vm_machine_attribute", err)
	} else {
		want(t, "mach_vm_machine_attribute", err, mach.KERN_INVALID_ADDRESS)
	}
	v = mach.MATTR_VAL_ON
	want(t, "mach_vm_machine_attribute", mach.MachVMMachineAttribute(self(), a, page(), mach.MATTR_MIGRATE, &v), mach.KERN_INVALID_ADDRESS)
	ok(t, "mach_vm_machine_attribute", mach.MachVMMachineAttribute(self(), a, 0, mach.MATTR_CACHE, &v))
}
