package task

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Bounds on what another task's memory may claim.
const (
	maxImages = 1 << 16
	maxPath   = 4096 // Darwin's PATH_MAX is 1,024
	maxInfos  = 4096 // the struct has about 400 bytes today
	// maxPaths bounds what all paths take together: an entry of the list costs its
	// task nothing if its path is another's.
	maxPaths = 16 << 20
)

// ErrImages says that a task's list of images does not make sense. It may be
// about to change.
var ErrImages = errors.New("task: the list of dyld images is malformed")

// parseImages reads dyld_all_image_infos, as <mach-o/dyld_images.h> has it, of a
// process with 64-bit or 32-bit pointers.
func parseImages(r MemoryReader, addr, size uint64, wide bool) (*Images, error) {
	if size < 16 {
		size = maxInfos / 8 // the systems that do not tell have at least that
	}
	x := fields{wide: wide, b: make([]byte, min(size, maxInfos))}
	n, err := r.ReadMemory(x.b, addr)
	if x.b = x.b[:max(0, min(n, len(x.b)))]; len(x.b) < 16 {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	i := &Images{Version: x.u32()}
	count, list := x.u32(), x.pointer()
	x.pointer() // notification
	flags := x.bytes(2)
	i.LibSystemDone = len(flags) == 2 && flags[1] != 0
	x.align()
	i.later(r, &x)
	switch {
	case count == 0:
		return i, nil
	case list == 0:
		return nil, fmt.Errorf("%w: it is being changed", ErrImages)
	case count > maxImages:
		return nil, fmt.Errorf("%w: it has %d entries", ErrImages, count)
	}
	return i, i.entries(r, list, int(count), wide)
}

// later reads what newer versions of dyld have.
func (i *Images) later(r MemoryReader, x *fields) {
	if i.Version < 2 {
		return
	}
	i.Dyld = x.pointer()
	// jitInfo, dyldVersion, errorMessage, terminationFlags,
	// coreSymbolicationShmPage, systemOrderFlag, uuidArrayCount, uuidArray,
	// dyldAllImageInfosAddress, initialImageCount, errorKind,
	// errorClientOfDylibPath, errorTargetDylibPath, errorSymbol
	for range 14 {
		x.pointer()
	}
	if i.Version < 12 {
		return
	}
	i.CacheSlide = x.pointer()
	if i.Version < 13 {
		return
	}
	copy(i.CacheUUID[:], x.bytes(16))
	if i.Version < 15 {
		return
	}
	i.CacheAddress = x.pointer()
	if !x.wide {
		x.alignTo(8)
	}
	i.Changed = x.u64()
	if at := x.pointer(); at != 0 {
		i.DyldPath, _ = cString(r, at, maxPath)
	}
}

// entries reads the list: header's address, path's address, time of the file.
func (i *Images) entries(r MemoryReader, list uint64, count int, wide bool) error {
	entry := 24
	if !wide {
		entry = 12
	}
	paths := 0
	// In steps: the count may be a lie, and is not worth its memory then.
	const step = 256
	for at := 0; at < count; at += step {
		n := min(step, count-at)
		x := fields{wide: wide, b: make([]byte, n*entry)}
		if k, err := r.ReadMemory(x.b, list+uint64(at*entry)); k < len(x.b) {
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("%w: %w", ErrImages, err)
		}
		for range n {
			m := Image{Address: x.pointer()}
			path, modified := x.pointer(), x.pointer()
			if path != 0 {
				// A path that cannot be read leaves an image without one.
				m.Path, _ = cString(r, path, maxPath)
				if paths += len(m.Path); paths > maxPaths {
					return fmt.Errorf("%w: its paths are longer than %d bytes", ErrImages, maxPaths)
				}
			}
			if modified != 0 && modified < 1<<40 {
				m.Modified = time.Unix(int64(modified), 0)
			}
			i.List = append(i.List, m)
		}
	}
	return nil
}

// fields takes numbers off a struct; there are zeros behind its end.
type fields struct {
	b    []byte
	at   int
	wide bool
}

func (x *fields) bytes(n int) []byte {
	start := min(x.at, len(x.b))
	end := min(start+n, len(x.b))
	x.at += n
	return x.b[start:end]
}

func (x *fields) u32() uint32 {
	var v [4]byte
	copy(v[:], x.bytes(4))
	return binary.LittleEndian.Uint32(v[:])
}

func (x *fields) u64() uint64 {
	var v [8]byte
	copy(v[:], x.bytes(8))
	return binary.LittleEndian.Uint64(v[:])
}

func (x *fields) pointer() uint64 {
	if x.wide {
		return x.u64()
	}
	return uint64(x.u32())
}

// align goes to where the next pointer is.
func (x *fields) align() {
	if x.wide {
		x.alignTo(8)
	} else {
		x.alignTo(4)
	}
}

func (x *fields) alignTo(n int) { x.at = (x.at + n - 1) / n * n }
