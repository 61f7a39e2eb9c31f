package core

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// File is a core that was read. Its methods may be called by several goroutines at
// once.
type File struct {
	r        io.ReaderAt
	size     int64
	close    io.Closer
	cpu      mach.CPUType
	segments []segment // by address
	threads  []Thread
	images   []Image
	regions  []Region
	notes    []note
	process  Process
	bits     int
}

// segment is an LC_SEGMENT_64.
type segment struct {
	address, size    uint64
	offset, fileSize uint64
	max, prot        mach.VMProt
	name             string
}

// note is an LC_NOTE.
type note struct {
	owner        string
	offset, size uint64
}

// Open opens a core file. The caller has to close it.
func Open(path string) (*File, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := r.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: %s is no regular file", ErrFormat, path)
	}
	var f *File
	if err == nil {
		if f, err = NewFile(r, info.Size()); err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	f.close = r
	return f, nil
}

// NewFile reads a core of that many bytes. It fails with [ErrFormat] for what is no
// 64-bit Mach-O core of arm64 or x86-64, and for one that contradicts itself, and
// with [ErrTruncated] for one whose end is missing. r is read as long as the File is
// used, and stays the caller's.
func NewFile(r io.ReaderAt, size int64) (*File, error) {
	if r == nil || size < 0 {
		return nil, malformed("there is no file")
	}
	f := &File{r: r, size: size}
	var head [headerSize]byte
	if !f.readAt(head[:], 0) {
		return nil, malformed("it has %d bytes", size)
	}
	le := binary.LittleEndian
	if v := le.Uint32(head[:]); v != magic64 {
		return nil, malformed("it begins with %#08x: 64-bit Mach-O files begin with %#08x", v, uint32(magic64))
	}
	if v := le.Uint32(head[12:]); v != typeCore {
		return nil, malformed("it is a Mach-O file of type %d; cores are type %d", v, typeCore)
	}
	f.cpu = mach.CPUType(int32(le.Uint32(head[4:])))
	if f.cpu != mach.CPU_TYPE_ARM64 && f.cpu != mach.CPU_TYPE_X86_64 {
		return nil, malformed("it is of CPU type %#x: arm64 and x86-64 are known", uint32(f.cpu))
	}
	count, bytes := le.Uint32(head[16:]), le.Uint32(head[20:])
	switch {
	case bytes > maxCommands:
		return nil, malformed("%d bytes of load commands: at most %d are read", bytes, maxCommands)
	case uint64(count)*8 > uint64(bytes):
		return nil, malformed("%d load commands in %d bytes", count, bytes)
	case headerSize+int64(bytes) > size:
		return nil, ErrTruncated
	}
	b := make([]byte, bytes)
	if !f.readAt(b, headerSize) {
		return nil, ErrTruncated
	}
	if err := f.commands(b, count); err != nil {
		return nil, err
	}
	if err := f.finish(); err != nil {
		return nil, err
	}
	return f, nil
}

// readAt fills p from an offset, or says that it cannot.
func (f *File) readAt(p []byte, off uint64) bool {
	if off > uint64(f.size) || uint64(len(p)) > uint64(f.size)-off {
		return false
	}
	n, _ := f.r.ReadAt(p, int64(off))
	return n == len(p)
}

// cString reads a path.
func (f *File) cString(off uint64) string {
	if off >= uint64(f.size) {
		return ""
	}
	b := make([]byte, min(maxPath, uint64(f.size)-off))
	n, _ := f.r.ReadAt(b, int64(off))
	if i := slices.Index(b[:n], 0); i >= 0 {
		return string(b[:i])
	}
	return ""
}

func (f *File) commands(b []byte, count uint32) error {
	for i := range count {
		if len(b) < 8 {
			return malformed("load command %d of %d lies behind the last", i, count)
		}
		kind, n := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if n < 8 || uint64(n) > uint64(len(b)) {
			return malformed("load command %d has %d bytes of %d", i, n, len(b))
		}
		if err := f.command(kind, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func (f *File) command(kind uint32, b []byte) error {
	le := binary.LittleEndian
	switch kind {
	case commandSegment:
		if len(b) < segmentSize {
			return malformed("a segment's command of %d bytes", len(b))
		}
		s := segment{
			name: text(b[8:24]), address: le.Uint64(b[24:]), size: le.Uint64(b[32:]), offset: le.Uint64(b[40:]), fileSize: le.Uint64(b[48:]),
			max: mach.VMProt(le.Uint32(b[56:])), prot: mach.VMProt(le.Uint32(b[60:])),
		}
		return f.addSegment(s)
	case commandThread, commandUnix:
		x, err := parseThread(b[8:], f.cpu)
		f.threads = append(f.threads, x)
		return err
	case commandNote:
		if len(b) < noteSize {
			return malformed("a note's command of %d bytes", len(b))
		}
		n := note{text(b[8:24]), le.Uint64(b[24:]), le.Uint64(b[32:])}
		if n.offset > uint64(f.size) || n.size > uint64(f.size)-n.offset {
			return fmt.Errorf("%w: the note %q is at %#x, %d bytes, in a file of %d", ErrTruncated, n.owner, n.offset, n.size, f.size)
		}
		f.notes = append(f.notes, n)
	}
	return nil
}

func (f *File) addSegment(s segment) error {
	switch {
	case s.size == 0:
		return nil
	case s.address+s.size < s.address && s.address+s.size != 0:
		return malformed("the segment at %#x has %#x bytes: it ends behind the last address", s.address, s.size)
	case s.fileSize > s.size:
		return malformed("the segment at %#x has %#x bytes in the file and %#x in memory", s.address, s.fileSize, s.size)
	case s.offset > uint64(f.size) || s.fileSize > uint64(f.size)-s.offset:
		return fmt.Errorf("%w: the segment at %#x is at %#x, %d bytes, in a file of %d", ErrTruncated, s.address, s.offset, s.fileSize, f.size)
	}
	f.segments = append(f.segments, s)
	return nil
}

// finish puts together what the commands told.
func (f *File) finish() error {
	slices.SortStableFunc(f.segments, func(a, b segment) int { return cmp.Compare(a.address, b.address) })
	for i := range f.segments[min(1, len(f.segments)):] {
		if a, b := f.segments[i], f.segments[i+1]; b.address-a.address < a.size {
			return malformed("the segments at %#x and %#x overlap", a.address, b.address)
		}
	}
	for _, n := range f.notes {
		var err error
		switch n.owner {
		case noteImages:
			f.images, err = f.decodeImages(n)
		case noteMetadata:
			addMetadata(f.threads, f.content(n))
		case noteBits:
			f.bits = decodeBits(f.content(n))
		}
		if err != nil {
			return err
		}
	}
	for _, n := range f.notes {
		if n.owner == noteProcess {
			f.addProcess(f.content(n))
		}
	}
	for i := range f.threads {
		if r := f.threads[i].Registers; r != nil {
			r.AddressBits = f.bits
		}
	}
	if f.regions == nil {
		for _, s := range f.segments {
			f.regions = append(f.regions, Region{
				Region:  task.Region{Address: s.address, Size: s.size, Protection: s.prot, MaxProtection: s.max},
				Segment: s.name, Saved: s.fileSize > 0,
			})
		}
	}
	return nil
}

// content is nil for a note that is too long.
func (f *File) content(n note) []byte {
	if n.size > maxNote {
		return nil
	}
	b := make([]byte, n.size)
	if !f.readAt(b, n.offset) {
		return nil
	}
	return b
}

// text is a name that is filled up with zeros.
func text(b []byte) string {
	if i := slices.Index(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// Close closes the file that [Open] has opened. A second Close does nothing.
func (f *File) Close() error {
	if f == nil || f.close == nil {
		return nil
	}
	return f.close.Close()
}

// CPU is the family of the process: CPU_TYPE_ARM64 or CPU_TYPE_X86_64.
func (f *File) CPU() mach.CPUType {
	if f == nil {
		return 0
	}
	return f.cpu
}

// Process is what the core tells of the process as a whole; zero if it is not of
// this package.
func (f *File) Process() Process {
	if f == nil {
		return Process{}
	}
	return f.process
}

// Threads are the threads with their registers, in the order of the file. The slice
// is a copy; what its fields point to is shared, and must not be changed.
func (f *File) Threads() []Thread {
	if f == nil {
		return nil
	}
	return slices.Clone(f.threads)
}

// Images are the images that the process had loaded, as far as the core tells.
func (f *File) Images() []Image {
	if f == nil {
		return nil
	}
	return slices.Clone(f.images)
}

// Regions are the regions of the process by address: all of them in a core of this
// package, those that were saved in others.
func (f *File) Regions() iter.Seq[Region] {
	if f == nil {
		return func(func(Region) bool) {}
	}
	return slices.Values(f.regions)
}

// Notes are the owners of the file's notes with their contents, in the order of the
// file. A note of more than 256 MiB is nil.
func (f *File) Notes() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if f == nil {
			return
		}
		for _, n := range f.notes {
			if !yield(n.owner, f.content(n)) {
				return
			}
		}
	}
}
