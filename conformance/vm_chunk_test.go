package conformance_test

import (
	"slices"
	"testing"

	"github.com/gomach/mach"
)

const mib = 1 << 20

// sizes are those of the regions that a range is made of, in MiB.
func sizes(t testing.TB, addr, size uint64) (all []uint64) {
	t.Helper()
	for at := addr; at < addr+size; {
		start, n, _ := region(t, at)
		if start != at {
			t.Fatalf("a region begins at %#x, want %#x", start, at)
		}
		all = append(all, n/mib)
		at += n
	}
	return all
}

// xnu osfmk/vm/vm_map.c vm_map_enter: an allocation is cut into entries of
// ANON_CHUNK_SIZE, with a memory object each. A memory entry covers one of
// them (vm_memory_entry.c, vmkf_copy_single_object).
func TestChunks(t *testing.T) {
	begin(t)
	const size = 300 * mib
	medium := mach.VM_MEMORY_MALLOC_MEDIUM
	for _, c := range []struct {
		flags int32
		size  uint64
		most  mach.VMProt
		want  []uint64
	}{
		{anywhere, size, mach.VM_PROT_ALL, []uint64{128, 128, 44}},
		{anywhere, 256 * mib, mach.VM_PROT_ALL, []uint64{128, 128}},
		{anywhere, 128 * mib, mach.VM_PROT_ALL, []uint64{128}},
		{anywhere | mach.VM_FLAGS_4GB_CHUNK, size, mach.VM_PROT_ALL, []uint64{300}},
		{anywhere | mach.VM_FLAGS_PURGABLE, size, mach.VM_PROT_ALL, []uint64{300}},
		{mach.VM_FLAGS_ANYWHERE | int32(medium)<<24, 20 * mib, mach.VM_PROT_ALL, []uint64{8, 8, 4}},
		{anywhere, size, mach.VM_PROT_NONE, []uint64{300}}, // no one can use it
	} {
		var a uint64
		ok(t, "mach_vm_map", mach.MachVMMap(self(), &a, c.size, 0, c.flags, none, 0, 0, mach.VM_PROT_DEFAULT&c.most, c.most, mach.VM_INHERIT_DEFAULT))
		if got := sizes(t, a, c.size); !slices.Equal(got, c.want) {
			t.Errorf("flags %#x: regions of %v MiB, want %v", c.flags, got, c.want)
		}
		deallocate(t, a, c.size)
	}
	a := alloc(t, size)
	for _, c := range []struct {
		offset, size uint64
		how          mach.VMProt
		want         uint64
	}{
		{0, size, 0, 128}, {100 * mib, 100 * mib, 0, 28}, {128 * mib, 2 * mib, 0, 2}, {256 * mib, 44 * mib, 0, 44},
		{0, size, vmShare, 300}, {100 * mib, 100 * mib, vmShare, 100}, {0, size, vmCopy, 300},
	} {
		if _, got := entry(t, a+c.offset, c.size, c.how|mach.VM_PROT_DEFAULT); got != c.want*mib {
			t.Errorf("an entry of %d MiB at %d MiB has %d MiB, want %d", c.size/mib, c.offset/mib, got/mib, c.want)
		}
	}
	// What was made of 2 MiB in the middle is still one memory.
	view(a+129*mib, 1)[0] = 7
	byteIs(t, "an entry's memory", mapped(t, firstOf(entry(t, a+129*mib, mib, mach.VM_PROT_DEFAULT)), mib, 0), 7)
}

func firstOf(e mach.MachPort, _ uint64) mach.MachPort { return e }

// osfmk/vm/vm_map.c vm_map_enter, NO_COALESCE_LIMIT: small neighbours become
// one entry, large ones do not; and vm_map_simplify_entry: what was split by
// protections becomes one again, if it was one.
func TestNeighbours(t *testing.T) {
	begin(t)
	for _, c := range []struct {
		size uint64
		one  bool
	}{{2 * page(), 4*page() < 128<<10}, {64 << 10, false}, {1 << 20, false}} {
		// A place that nothing else is next to.
		room := alloc(t, 4*c.size)
		deallocate(t, room+c.size, 2*c.size)
		a := room + c.size
		b := a + c.size
		protect(t, room, c.size, 1, mach.VM_PROT_READ)
		ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &a, c.size, mach.VM_FLAGS_FIXED|tagged))
		ok(t, "mach_vm_allocate", mach.MachVMAllocate(self(), &b, c.size, mach.VM_FLAGS_FIXED|tagged))
		_, size, _ := region(t, a)
		if one := size >= 2*c.size; one != c.one {
			t.Errorf("two of %d bytes: the first one's region has %d", c.size, size)
		}
	}
	a := alloc(t, 4<<20)
	for _, p := range []mach.VMProt{mach.VM_PROT_READ, mach.VM_PROT_DEFAULT} {
		protect(t, a+1<<20, 1<<20, 0, p)
	}
	ok(t, "mach_vm_inherit", mach.MachVMInherit(self(), a+2<<20, 1<<20, mach.VM_INHERIT_NONE))
	ok(t, "mach_vm_inherit", mach.MachVMInherit(self(), a+2<<20, 1<<20, mach.VM_INHERIT_DEFAULT))
	if got := sizes(t, a, 4<<20); !slices.Equal(got, []uint64{4}) {
		t.Errorf("regions of %v MiB", got)
	}
}
