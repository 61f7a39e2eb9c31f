//go:build linux && (amd64 || arm64)

package libsystem

import (
	"math/bits"
	"sync"
	"unsafe"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// heap is the guest's malloc. Its book-keeping is on this side, where an overrun of the
// guest cannot reach it.
type heap struct {
	mu    sync.Mutex
	sizes map[uint64]uint64 // of every live block, as asked for
	free_ [20][]uint64      // by size class: 16 << n bytes
	next  uint64
	end   uint64
	child *heapChild
}

// heapChild is what a forked child does to the heap.
type heapChild struct {
	thread *proc.Thread
	made   map[uint64]bool
	freed  map[uint64]uint64 // with their sizes; they are not used again while the child runs
}

// fork begins to note what the child on a thread does.
func (h *heap) fork(t *proc.Thread) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.child = &heapChild{t, map[uint64]bool{}, map[uint64]uint64{}}
}

// unfork undoes it.
func (h *heap) unfork(p *proc.Process) {
	h.mu.Lock()
	f := h.child
	h.child = nil
	for at, n := range f.freed {
		h.sizes[at] = n
	}
	h.mu.Unlock()
	for at := range f.made {
		h.release(p, at)
	}
}

const (
	heapArena = 1 << 20
	largest   = 16 << 15 // larger blocks have a mapping each
)

func class(n uint64) int {
	if n <= 16 {
		return 0
	}
	return bits.Len64(n-1) - 4
}

// room is how many bytes a block really has.
func room(n uint64) uint64 {
	if n > largest {
		return (n + 16383) &^ 16383
	}
	return 16 << class(n)
}

// alloc returns zeroed memory, or 0.
func (h *heap) alloc(c *proc.Call, n uint64) uint64 { return h.aligned(c, n, 16) }

func (h *heap) aligned(c *proc.Call, n, align uint64) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.take(c, n, align)
	if f := h.child; f != nil && f.thread == c.Thread && at != 0 {
		f.made[at] = true
	}
	return at
}

// take is aligned under the lock.
func (h *heap) take(c *proc.Call, n, align uint64) uint64 {
	if h.sizes == nil {
		h.sizes = map[uint64]uint64{}
	}
	if n > 1<<40 {
		return 0
	}
	space := c.Process.Space
	if n > largest || align > 4096 {
		at, err := space.Map(mem.Request{Size: max(n, 1), Align: align, Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7, Inherit: 1, Tag: 3, Stays: true})
		if err != nil {
			return 0
		}
		h.sizes[at] = max(n, largest+1)
		return at
	}
	k := class(max(n, align)) // blocks of a class lie at multiples of its size
	if l := len(h.free_[k]); l > 0 {
		at := h.free_[k][l-1]
		h.free_[k] = h.free_[k][:l-1]
		h.sizes[at] = n
		clear(unsafe.Slice((*byte)(mem.Pointer(at)), room(max(n, align))))
		return at
	}
	size := uint64(16) << k
	at := (h.next + size - 1) &^ (size - 1)
	if h.next == 0 || at+size > h.end {
		a, err := space.Map(mem.Request{Size: heapArena, Align: heapArena, Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7, Inherit: 1, Tag: 1, Stays: true})
		if err != nil {
			return 0
		}
		h.end, at = a+heapArena, a
	}
	h.next = at + size
	h.sizes[at] = n
	return at
}

// size is that of a live block; ok is false for anything else.
func (h *heap) size(at uint64) (n uint64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n, ok = h.sizes[at]
	return n, ok
}

func (h *heap) free(c *proc.Call, at uint64) bool {
	h.mu.Lock()
	if f := h.child; f != nil && f.thread == c.Thread {
		defer h.mu.Unlock()
		n, ok := h.sizes[at]
		if ok {
			f.freed[at] = n
			delete(h.sizes, at)
		}
		return ok
	}
	h.mu.Unlock()
	return h.release(c.Process, at)
}

// release frees a block if there is one.
func (h *heap) release(p *proc.Process, at uint64) bool {
	h.mu.Lock()
	n, ok := h.sizes[at]
	delete(h.sizes, at)
	large := ok && n > largest
	if ok && !large {
		// The class is that of the block's address too: aligned blocks may be larger than asked.
		h.free_[class(n)] = append(h.free_[class(n)], at)
	}
	h.mu.Unlock()
	if large {
		_ = p.Space.Unmap(at, n)
	}
	return ok
}

// duplicate puts bytes into a new block.
func (s *State) duplicate(c *proc.Call, b []byte) uint64 {
	at := s.heap.alloc(c, uint64(len(b)))
	if at != 0 {
		copy(unsafe.Slice((*byte)(mem.Pointer(at)), len(b)), b)
	}
	return at
}

// noMemory returns NULL and ENOMEM.
func noMemory(c *proc.Call) {
	c.Fail(proc.ENOMEM)
	c.Return(0)
}

func init() {
	allocate := func(c *proc.Call, n uint64) {
		if at := of(c).heap.alloc(c, n); at != 0 {
			c.Return(at)
			return
		}
		noMemory(c)
	}
	on("malloc valloc", func(c *proc.Call) { allocate(c, c.Arg(0)) })
	on("malloc_type_malloc", func(c *proc.Call) { allocate(c, c.Arg(0)) })
	on("calloc malloc_type_calloc", func(c *proc.Call) {
		hi, lo := bits.Mul64(c.Arg(0), c.Arg(1))
		if hi != 0 {
			noMemory(c)
			return
		}
		allocate(c, lo)
	})
	free := func(c *proc.Call) {
		if at := c.Arg(0); at != 0 && !of(c).heap.free(c, at) {
			abort(c, "pointer being freed was not allocated")
		}
	}
	on("free malloc_type_free cfree", free)
	on("realloc malloc_type_realloc reallocf", func(c *proc.Call) {
		h, at, n := &of(c).heap, c.Arg(0), c.Arg(1)
		if at == 0 {
			allocate(c, n)
			return
		}
		old, ok := h.size(at)
		if !ok {
			abort(c, "pointer being realloc'd was not allocated")
			return
		}
		to := h.alloc(c, n)
		if to == 0 {
			noMemory(c)
			return
		}
		m := min(old, n)
		copy(unsafe.Slice((*byte)(mem.Pointer(to)), m), unsafe.Slice((*byte)(mem.Pointer(at)), m))
		h.free(c, at)
		c.Return(to)
	})
	on("posix_memalign", func(c *proc.Call) {
		a := c.Arg(1)
		if a < 8 || a&(a-1) != 0 || a > 1<<30 {
			c.Return(uint64(proc.EINVAL))
			return
		}
		at := of(c).heap.aligned(c, max(c.Arg(2), a), a)
		if at == 0 {
			c.Return(uint64(proc.ENOMEM))
			return
		}
		out(c, 0, at)
	})
	on("aligned_alloc malloc_type_aligned_alloc", func(c *proc.Call) {
		a := c.Arg(0)
		if a == 0 || a&(a-1) != 0 || a > 1<<30 {
			noMemory(c)
			return
		}
		c.Return(of(c).heap.aligned(c, max(c.Arg(1), a), a))
	})
	on("malloc_size", func(c *proc.Call) {
		if n, ok := of(c).heap.size(c.Arg(0)); ok {
			c.Return(room(n))
		}
	})
	on("malloc_good_size", func(c *proc.Call) { c.Return(room(c.Arg(0))) })
}
