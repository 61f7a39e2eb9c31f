//go:build linux && (amd64 || arm64)

package vm_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach"
)

// tasks runs a test on the own task and on another one.
func tasks(t *testing.T, f func(t *testing.T, task mach.MachPort)) {
	t.Run("own", func(t *testing.T) { f(t, mach.MachTaskSelf()) })
	t.Run("other", func(t *testing.T) { f(t, start(t, 0).task) })
}

// xnu osfmk/vm/vm_user.c mach_vm_allocate_external, vm_map.c vm_map_enter.
func TestAllocate(t *testing.T) {
	tasks(t, func(t *testing.T, task mach.MachPort) {
		addr := allocate(t, task, 3*page+1)
		if addr%page != 0 {
			t.Errorf("address %#x", addr)
		}
		if b := peekAll(t, task, addr, 4*page); !bytes.Equal(b, make([]byte, 4*page)) {
			t.Error("the memory is not zero")
		}
		poke(t, task, addr+4*page-1, 9)

		var zero mach.MachVMAddress = 77
		must(t, mach.MachVMAllocate(task, &zero, 0, mach.VM_FLAGS_ANYWHERE))
		if zero != 0 {
			t.Errorf("no bytes at %#x", zero)
		}
		fixed := addr
		is(t, mach.MachVMAllocate(task, &fixed, page, mach.VM_FLAGS_FIXED), mach.KERN_NO_SPACE)
		poke(t, task, addr, 1)
		must(t, mach.MachVMAllocate(task, &fixed, page, mach.VM_FLAGS_FIXED|mach.VM_FLAGS_OVERWRITE))
		if b := peekAll(t, task, addr, 1); b[0] != 0 {
			t.Error("the memory was not replaced")
		}
		is(t, mach.MachVMAllocate(task, &fixed, page, 1<<27-1), mach.KERN_INVALID_ARGUMENT)
		fixed = 1 << 60
		is(t, mach.MachVMAllocate(task, &fixed, page, mach.VM_FLAGS_FIXED), mach.KERN_INVALID_ADDRESS)
		is(t, mach.MachVMAllocate(task, &fixed, ^uint64(0), mach.VM_FLAGS_ANYWHERE), mach.KERN_INVALID_ARGUMENT)
		is(t, mach.MachVMAllocate(task, &fixed, 1<<60, mach.VM_FLAGS_ANYWHERE), mach.KERN_NO_SPACE)
		is(t, mach.MachVMAllocate(mach.MACH_PORT_NULL, &fixed, page, mach.VM_FLAGS_ANYWHERE), mach.MACH_SEND_INVALID_DEST)

		must(t, mach.MachVMDeallocate(task, addr, 4*page))
		must(t, mach.MachVMDeallocate(task, addr, 4*page)) // holes are no error
		must(t, mach.MachVMDeallocate(task, addr, 0))
		is(t, mach.MachVMDeallocate(task, page, ^uint64(0)), mach.KERN_INVALID_ARGUMENT)
		var out mach.MachVMSize
		is(t, mach.MachVMReadOverwrite(task, addr, 1, mach.AddressOf(&out), &out), mach.KERN_INVALID_ADDRESS)
	})
}

func TestAlignment(t *testing.T) {
	tasks(t, func(t *testing.T, task mach.MachPort) {
		for _, mask := range []uint64{1<<16 - 1, 1<<21 - 1} {
			var addr mach.MachVMAddress
			must(t, mach.MachVMMap(task, &addr, page, mask, mach.VM_FLAGS_ANYWHERE, 0, 0, 0, mach.VM_PROT_READ, mach.VM_PROT_ALL, mach.VM_INHERIT_DEFAULT))
			if addr&mask != 0 {
				t.Errorf("%#x for the mask %#x", addr, mask)
			}
			must(t, mach.MachVMDeallocate(task, addr, page))
		}
	})
}

// info is a region with what VM_REGION_BASIC_INFO_64 says of it.
type info struct {
	start, size uint64
	mach.VMRegionBasicInfo64
}

func regionAt(task mach.MachPort, addr uint64) (r info, err error) {
	count := mach.VM_REGION_BASIC_INFO_COUNT_64
	var object mach.MachPort
	r.start = addr
	err = mach.MachVMRegion(task, &r.start, &r.size, mach.VM_REGION_BASIC_INFO_64, mach.Info(&r.VMRegionBasicInfo64), &count, &object)
	return r, err
}

// xnu osfmk/vm/vm_map.c vm_map_protect.
func TestProtect(t *testing.T) {
	tasks(t, func(t *testing.T, task mach.MachPort) {
		addr := allocate(t, task, 3*page)
		must(t, mach.MachVMProtect(task, addr+page, 1, 0, mach.VM_PROT_READ))
		r, err := regionAt(task, addr+page)
		must(t, err)
		if r.Protection != mach.VM_PROT_READ || r.MaxProtection != mach.VM_PROT_ALL || r.start != addr+page || r.size != page {
			t.Errorf("%+v", r)
		}
		is(t, mach.MachVMWrite(task, addr+page, uint64(mach.AddressOf(&still.one)), 1), mach.KERN_INVALID_ADDRESS) // see small
		must(t, mach.MachVMProtect(task, addr+page, page, 0, mach.VM_PROT_NONE))
		var n mach.MachVMSize
		is(t, mach.MachVMReadOverwrite(task, addr+page, 1, mach.AddressOf(&still.one), &n), mach.KERN_INVALID_ADDRESS) // see small

		// The maximum can only be lowered, and takes the current one with it.
		must(t, mach.MachVMProtect(task, addr, page, 1, mach.VM_PROT_READ))
		if r, err = regionAt(task, addr); err != nil || r.Protection != mach.VM_PROT_READ || r.MaxProtection != mach.VM_PROT_READ {
			t.Errorf("%+v, %v", r, err)
		}
		is(t, mach.MachVMProtect(task, addr, page, 0, mach.VM_PROT_READ|mach.VM_PROT_WRITE), mach.KERN_PROTECTION_FAILURE)
		is(t, mach.MachVMProtect(task, addr, page, 1, mach.VM_PROT_READ|mach.VM_PROT_WRITE), mach.KERN_PROTECTION_FAILURE)
		// But a copy may be written.
		must(t, mach.MachVMProtect(task, addr, page, 0, mach.VM_PROT_READ|mach.VM_PROT_WRITE|mach.VM_PROT_COPY))
		poke(t, task, addr, 5)

		must(t, mach.MachVMProtect(task, addr, 0, 0, mach.VM_PROT_READ))
		must(t, mach.MachVMDeallocate(task, addr+page, page))
		is(t, mach.MachVMProtect(task, addr, 3*page, 0, mach.VM_PROT_READ), mach.KERN_INVALID_ADDRESS)
	})
}

func TestInheritance(t *testing.T) {
	tasks(t, func(t *testing.T, task mach.MachPort) {
		addr := allocate(t, task, 2*page)
		if r, err := regionAt(task, addr); err != nil || r.Inheritance != mach.VM_INHERIT_COPY {
			t.Errorf("%+v, %v", r, err)
		}
		must(t, mach.MachVMInherit(task, addr+page, page, mach.VM_INHERIT_NONE))
		r, err := regionAt(task, addr+page)
		if err != nil || r.Inheritance != mach.VM_INHERIT_NONE || r.start != addr+page || r.size != page {
			t.Errorf("%+v, %v", r, err)
		}
		is(t, mach.MachVMInherit(task, addr, page, 9), mach.KERN_INVALID_ARGUMENT)
	})
}

func TestReadWriteCopy(t *testing.T) {
	x := start(t, 0)
	self := mach.MachTaskSelf()
	want := make([]byte, 4*page)
	for i := range want {
		want[i] = byte(i * 7)
	}
	if got := peekAll(t, x.task, x.bytes, 4*page); !bytes.Equal(got, want) {
		t.Error("the target's bytes are not what it wrote")
	}
	var data uint64
	var count mach.MachMsgTypeNumber
	must(t, mach.MachVMRead(x.task, x.bytes+3, page, &data, &count))
	if got := peekAll(t, self, data, uint64(count)); !bytes.Equal(got, want[3:3+page]) {
		t.Error("mach_vm_read gives other bytes")
	}
	must(t, mach.MachVMDeallocate(self, data, uint64(count)))

	poke(t, x.task, x.bytes, 200)
	if _, first, _ := x.says(); first != 200 {
		t.Errorf("the target sees %d", first)
	}
	must(t, mach.MachVMCopy(x.task, x.bytes, 100, x.bytes+50)) // overlapping
	if got := peekAll(t, x.task, x.bytes+50, 100); got[0] != 200 || !bytes.Equal(got[1:], want[1:100]) {
		t.Error("an overlapping copy went wrong")
	}
	var n mach.MachVMSize
	is(t, mach.MachVMReadOverwrite(x.task, x.bytes, page, x.fixed, &n), mach.KERN_INVALID_ADDRESS)
	is(t, mach.MachVMReadOverwrite(x.task, 8, 1, mach.AddressOf(&n), &n), mach.KERN_INVALID_ADDRESS)
	is(t, mach.MachVMRead(x.task, x.bytes, 1<<32, &data, &count), mach.KERN_INVALID_ARGUMENT)
	is(t, mach.MachVMCopy(x.task, x.bytes, 10, x.fixed), mach.KERN_INVALID_ADDRESS) // see small

	list := make([]mach.VMReadEntry, mach.VM_MAP_ENTRY_MAX)
	list[0] = mach.VMReadEntry{Address: x.bytes + 8, Size: 16}
	list[1] = mach.VMReadEntry{Address: 8, Size: 16}
	list[2] = mach.VMReadEntry{Address: x.fixed, Size: 9}
	must(t, mach.VMReadList(x.task, &list[0], 3))
	if got := peekAll(t, self, list[0].Address, 16); !bytes.Equal(got, want[8:24]) || list[1] != (mach.VMReadEntry{}) {
		t.Errorf("%v, %v", got, list[1])
	}
	if got := peekAll(t, self, list[2].Address, 9); string(got) != "read only" {
		t.Errorf("%q", got)
	}
	is(t, mach.VMReadList(x.task, &list[0], 257), mach.KERN_INVALID_ARGUMENT)
	for _, e := range list[:3] {
		mach.MachVMDeallocate(self, e.Address, e.Size)
	}
}

// TestBreakpoint patches read-only memory as a debugger does.
func TestBreakpoint(t *testing.T) {
	x := start(t, 0)
	must(t, mach.MachVMProtect(x.task, x.fixed, 9, 0, mach.VM_PROT_READ|mach.VM_PROT_WRITE|mach.VM_PROT_COPY))
	poke(t, x.task, x.fixed, []byte("READ")...)
	must(t, mach.MachVMProtect(x.task, x.fixed, 9, 0, mach.VM_PROT_READ))
	if text, _, _ := x.says(); text != "READ only" {
		t.Errorf("the target sees %q", text)
	}
}

// TestRegionsAreTheMaps walks a process and compares with /proc/PID/maps.
func TestRegionsAreTheMaps(t *testing.T) {
	x := start(t, 50)
	must(t, mach.TaskSuspend(x.task))
	defer mach.TaskResume(x.task)
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", x.Cmd.Process.Pid))
	must(t, err)
	var want []string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if start, err := strconv.ParseUint(line[:strings.IndexByte(line, '-')], 16, 64); err != nil || start < 1<<63 { // [vsyscall] of amd64 is the kernel's
			want = append(want, line[:strings.IndexByte(line, ' ')+5])
		}
	}
	var got []string
	for addr := uint64(0); ; {
		r, err := regionAt(x.task, addr)
		if err != nil {
			is(t, err, mach.KERN_INVALID_ADDRESS)
			break
		}
		prot := []byte("---p")
		for i, bit := range []mach.VMProt{mach.VM_PROT_READ, mach.VM_PROT_WRITE, mach.VM_PROT_EXECUTE} {
			if r.Protection&bit != 0 {
				prot[i] = "rwx"[i]
			}
		}
		if r.Shared != 0 {
			prot[3] = 's'
		}
		got = append(got, fmt.Sprintf("%08x-%08x %s", r.start, r.start+r.size, prot))
		addr = r.start + r.size
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("got\n%s\nwant\n%s", g, w)
	}
}
