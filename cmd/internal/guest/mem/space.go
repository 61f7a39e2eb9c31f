//go:build linux && (amd64 || arm64)

package mem

import (
	"errors"
	"fmt"
	"sort"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// Errors of address-space calls.
var (
	ErrNoSpace = errors.New("no free address range")
	ErrInUse   = errors.New("address range in use")
	ErrBad     = errors.New("address not mapped")
	ErrDenied  = errors.New("protection does not allow this")
)

// Addresses that regions are placed in when the guest does not ask for one: above any
// image, below where Go's own heap and the C library live in this process.
const (
	placeLow  = 0x3_0000_0000
	placeHigh = 0xb0_0000_0000
	limit     = 0x7000_0000_0000
)

// Limit is one above the highest address that a guest can have.
const Limit = limit

// Region is a range of addresses with equal properties.
type Region struct {
	Start, End uint64
	Prot, Max  cpu.Prot
	Tag        uint32
	Shared     bool
	Inherit    uint32
	Entry      uint64 // tells pieces of one mapping apart; see Request.Chunk
}

// Processor is where regions become visible; it is a *cpu.Machine.
type Processor interface {
	Map(address, size uint64, prot cpu.Prot) error
	Unmap(address, size uint64) error
	ForgetCode(address, size uint64)
}

// Space is an address space. Its methods may be called by any goroutine.
type Space struct {
	PageSize uint64
	// Stopped runs a function while the processor executes nothing; memory is only taken
	// away from the processor inside it.
	Stopped func(func())
	// OnProcessor says whether the caller is the goroutine that runs the processor.
	OnProcessor func() bool

	processor Processor
	mu        sync.Mutex
	regions   []Region // sorted, disjoint
	chunks    []chunk  // what the processor has, sorted, disjoint
	journal   *journal // see Remember
	next      uint64   // where to look for free addresses first
	watching  watching
}

// chunk is a piece of a region that the processor can see.
type chunk struct {
	start, end uint64
	prot       cpu.Prot
}

// chunkSize bounds how much one touch maps: small enough to split regions cheaply, large
// enough that a heap does not become thousands of pieces.
const chunkSize = 4 << 20

// New makes an empty space.
func New(pageSize uint64, p Processor) *Space {
	return &Space{PageSize: pageSize, processor: p, next: placeLow, Stopped: func(f func()) { f() }, OnProcessor: func() bool { return true }}
}

// SetProcessor connects the processor; none may be running.
func (s *Space) SetProcessor(p Processor) { s.processor = p }

// Round rounds a size up to pages; 0 says that it does not fit.
func (s *Space) Round(n uint64) uint64 { return (n + s.PageSize - 1) &^ (s.PageSize - 1) }

// Request describes a new region.
type Request struct {
	Address   uint64 // wanted, or 0
	Size      uint64
	Fixed     bool // exactly at Address
	Beyond    bool // with Fixed: also above Limit
	Overwrite bool // with Fixed: replace what is there
	Above     bool // with Address: first free range at or above it
	Align     uint64
	Prot, Max cpu.Prot
	Tag       uint32
	Inherit   uint32
	File      int // descriptor plus one, or 0 for zero-filled memory
	Offset    int64
	Shared    bool
	Chunk     uint64 // if not 0, the mapping becomes several regions of that size
	Join      bool   // it may become one region with its neighbours: the kernel keeps them apart
	// Stays: also when a forked child on whose behalf it is has ended; what the runner
	// itself goes on to use.
	Stays bool
}

// Map makes a region and returns its address.
func (s *Space) Map(r Request) (uint64, error) {
	size := s.Round(r.Size)
	if size == 0 || size < r.Size {
		return 0, ErrNoSpace
	}
	if r.Align < s.PageSize {
		r.Align = s.PageSize
	}
	var at uint64
	var err error
	body := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		at, err = s.place(r, size)
		if err == nil {
			n := Region{Start: at, End: at + size, Prot: r.Prot, Max: r.Max, Tag: r.Tag, Shared: r.Shared, Inherit: r.Inherit}
			s.insertPieces(n, r.Chunk)
			if r.Join {
				s.join(n.Start, n.End)
			}
			if s.journal != nil {
				s.journal.mapped(n, r.Stays || !s.OnProcessor()) // calls of other threads are not the child's
			}
		}
	}
	if r.Fixed && r.Overwrite {
		s.Stopped(body) // may take memory away
	} else {
		body()
	}
	return at, err
}

// place finds addresses and asks the host for memory there.
func (s *Space) place(r Request, size uint64) (uint64, error) {
	a := r.Address
	if r.Fixed {
		if a&(s.PageSize-1) != 0 || a+size < a || a+size > limit && !r.Beyond || a == 0 {
			return 0, ErrNoSpace
		}
		if !s.free(a, a+size) {
			if !r.Overwrite {
				return 0, ErrInUse
			}
			s.remove(a, a+size)
		}
		return a, s.host(a, size, r)
	}
	a = (a + r.Align - 1) &^ (r.Align - 1)
	if a != 0 && a+size > a && a+size <= limit && s.free(a, a+size) && s.host(a, size, r) == nil {
		return a, nil
	}
	start := s.next
	if r.Above && a != 0 {
		start = a
	}
	for _, from := range []uint64{start, placeLow} {
		for at := (from + r.Align - 1) &^ (r.Align - 1); at+size > at && at+size <= limit; {
			if end := s.conflict(at, at+size); end != 0 {
				at = (end + r.Align - 1) &^ (r.Align - 1)
				continue
			}
			if err := s.host(at, size, r); err == nil {
				if !r.Above && at+size < placeHigh && size < 1<<34 {
					s.next = at + size
				}
				return at, nil
			} else if !errors.Is(err, ErrInUse) {
				return 0, err
			}
			at = (at + max(size, 64<<20) + r.Align - 1) &^ (r.Align - 1)
		}
	}
	return 0, ErrNoSpace
}

// conflict is the end of the first region in [start, end), or 0.
func (s *Space) conflict(start, end uint64) uint64 {
	i := s.find(start)
	if i < len(s.regions) && s.regions[i].Start < end {
		return s.regions[i].End
	}
	return 0
}

func (s *Space) free(start, end uint64) bool { return s.conflict(start, end) == 0 }

// find is the index of the first region that ends after the address.
func (s *Space) find(address uint64) int {
	return sort.Search(len(s.regions), func(i int) bool { return s.regions[i].End > address })
}

// host maps memory of this process.
func (s *Space) host(at, size uint64, r Request) error {
	flags, fd := uintptr(unix.MAP_FIXED_NOREPLACE|unix.MAP_NORESERVE), ^uintptr(0)
	if r.Shared {
		flags |= unix.MAP_SHARED
	} else {
		flags |= unix.MAP_PRIVATE
	}
	if r.File != 0 {
		fd = uintptr(r.File - 1)
	} else {
		flags |= unix.MAP_ANON
	}
	prot := uintptr(unix.PROT_READ | unix.PROT_WRITE)
	if r.File != 0 && r.Shared && r.Max&cpu.ProtWrite == 0 {
		prot = unix.PROT_READ
	}
	got, _, e := unix.Syscall6(unix.SYS_MMAP, uintptr(at), uintptr(size), prot, flags, fd, uintptr(r.Offset))
	switch {
	case e == unix.EEXIST:
		return ErrInUse
	case e != 0:
		return fmt.Errorf("mapping %d bytes: %w", size, e)
	case uint64(got) != at: // kernels before MAP_FIXED_NOREPLACE take it as a hint
		_, _, _ = unix.Syscall(unix.SYS_MUNMAP, got, uintptr(size), 0)
		return ErrInUse
	}
	return nil
}

// insert adds a region to the table.
func (s *Space) insert(r Region) {
	i := s.find(r.Start)
	s.regions = append(s.regions, Region{})
	copy(s.regions[i+1:], s.regions[i:])
	s.regions[i] = r
}

// insertPieces adds a region in pieces of the size of chunk.
func (s *Space) insertPieces(r Region, chunk uint64) {
	for end := r.End; r.Start < end; r.Start = r.End {
		if r.End = end; chunk != 0 {
			r.End = min(end, r.Start+chunk)
		}
		s.insert(r)
		r.Entry++
	}
}

// split makes sure that no region crosses the address.
func (s *Space) split(at uint64) {
	i := s.find(at)
	if i == len(s.regions) || s.regions[i].Start >= at {
		return
	}
	right := s.regions[i]
	right.Start = at
	s.regions[i].End = at
	s.insert(right)
}

// remove drops everything in the range; the processor must be stopped.
func (s *Space) remove(start, end uint64) {
	s.split(start)
	s.split(end)
	if s.journal != nil { // join may have made one region of the child's and the parent's
		for _, r := range s.journal.fresh {
			s.split(r.Start)
			s.split(r.End)
		}
	}
	s.hide(start, end)
	i := s.find(start)
	j := i
	for j < len(s.regions) && s.regions[j].Start < end {
		s.drop(s.regions[j])
		j++
	}
	s.regions = append(s.regions[:i], s.regions[j:]...)
}

// Unmap removes whatever is in the range.
func (s *Space) Unmap(address, size uint64) error {
	size = s.Round(size)
	if address&(s.PageSize-1) != 0 || address+size < address {
		return ErrBad
	}
	s.Stopped(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.remove(address, address+size)
	})
	return nil
}

// Protect changes what the guest may do in a range that must be mapped throughout.
func (s *Space) Protect(address, size uint64, prot cpu.Prot, setMax bool) error {
	start := address &^ (s.PageSize - 1)
	end := s.Round(address + size)
	err := ErrBad
	s.Stopped(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.covered(start, end) {
			return
		}
		i := s.find(start)
		for j := i; j < len(s.regions) && s.regions[j].Start < end; j++ {
			if prot&^s.regions[j].Max != 0 {
				err = ErrDenied
				return
			}
		}
		s.split(start)
		s.split(end)
		s.hide(start, end)
		for j := s.find(start); j < len(s.regions) && s.regions[j].Start < end; j++ {
			if setMax {
				s.regions[j].Max = prot
				s.regions[j].Prot &= prot
			} else {
				s.regions[j].Prot = prot
			}
		}
		s.join(start, end)
		err = nil
	})
	return err
}

// join merges neighbours that have become equal, so that a table of one page each does not stay.
func (s *Space) join(start, end uint64) {
	i := max(s.find(start)-1, 0)
	for i+1 < len(s.regions) && s.regions[i].Start <= end {
		a, b := s.regions[i], s.regions[i+1]
		if a.End == b.Start && a.Prot == b.Prot && a.Max == b.Max && a.Tag == b.Tag && !a.Shared && !b.Shared && a.Inherit == b.Inherit && a.Entry == b.Entry {
			s.regions[i].End = b.End
			s.regions = append(s.regions[:i+1], s.regions[i+2:]...)
			continue
		}
		i++
	}
}

// covered says whether every address of the range is mapped.
func (s *Space) covered(start, end uint64) bool {
	for i := s.find(start); start < end; i++ {
		if i >= len(s.regions) || s.regions[i].Start > start {
			return false
		}
		start = s.regions[i].End
	}
	return true
}

// Lookup finds the region at or after an address.
func (s *Space) Lookup(address uint64) (Region, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.find(address)
	if i == len(s.regions) {
		return Region{}, false
	}
	return s.regions[i], true
}

// Regions is a copy of the table.
func (s *Space) Regions() []Region {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Region(nil), s.regions...)
}

// Discard gives the pages of a range back to the host; they read as zero afterwards.
func (s *Space) Discard(address, size uint64) {
	start, end := s.Round(address), (address+size)&^(s.PageSize-1)
	if start >= end {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := s.find(start); i < len(s.regions) && s.regions[i].Start < end; i++ {
		r := s.regions[i]
		if r.Shared {
			continue
		}
		a, b := max(r.Start, start), min(r.End, end)
		if s.journal != nil {
			s.keep(a, b)
			if r.Prot&cpu.ProtWrite == 0 {
				continue
			}
		}
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, uintptr(a), uintptr(b-a), unix.MADV_DONTNEED)
	}
}

// Bytes is the guest memory at an address, if all of it is mapped and the guest itself
// could access it so.
func (s *Space) Bytes(address, size uint64, access cpu.Prot) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	if address+size < address {
		return nil, ErrBad
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, at := s.find(address), address; at < address+size; i++ {
		if i >= len(s.regions) || s.regions[i].Start > at {
			return nil, ErrBad
		}
		if access&^s.regions[i].Prot != 0 {
			return nil, ErrDenied
		}
		at = s.regions[i].End
	}
	if access&cpu.ProtWrite != 0 && s.journal != nil && s.OnProcessor() {
		s.keep(address, address+size) // calls of other threads, which end meanwhile, do not count
	}
	return unsafe.Slice((*byte)(Pointer(address)), size), nil
}

// Pointer turns a guest address that has been checked into a pointer.
func Pointer(address uint64) unsafe.Pointer {
	p := uintptr(address)
	return *(*unsafe.Pointer)(unsafe.Pointer(&p))
}

// CString reads a string that ends with a zero byte, of at most 1 MiB.
func (s *Space) CString(address uint64) (string, error) {
	if address == 0 {
		return "", ErrBad
	}
	r, ok := s.Lookup(address)
	if !ok || r.Start > address || r.Prot&cpu.ProtRead == 0 {
		return "", ErrBad
	}
	var out []byte
	for at := address; len(out) < 1<<20; {
		n := min(s.PageSize-at%s.PageSize, s.PageSize)
		b, err := s.Bytes(at, n, cpu.ProtRead)
		if err != nil {
			return "", err
		}
		for i, c := range b {
			if c == 0 {
				return string(append(out, b[:i]...)), nil
			}
		}
		out = append(out, b...)
		at += n
	}
	return "", ErrBad
}

// Slice views guest memory that the caller has made itself.
func Slice(address, size uint64) []byte { return unsafe.Slice((*byte)(Pointer(address)), size) }
