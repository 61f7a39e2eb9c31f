package vm

import "github.com/gomach/mach"

// Sizes at which xnu cuts an allocation into map entries, each with a memory
// object of its own (osfmk/mach/vm_param.h ANON_CHUNK_SIZE,
// MALLOC_MEDIUM_CHUNK_SIZE; osfmk/vm/vm_map.c vm_map_enter).
const (
	anonymousChunk = 128 << 20
	mediumChunk    = 8 << 20
	largeChunk     = 4 << 30
	// mostCoalesced is how large the entry may become that takes in what is
	// allocated behind it (NO_COALESCE_LIMIT), mostRealloc that of realloc.
	mostCoalesced = 128<<10 - 1
	mostRealloc   = anonymousChunk
)

// chunk is the size of the entries that a request is cut into.
func (r *request) chunk() uint64 {
	switch {
	case r.has(mach.VM_FLAGS_SUPERPAGE_MASK):
		return superpage
	case r.object != nil, r.maxProt == mach.VM_PROT_NONE:
		return r.size
	case mach.VMMemory(r.flags>>24) == mach.VM_MEMORY_MALLOC_MEDIUM:
		return mediumChunk
	case r.has(mach.VM_FLAGS_4GB_CHUNK):
		return largeChunk
	}
	return anonymousChunk
}

// note records what Mach knows of a fresh mapping. It wants m.mu held.
func (m *vmMap) note(addr uint64, r *request) {
	a := plain(addr, addr+r.size)
	a.maxProt, a.inherit, a.tag = r.maxProt, r.inherit, uint8(r.flags>>24)
	a.object, a.offset, a.copied, a.mach = r.object, r.offset, r.copy || r.private, true
	a.permanent, a.super = r.has(mach.VM_FLAGS_PERMANENT), r.has(mach.VM_FLAGS_SUPERPAGE_MASK)
	a.noCache = r.has(mach.VM_FLAGS_NO_CACHE)
	if m.coalesces(&a, r) {
		m.set(a)
		return
	}
	for end := a.end; a.start < end; a.start = a.end {
		a.end = min(end, a.start+r.chunk())
		m.last++
		a.entry = m.last
		m.set(a)
	}
}

// coalesces tells whether a fresh mapping extends the entry before it, and
// gives it that one's number. It wants m.mu held.
func (m *vmMap) coalesces(a *attr, r *request) bool {
	if a.start == 0 || a.object != nil || a.super || r.has(mach.VM_FLAGS_TPRO) {
		return false
	}
	before := m.at(a.start - 1)
	realloc := mach.VMMemory(a.tag) == mach.VM_MEMORY_REALLOC
	most := uint64(mostCoalesced)
	if realloc {
		most = mostRealloc
	}
	if before.entry == 0 || before.end != a.start || before.end-before.start+r.size > most {
		return false
	}
	same := before
	same.start, same.end, same.offset = a.start, a.end, a.offset
	if realloc {
		same.tag = a.tag
	}
	a.entry = before.entry
	if same == *a {
		a.tag = before.tag
		return true
	}
	return false
}
