package symbol

import "github.com/gomach/mach/task"

// window keeps pieces of memory, so that most words cost no call.
type window struct {
	r     task.MemoryReader
	pages map[uint64][]byte
}

const (
	pageSize = 4096
	maxPages = 4096
)

// at is the eight bytes at an address, or nil if they cannot be read.
func (w *window) at(addr uint64) []byte {
	if w.r == nil || addr < pageSize || addr > ^uint64(0)-pageSize {
		return nil
	}
	if addr%pageSize > pageSize-8 {
		b := make([]byte, 8)
		if n, err := w.r.ReadMemory(b, addr); err != nil || n < len(b) {
			return nil
		}
		return b
	}
	start := addr &^ (pageSize - 1)
	p, ok := w.pages[start]
	if !ok {
		if w.pages == nil || len(w.pages) >= maxPages {
			w.pages = map[uint64][]byte{}
		}
		p = make([]byte, pageSize)
		n, _ := w.r.ReadMemory(p, start)
		p = p[:max(0, min(n, pageSize))]
		w.pages[start] = p
	}
	off := addr - start
	if off+8 > uint64(len(p)) {
		return nil
	}
	return p[off : off+8]
}
