package task_test

import (
	"bytes"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

func TestAllocate(t *testing.T) {
	begin(t)
	s := task.Self()
	x, err := s.Allocate(3*page(), tag)
	must(t, err)
	if x.Size() != 3*page() || len(x.Bytes()) != int(3*page()) || x.Address() != mach.AddressOf(&x.Bytes()[0]) {
		t.Errorf("allocation is %#x + %#x, %d bytes", x.Address(), x.Size(), len(x.Bytes()))
	}
	copy(x.Bytes()[page():], "text")
	must(t, x.Protect(mach.VM_PROT_READ))
	if string(x.Bytes()[page():page()+4]) != "text" {
		t.Error("memory is not what was written")
	}
	_, err = s.WriteMemory([]byte{1}, x.Address())
	wantErr(t, err, mach.KERN_INVALID_ADDRESS) // of so few bytes (xnu osfmk/vm/vm_map.c vm_map_copyout_kernel_buffer)
	_, err = s.AllocateAt(x.Address(), page(), tag)
	wantErr(t, err, mach.KERN_NO_SPACE)
	addr := x.Address()
	must(t, x.Close())
	must(t, x.Close())
	if x.Address() != 0 || x.Size() != 0 || x.Bytes() != nil {
		t.Error("a closed allocation has memory")
	}
	wantErr(t, x.Protect(mach.VM_PROT_READ), task.ErrClosed)
	wantErr(t, x.SetVolatile(), task.ErrClosed)
	y, err := s.AllocateAt(addr, page(), tag)
	must(t, err)
	if y.Address() != addr {
		t.Errorf("memory for %#x is at %#x", addr, y.Address())
	}
	must(t, s.Advise(addr, page(), mach.VM_BEHAVIOR_SEQUENTIAL))
	a, n := y.Relinquish()
	must(t, y.Close())
	must(t, s.Deallocate(a, n))
	_, err = s.Allocate(1<<63, tag)
	wantErr(t, err, mach.KERN_NO_SPACE)
	var none *task.Allocation
	must(t, none.Close())
}

// In another task, Bytes is not for the program.
func TestAllocateElsewhere(t *testing.T) {
	begin(t)
	a := spawn(t)
	x, err := a.Allocate(page(), tag)
	must(t, err)
	if x.Bytes() != nil {
		t.Error("another task's memory can be viewed")
	}
	must(t, a.PutUint64(x.Address(), 77))
	// The same page, in this task.
	y, cur, most, err := task.Self().Remap(a.Task, x.Address(), page(), false)
	if err != nil {
		t.Logf("mach_vm_remap between tasks: %v", err)
	} else {
		if cur != mach.VM_PROT_DEFAULT || most&mach.VM_PROT_DEFAULT != mach.VM_PROT_DEFAULT {
			t.Errorf("protection is %s, %s at most", task.Protection(cur), task.Protection(most))
		}
		if y.Bytes()[0] != 77 {
			t.Errorf("byte is %d", y.Bytes()[0])
		}
		must(t, y.Close())
	}
	must(t, x.Close())
}

func TestRemap(t *testing.T) {
	begin(t)
	s := task.Self()
	x, err := s.AllocatePurgeable(page(), tag) // of an object that can be shared
	must(t, err)
	defer x.Close()
	x.Bytes()[0] = 1
	same, _, _, err := s.Remap(s, x.Address(), page(), false)
	must(t, err)
	defer same.Close()
	other, _, _, err := s.Remap(s, x.Address(), page(), true)
	must(t, err)
	defer other.Close()
	x.Bytes()[0] = 2
	if same.Bytes()[0] != 2 || other.Bytes()[0] != 1 {
		t.Errorf("after writing 2 over 1: %d in the same page, %d in the copy", same.Bytes()[0], other.Bytes()[0])
	}
}

func TestPurgeable(t *testing.T) {
	begin(t)
	x, err := task.Self().AllocatePurgeable(2*page(), tag)
	must(t, err)
	defer x.Close()
	state := func(want task.Purge) {
		t.Helper()
		if p, err := x.Purged(); err != nil || p != want {
			t.Errorf("state is %v, %v, want %v", p, err, want)
		}
	}
	state(task.Nonvolatile)
	copy(x.Bytes(), "contents")
	must(t, x.SetVolatile())
	state(task.Volatile)
	lost, err := x.SetNonvolatile()
	must(t, err)
	if !lost && string(x.Bytes()[:8]) != "contents" {
		t.Error("the contents are gone, and nobody says so")
	}
	must(t, x.Empty())
	state(task.Emptied)
	lost, err = x.SetNonvolatile()
	must(t, err)
	if !lost || !bytes.Equal(x.Bytes()[:8], make([]byte, 8)) {
		t.Errorf("emptied: lost is %v, memory is %q", lost, x.Bytes()[:8])
	}
	state(task.Nonvolatile)
	plain, err := task.Self().Allocate(page(), tag)
	must(t, err)
	defer plain.Close()
	wantErr(t, plain.SetVolatile(), mach.KERN_INVALID_ARGUMENT)
}

func TestSharedMemory(t *testing.T) {
	begin(t)
	s := task.Self()
	m, err := task.NewSharedMemory(3 * page())
	must(t, err)
	defer m.Close()
	if m.Size() != 3*page() || m.Entry().Name() == mach.MACH_PORT_NULL {
		t.Errorf("%d bytes of shared memory", m.Size())
	}
	x, err := m.Map(s, 0, m.Size(), mach.VM_PROT_DEFAULT)
	must(t, err)
	defer x.Close()
	y, err := m.Map(s, page(), page(), mach.VM_PROT_READ)
	must(t, err)
	defer y.Close()
	x.Bytes()[page()+5] = 9
	if y.Bytes()[5] != 9 {
		t.Error("two mappings are not of the same memory")
	}
	_, err = s.WriteMemory([]byte{1}, y.Address())
	wantErr(t, err, mach.KERN_INVALID_ADDRESS) // of so few bytes (xnu osfmk/vm/vm_map.c vm_map_copyout_kernel_buffer)
	_, err = m.Map(s, 4*page(), page(), mach.VM_PROT_READ)
	if err == nil {
		t.Error("mapped what lies behind the end")
	}
	// The same memory in a child.
	a := spawn(t)
	if z, err := m.Map(a.Task, 0, m.Size(), mach.VM_PROT_DEFAULT); err != nil {
		t.Errorf("mapping into another task: %v", err)
	} else {
		if v, err := a.Uint32(z.Address() + page() + 5); err != nil || v&0xff != 9 {
			t.Errorf("the child has %d, %v", v, err)
		}
		must(t, a.PutUint64(z.Address(), 1234))
		if x.Bytes()[0] != 1234&0xff {
			t.Error("what the child has is not the same memory")
		}
		must(t, z.Close())
	}
	must(t, m.Close())
	must(t, m.Close())
	_, err = m.Map(s, 0, page(), mach.VM_PROT_READ)
	wantErr(t, err, task.ErrClosed)
	x.Bytes()[0] = 5 // mappings outlive the right
}

// Memory that is mapped already can be shared, with less permission.
func TestShare(t *testing.T) {
	begin(t)
	s := task.Self()
	x, err := s.Allocate(2*page(), tag)
	must(t, err)
	defer x.Close()
	x.Bytes()[page()] = 7
	m, err := s.Share(x.Address()+page(), page(), mach.VM_PROT_READ)
	must(t, err)
	defer m.Close()
	y, err := m.Map(s, 0, page(), mach.VM_PROT_READ)
	must(t, err)
	defer y.Close()
	if y.Bytes()[0] != 7 {
		t.Errorf("byte is %d", y.Bytes()[0])
	}
	x.Bytes()[page()] = 8
	if y.Bytes()[0] != 8 {
		t.Errorf("byte is %d after a change", y.Bytes()[0])
	}
	if _, err = m.Map(s, 0, page(), mach.VM_PROT_DEFAULT); err == nil {
		t.Error("an entry for reading was mapped for writing")
	}
}

// A range of several objects is shared as a whole with MAP_MEM_VM_SHARE, up to the
// first one's end without (mach_make_memory_entry_share of xnu
// osfmk/vm/vm_memory_entry.c: vmkf_copy_single_object).
func TestShareRange(t *testing.T) {
	begin(t)
	s := task.Self()
	// Two objects beside each other: memory of its own, and shared memory.
	x, err := s.Allocate(3*page(), tag)
	must(t, err)
	defer x.Close()
	other, err := task.NewSharedMemory(page())
	must(t, err)
	defer other.Close()
	at := x.Address() + page()
	must(t, mach.MachVMMap(s.Name(), &at, page(), 0, mach.VM_FLAGS_FIXED|mach.VM_FLAGS_OVERWRITE, other.Entry().Name(), 0,
		mach.BooleanOf(false), mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_SHARE))
	for i := range 3 {
		x.Bytes()[uint64(i)*page()] = byte(10 + i)
	}
	one, err := s.Share(x.Address(), 3*page(), mach.VM_PROT_READ)
	must(t, err)
	if one.Size() != page() {
		t.Errorf("%d bytes of one object are shared, want a page", one.Size())
	}
	must(t, one.Close())
	all, err := s.ShareRange(x.Address(), 3*page(), mach.VM_PROT_READ|mach.VM_PROT_WRITE)
	must(t, err)
	defer all.Close()
	if all.Size() != 3*page() {
		t.Fatalf("%d bytes are shared, want three pages", all.Size())
	}
	y, err := all.Map(s, 0, 3*page(), mach.VM_PROT_READ|mach.VM_PROT_WRITE)
	must(t, err)
	defer y.Close()
	for i := range 3 {
		from, to := &x.Bytes()[uint64(i)*page()], &y.Bytes()[uint64(i)*page()]
		if *to != byte(10+i) {
			t.Errorf("byte of page %d is %d", i, *to)
		}
		if *from = 20; *to != 20 {
			t.Errorf("a change of page %d is not seen there", i)
		}
		if *to = 30; *from != 30 {
			t.Errorf("a change of page %d there is not seen", i)
		}
	}
	must(t, s.Protect(x.Address()+2*page(), page(), mach.VM_PROT_READ))
	_, err = s.ShareRange(x.Address(), 3*page(), mach.VM_PROT_DEFAULT)
	wantErr(t, err, mach.KERN_PROTECTION_FAILURE)
	must(t, s.Protect(x.Address()+2*page(), page(), mach.VM_PROT_DEFAULT))
	must(t, s.Deallocate(x.Address()+2*page(), page()))
	_, err = s.ShareRange(x.Address(), 3*page(), mach.VM_PROT_READ)
	wantErr(t, err, mach.KERN_INVALID_ADDRESS)
}
