package task_test

import (
	"bytes"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

func TestReadWrite(t *testing.T) {
	begin(t)
	a := spawn(t)
	b := make([]byte, 1<<16)
	n, err := a.ReadMemory(b, a.pattern)
	must(t, err)
	if n != len(b) {
		t.Errorf("read %d bytes", n)
	}
	for i := range b {
		if b[i] != pattern(i) {
			t.Fatalf("byte %d is %d, want %d", i, b[i], pattern(i))
		}
	}
	text := []byte("written by the test")
	_, err = a.WriteMemory(text, a.pattern+100)
	must(t, err)
	got := make([]byte, len(text))
	_, err = io.ReadFull(task.Section(a, a.pattern+100, uint64(len(text))), got)
	must(t, err)
	if !bytes.Equal(got, text) {
		t.Errorf("read %q after writing %q", got, text)
	}
	must(t, a.PutUint64(a.pattern, 0x0123456789abcdef))
	if v, err := a.Uint64(a.pattern); err != nil || v != 0x0123456789abcdef {
		t.Errorf("number is %#x, %v", v, err)
	}
	if v, err := a.Uint32(a.pattern); err != nil || v != 0x89abcdef {
		t.Errorf("number is %#x, %v", v, err)
	}
	if n, err := a.ReadMemory(nil, 0); n != 0 || err != nil {
		t.Errorf("nothing at all: %d, %v", n, err)
	}
}

// hole is memory of the own task: two pages, the middle page of four unmapped,
// and a page that must not be written.
func hole(t *testing.T) uint64 {
	x, err := task.Self().Allocate(4*page(), tag)
	must(t, err)
	addr, size := x.Relinquish()
	t.Cleanup(func() { must(t, task.Self().Deallocate(addr, size)) })
	must(t, task.Self().Deallocate(addr+2*page(), page()))
	must(t, task.Self().Protect(addr+3*page(), page(), mach.VM_PROT_READ))
	return addr
}

// Where a part cannot be read, what lies before is.
func TestReadUpToHole(t *testing.T) {
	begin(t)
	addr := hole(t)
	s := task.Self()
	_, err := s.WriteMemory([]byte{1, 2, 3}, addr+2*page()-3)
	must(t, err)
	for _, x := range []struct{ back, size, want uint64 }{
		{3, 8, 3}, {3, 4 * page(), 3}, {page() + 3, 3 * page(), page() + 3}, {0, 1, 0}, {0, 2 * page(), 0},
	} {
		b := make([]byte, x.size)
		n, err := s.ReadMemory(b, addr+2*page()-x.back)
		if uint64(n) != x.want {
			t.Errorf("%d bytes from %d before the hole: read %d, want %d", x.size, x.back, n, x.want)
		}
		wantErr(t, err, mach.KERN_INVALID_ADDRESS)
		if x.want >= 3 && !bytes.Equal(b[x.want-3:x.want], []byte{1, 2, 3}) {
			t.Errorf("the last bytes before the hole are %v", b[x.want-3:x.want])
		}
		n, err = s.WriteMemory(b, addr+2*page()-x.back)
		if uint64(n) != x.want {
			t.Errorf("%d bytes from %d before the hole: wrote %d, want %d", x.size, x.back, n, x.want)
		}
		wantErr(t, err, mach.KERN_INVALID_ADDRESS)
	}
	n, err := s.WriteMemory([]byte{1}, addr+3*page())
	if n != 0 {
		t.Error("wrote what must not be written")
	}
	wantErr(t, err, mach.KERN_INVALID_ADDRESS) // of so few bytes (xnu osfmk/vm/vm_map.c vm_map_copyout_kernel_buffer)
}

func TestCString(t *testing.T) {
	begin(t)
	a := spawn(t)
	if s, err := a.CString(a.text, 1000); err != nil || s != "a string in the child" {
		t.Errorf("string is %q, %v", s, err)
	}
	s, err := a.CString(a.text, 8)
	if s != "a string" {
		t.Errorf("cut string is %q", s)
	}
	wantErr(t, err, task.ErrTooLong)
	if s, err := a.CString(a.text, 22); err != nil || s != "a string in the child" {
		t.Errorf("string with just enough room is %q, %v", s, err)
	}
	// One that ends with its page, with nothing mapped behind.
	addr := hole(t) + 2*page() - 4
	_, err = task.Self().WriteMemory([]byte("end\x00"), addr)
	must(t, err)
	if s, err := task.Self().CString(addr, 1000); err != nil || s != "end" {
		t.Errorf("string at the end of a page is %q, %v", s, err)
	}
	_, err = task.Self().WriteMemory([]byte("endl"), addr)
	must(t, err)
	s, err = task.Self().CString(addr, 1000)
	wantErr(t, err, mach.KERN_INVALID_ADDRESS)
	if s != "endl" {
		t.Errorf("string without an end is %q", s)
	}
	if s, err := task.Self().CString(addr, 0); s != "" || err == nil {
		t.Errorf("string of nothing is %q, %v", s, err)
	}
	if s, err := task.Self().CString(addr, -1); s != "" || err == nil {
		t.Errorf("string of less is %q, %v", s, err)
	}
}

// A snapshot keeps what was there; Close gives the memory back.
func TestReadMapped(t *testing.T) {
	begin(t)
	a := spawn(t)
	s, err := a.ReadMapped(a.pattern+5, 50000)
	must(t, err)
	defer s.Close()
	must(t, a.PutUint64(a.pattern+5, 0))
	if s.Address() != a.pattern+5 || len(s.Bytes()) != 50000 {
		t.Fatalf("snapshot is %d bytes of %#x", len(s.Bytes()), s.Address())
	}
	for i, c := range s.Bytes() {
		if c != pattern(i+5) {
			t.Fatalf("byte %d is %d, want %d", i, c, pattern(i+5))
		}
	}
	b := make([]byte, 4)
	if _, err := s.ReadMemory(b, s.Address()+100); err != nil || b[0] != pattern(105) {
		t.Errorf("read %v, %v", b, err)
	}
	if n, err := s.ReadMemory(b, s.Address()+50000-2); n != 2 || err != io.EOF {
		t.Errorf("behind the end: %d, %v", n, err)
	}
	for _, off := range []uint64{s.Address() - 1, s.Address() + 50001, 0, 1<<64 - 1} {
		_, err := s.ReadMemory(b, off)
		wantErr(t, err, mach.KERN_INVALID_ADDRESS)
	}
	must(t, s.Close())
	must(t, s.Close())
	if s.Bytes() != nil {
		t.Error("a closed snapshot has bytes")
	}
	_, err = s.ReadMemory(b, a.pattern+5)
	wantErr(t, err, task.ErrClosed)
	_, err = a.ReadMapped(8, 100)
	wantErr(t, err, mach.KERN_INVALID_ADDRESS)
	_, err = a.ReadMapped(a.pattern, 1<<32)
	wantErr(t, err, mach.KERN_INVALID_ARGUMENT)
	var none *task.Snapshot
	must(t, none.Close())
}

// Pitfall patched-code: to patch code takes protection, a copy of its own, and a flush;
// and the protection comes back.
func TestPatch(t *testing.T) {
	begin(t)
	for name, x := range map[string]*task.Task{"self": task.Self(), "child": spawn(t).Task} {
		code, err := x.Allocate(3*page(), tag)
		must(t, err)
		before := make([]byte, 3*page())
		for i := range before {
			before[i] = pattern(i)
		}
		_, err = x.WriteMemory(before, code.Address())
		must(t, err)
		const rx = mach.VM_PROT_READ | mach.VM_PROT_EXECUTE
		must(t, x.Protect(code.Address(), page(), rx))
		must(t, x.Protect(code.Address()+page(), page(), mach.VM_PROT_READ))
		patch := bytes.Repeat([]byte{0xcc}, int(page())+20) // over the edges of both others
		at := code.Address() + page() - 10
		_, err = x.WriteMemory(patch, at)
		wantErr(t, err, mach.KERN_INVALID_ADDRESS) // of so few bytes (xnu osfmk/vm/vm_map.c vm_map_copyout_kernel_buffer)
		must(t, x.Patch(at, patch))
		got := make([]byte, len(before))
		_, err = x.ReadMemory(got, code.Address())
		must(t, err)
		copy(before[page()-10:], patch)
		if !bytes.Equal(got, before) {
			t.Errorf("%s: memory is not what was patched", name)
		}
		for i, want := range []mach.VMProt{rx, mach.VM_PROT_READ, mach.VM_PROT_DEFAULT} {
			r, err := x.RegionAt(code.Address() + uint64(i)*page())
			must(t, err)
			if r.Protection != want {
				t.Errorf("%s: page %d has protection %s, want %s", name, i, task.Protection(r.Protection), task.Protection(want))
			}
		}
		must(t, x.Patch(at, nil))
		// Code may never become writable, its copy may: VM_PROT_COPY asks for
		// one (xnu osfmk/vm/vm_map.c vm_map_protect).
		must(t, x.ProtectMax(code.Address(), page(), rx))
		wantErr(t, x.Protect(code.Address(), page(), mach.VM_PROT_DEFAULT), mach.KERN_PROTECTION_FAILURE)
		must(t, x.Patch(code.Address()+1, []byte{1}))
		r, err := x.RegionAt(code.Address())
		must(t, err)
		if r.Protection != rx {
			t.Errorf("%s: after the second patch, protection is %s", name, task.Protection(r.Protection))
		}
		must(t, code.Close())
		wantErr(t, x.Patch(8, []byte{1}), mach.KERN_INVALID_ADDRESS)
		wantErr(t, x.Patch(1<<64-4, make([]byte, 8)), mach.KERN_INVALID_ADDRESS)
	}
}

// Pitfall patched-code: a patch is for one task. Others that have the pages mapped, such as
// those of a library, keep what was there.
func TestPatchIsPrivate(t *testing.T) {
	begin(t)
	m, err := task.NewSharedMemory(page())
	must(t, err)
	defer m.Close()
	var maps [2]*task.Allocation
	for i := range maps {
		maps[i], err = m.Map(task.Self(), 0, page(), mach.VM_PROT_DEFAULT|mach.VM_PROT_EXECUTE)
		if err != nil { // no executable entries here
			maps[i], err = m.Map(task.Self(), 0, page(), mach.VM_PROT_DEFAULT)
		}
		must(t, err)
		defer maps[i].Close()
	}
	copy(maps[0].Bytes(), "the code of a library")
	must(t, maps[0].Protect(mach.VM_PROT_READ))
	must(t, task.Self().Patch(maps[0].Address()+4, []byte("CODE")))
	if s := string(maps[0].Bytes()[:21]); s != "the CODE of a library" {
		t.Errorf("it was patched to %q", s)
	}
	if s := string(maps[1].Bytes()[:21]); s != "the code of a library" {
		t.Errorf("the others have %q", s)
	}
}

// Pitfall patched-code: the processors are told to forget what they have read, of each
// range that was written, after it was.
func TestPatchFlushes(t *testing.T) {
	begin(t)
	x, err := task.Self().Allocate(2*page(), tag)
	must(t, err)
	defer x.Close()
	must(t, x.Protect(mach.VM_PROT_READ))
	must(t, task.Self().Protect(x.Address(), page(), mach.VM_PROT_READ|mach.VM_PROT_EXECUTE))
	var flushed []uint64
	task.OnFlush(t, func(addr, size uint64) {
		for _, b := range x.Bytes()[addr-x.Address():][:size] {
			if b != 7 {
				t.Errorf("%#x was flushed before it was written", addr)
			}
		}
		flushed = append(flushed, addr-x.Address(), size)
	})
	must(t, task.Self().Patch(x.Address()+page()-8, bytes.Repeat([]byte{7}, 24)))
	if want := []uint64{page() - 8, 8, page(), 16}; !slices.Equal(flushed, want) {
		t.Errorf("flushed %v, want %v", flushed, want)
	}
}

// A snapshot that is closed while others read it is closed when they are done.
func TestSnapshotClosedMeanwhile(t *testing.T) {
	begin(t)
	a := spawn(t)
	for range 20 {
		s, err := a.ReadMapped(a.pattern, 1<<16)
		must(t, err)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				b := make([]byte, 1<<14)
				for {
					if _, err := s.ReadMemory(b, a.pattern); err != nil {
						wantErr(t, err, task.ErrClosed)
						return
					}
				}
			})
		}
		time.Sleep(time.Millisecond)
		must(t, s.Close())
		wg.Wait()
	}
}
