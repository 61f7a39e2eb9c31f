//go:build linux && (amd64 || arm64)

package libsystem

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Flags of mmap (xnu bsd/sys/mman.h).
const (
	mapShared = 0x1
	mapFixed  = 0x10
	mapAnon   = 0x1000
)

// anonymousChunk is the size at which xnu cuts zero-filled memory into map entries
// (osfmk/vm/vm_map.c vm_map_enter, ANON_CHUNK_SIZE).
const anonymousChunk = 128 << 20

func spaceError(c *proc.Call, err error) {
	switch {
	case err == nil:
		c.Return(0)
	case errors.Is(err, mem.ErrDenied):
		c.Fail(proc.EACCES)
	case errors.Is(err, mem.ErrNoSpace):
		c.Fail(proc.ENOMEM)
	default:
		c.Fail(proc.EINVAL)
	}
}

// kernelKnows says whether the Mach kernel has to be told of a change of a range, which it may
// have made itself: not where the range cannot be right, and not of what is undone when a child
// of fork has ended.
func (s *State) kernelKnows(address, size uint64) bool {
	return s.Kernel != nil && s.child == nil && address%s.process.Arch.PageSize == 0 && address+size >= address
}

func init() {
	on("mmap __mmap", func(c *proc.Call) {
		s, flags := of(c), c.Int(3)
		r := mem.Request{Address: c.Arg(0), Size: c.Arg(1), Prot: cpu.Prot(c.Int(2) & 7), Max: 7, Inherit: 1,
			Fixed: flags&mapFixed != 0, Overwrite: true, Shared: flags&mapShared != 0}
		// An offset within a page is refused with MAP_UNIX03 (xnu bsd/kern/kern_mman.c,
		// mmap_sanitize), which mmap of libSystem adds; without it is not done here.
		if r.Size == 0 || c.Arg(5)%c.Process.Arch.PageSize != 0 {
			c.Fail(proc.EINVAL)
			return
		}
		if flags&(mapAnon|mapShared) == mapAnon {
			r.Chunk = anonymousChunk
		}
		place := func() {
			if flags&mapAnon == 0 {
				f := s.fds.get(c.Int(4))
				if f == nil {
					c.Fail(proc.EBADF)
					return
				}
				r.File, r.Offset = f.host+1, int64(c.Arg(5))
				if !f.writable && r.Shared {
					if r.Prot&cpu.ProtWrite != 0 {
						c.Fail(proc.EACCES)
						return
					}
					r.Max &^= cpu.ProtWrite
				}
			}
			at, err := c.Process.Space.Map(r)
			if err != nil {
				spaceError(c, err)
				return
			}
			c.Return(at)
		}
		if flags&mapFixed == 0 || !s.kernelKnows(r.Address, r.Size) {
			place()
			return
		}
		c.Block(func() {
			if s.Kernel.Replace(c.Process, r.Address, r.Size) == mach.KERN_NO_SPACE {
				c.Fail(proc.ENOMEM)
				return
			}
			c.Process.Sync(place)
		})
	})
	on("munmap __munmap", func(c *proc.Call) {
		if c.Arg(1) == 0 {
			c.Fail(proc.EINVAL)
			return
		}
		unmap := func() { spaceError(c, c.Process.Space.Unmap(c.Arg(0), c.Arg(1))) }
		s := of(c)
		if !s.kernelKnows(c.Arg(0), c.Arg(1)) {
			unmap()
			return
		}
		c.Block(func() {
			switch s.Kernel.Unmap(c.Thread, c.Arg(0), c.Arg(1)) {
			case mach.KERN_SUCCESS:
				c.Return(0)
			case mach.KERN_INVALID_ARGUMENT:
				c.Fail(proc.EINVAL)
			default: // the kernel has gone
				c.Process.Sync(unmap)
			}
		})
	})
	on("mprotect", func(c *proc.Call) {
		err := c.Process.Space.Protect(c.Arg(0), c.Arg(1), cpu.Prot(c.Int(2)&7), false)
		if errors.Is(err, mem.ErrBad) {
			err = mem.ErrNoSpace // mprotect says ENOMEM for a hole
		}
		spaceError(c, err)
	})
	on("madvise posix_madvise", madvise)
	// The host's memory is the guest's: what is locked stays in memory, as long as the host lets it.
	locking := func(lock func([]byte) error) func(c *proc.Call) {
		return func(c *proc.Call) {
			b, ok := c.Bytes(c.Arg(0), c.Arg(1))
			if !ok {
				c.Fail(proc.ENOMEM)
			} else if len(b) > 0 {
				done(c, lock(b))
			}
		}
	}
	on("mlock", locking(unix.Mlock))
	on("munlock", locking(unix.Munlock))
	on("mlockall munlockall", func(c *proc.Call) { c.Fail(proc.ENOSYS) }) // xnu bsd/kern/kern_mman.c
	on("minherit", func(c *proc.Call) {
		if c.Uint32(2) > 2 { // VM_INHERIT_NONE
			c.Fail(proc.EINVAL)
			return
		}
		s := of(c)
		if s.Kernel == nil {
			c.Fail(proc.ENOTSUP)
			return
		}
		c.Block(func() {
			if kr := s.Kernel.Inherit(c.Thread, c.Arg(0), c.Arg(1), c.Uint32(2)); kr != mach.KERN_SUCCESS {
				c.Fail(proc.EINVAL)
			}
		})
	})
	on("msync", func(c *proc.Call) {
		if _, ok := c.Bytes(c.Arg(0), max(c.Arg(1), 1)); !ok {
			c.Fail(proc.ENOMEM)
		}
	})
}
