package vm

import (
	"sort"

	"github.com/gomach/mach"
)

// attr is what Mach knows of a range beyond what the system does.
type attr struct {
	start, end uint64
	entry      uint64 // tells mappings apart that look the same; 0 without a Mach call
	maxProt    mach.VMProt
	inherit    mach.VMInherit_t
	behavior   mach.VMBehavior
	tag        uint8
	wired      uint16
	object     *object // the memory object, where the kernel knows one
	offset     uint64  // of start in the object
	copied     bool    // a private copy of the object
	mach       bool    // mapped by a call of this kernel
	permanent  bool    // stays until the task ends
	super      bool    // in large pages
	noCache    bool    // VM_FLAGS_NO_CACHE
	zeroWired  bool    // VM_BEHAVIOR_ZERO_WIRED_PAGES
}

// plain is what holds for a mapping that no Mach call touched.
func plain(start, end uint64) attr {
	return attr{
		start: start, end: end, maxProt: mach.VM_PROT_ALL,
		inherit: mach.VM_INHERIT_DEFAULT, behavior: mach.VM_BEHAVIOR_DEFAULT,
	}
}

func (a *attr) isPlain() bool {
	p := plain(a.start, a.end)
	return *a == p
}

// The methods below want m.mu held.

// find gives the index of the first attr that ends after addr.
func (m *vmMap) find(addr uint64) int {
	return sort.Search(len(m.attrs), func(i int) bool { return m.attrs[i].end > addr })
}

// at gives what holds at addr, and from where to where it holds.
func (m *vmMap) at(addr uint64) attr {
	i := m.find(addr)
	if i < len(m.attrs) && m.attrs[i].start <= addr {
		return m.attrs[i]
	}
	a := plain(0, ^uint64(0))
	if i > 0 {
		a.start = m.attrs[i-1].end
	}
	if i < len(m.attrs) {
		a.end = m.attrs[i].start
	}
	return a
}

// cut makes sure that no attr crosses addr.
func (m *vmMap) cut(addr uint64) {
	i := m.find(addr)
	if i == len(m.attrs) || m.attrs[i].start >= addr {
		return
	}
	left, right := m.attrs[i], m.attrs[i]
	left.end, right.start = addr, addr
	if right.object != nil {
		right.offset += addr - left.start
		right.object.hold()
	}
	m.attrs = append(m.attrs, attr{})
	copy(m.attrs[i+1:], m.attrs[i:])
	m.attrs[i], m.attrs[i+1] = left, right
}

// forget drops what is known of a range: it was unmapped.
func (m *vmMap) forget(start, end uint64) {
	m.cut(start)
	m.cut(end)
	i, j := m.find(start), m.find(end)
	for k := i; k < j; k++ {
		m.attrs[k].object.drop()
	}
	m.attrs = append(m.attrs[:i], m.attrs[j:]...)
}

// set notes what holds for a fresh mapping.
func (m *vmMap) set(a attr) {
	a.object.hold()
	m.forget(a.start, a.end)
	if a.isPlain() {
		return
	}
	i := m.find(a.start)
	m.attrs = append(m.attrs, attr{})
	copy(m.attrs[i+1:], m.attrs[i:])
	m.attrs[i] = a
	m.join(i + 1)
	m.join(i)
}

// change applies f to everything in a range.
func (m *vmMap) change(start, end uint64, f func(*attr)) {
	m.cut(start)
	m.cut(end)
	var fresh []attr
	at := start
	for i := m.find(start); i < len(m.attrs) && m.attrs[i].start < end; i++ {
		if at < m.attrs[i].start {
			fresh = append(fresh, plain(at, m.attrs[i].start))
		}
		f(&m.attrs[i])
		at = m.attrs[i].end
	}
	if at < end {
		fresh = append(fresh, plain(at, end))
	}
	for _, a := range fresh {
		f(&a)
		m.set(a)
	}
	i := m.find(start)
	for j := m.find(end); j >= i; j-- {
		m.join(j)
	}
}

// join merges the attrs i-1 and i if they meet and say the same, and drops
// the second if it says nothing.
func (m *vmMap) join(i int) {
	if i < 0 || i >= len(m.attrs) {
		return
	}
	if m.attrs[i].isPlain() {
		m.attrs = append(m.attrs[:i], m.attrs[i+1:]...)
		return
	}
	if i == 0 {
		return
	}
	a, b := m.attrs[i-1], m.attrs[i]
	if a.end != b.start || a.object != nil && b.offset != a.offset+(a.end-a.start) {
		return
	}
	b.start, b.offset = a.start, a.offset
	a.end = b.end
	if a == b {
		if a.object != nil {
			defer b.object.drop()
		}
		m.attrs[i-1] = a
		m.attrs = append(m.attrs[:i], m.attrs[i+1:]...)
	}
}
