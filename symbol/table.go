package symbol

import (
	"cmp"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// Image is a program or library of the process.
type Image struct {
	Path    string
	Address uint64 // of its header, in the process
}

// Options are what a table may need from its user.
type Options struct {
	// Demangle turns a linker's name into one for people. Without it names stay.
	Demangle func(name string) string
	// Open opens the file of an image; without it, os.Open does. What is an io.Closer
	// is closed by Table.Close.
	Open func(path string) (io.ReaderAt, error)
}

// Location is a function at an address.
type Location struct {
	Function string // "" if it is not known
	Offset   uint64 // of the address in the function
	Image    string // path
	File     string // of the source; "" if it is not known
	Line     int    // 0 if it is not known
	// Inlined says that the compiler has put the function into the next one of the
	// list.
	Inlined bool
}

// Table finds symbols of one process. Its methods may be called by several goroutines
// at once.
type Table struct {
	memory  task.MemoryReader
	cpu     mach.CPUType
	options Options

	mu     sync.Mutex
	images []*image // by address
	found  map[uint64][]Location
}

// New makes a table of the images of a process with that memory. Nothing is read
// yet. The caller has to close it.
func New(memory task.MemoryReader, cpu mach.CPUType, images []Image, o Options) *Table {
	t := &Table{memory: memory, cpu: cpu, options: o, found: map[uint64][]Location{}}
	if t.options.Open == nil {
		t.options.Open = func(path string) (io.ReaderAt, error) { return os.Open(path) }
	}
	for _, m := range images {
		t.images = append(t.images, &image{Image: m, table: t})
	}
	slices.SortStableFunc(t.images, func(a, b *image) int { return cmp.Compare(a.Address, b.Address) })
	return t
}

// Close closes the files. A second Close does nothing, and a closed table finds no
// more than it has found before.
func (t *Table) Close() error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var err error
	for _, m := range t.images {
		if e := m.close(); err == nil {
			err = e
		}
	}
	t.images = nil
	return err
}

// Lookup is the function at an address, behind those that the compiler has put into it
// there, innermost first. Of what is only a call's return address, look up the byte
// before it (see [Frame]). It is empty if the address is in no image; without a symbol
// there is one Location without a function.
func (t *Table) Lookup(addr uint64) []Location {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if l, ok := t.found[addr]; ok {
		return slices.Clone(l)
	}
	m := t.imageAt(addr)
	if m == nil {
		return nil
	}
	l := m.safely(addr)
	t.found[addr] = l
	return slices.Clone(l)
}

// safely is lookup of a file that may be damaged: package gosym trusts what it reads.
func (m *image) safely(addr uint64) (l []Location) {
	defer func() {
		if recover() != nil {
			l = []Location{{Image: m.Path}}
		}
	}()
	return m.lookup(addr)
}

// imageAt is the image that has an address; t is locked.
func (t *Table) imageAt(addr uint64) *image {
	i, _ := slices.BinarySearchFunc(t.images, addr, func(m *image, addr uint64) int {
		if m.Address <= addr {
			return -1
		}
		return 1
	})
	if i == 0 {
		return nil
	}
	m := t.images[i-1]
	m.load()
	if addr-m.Address >= m.size {
		return nil
	}
	return m
}

func (t *Table) demangle(name string) string {
	if t.options.Demangle == nil || name == "" {
		return name
	}
	return t.options.Demangle(name)
}
