//go:build linux && (amd64 || arm64)

package libsystem

import (
	"errors"

	"github.com/gomach/mach/internal/guest/cpu"
	"github.com/gomach/mach/internal/guest/mem"
	"github.com/gomach/mach/internal/guest/proc"
)

// Flags of mmap (xnu bsd/sys/mman.h).
const (
	mapShared = 0x1
	mapFixed  = 0x10
	mapAnon   = 0x1000
)

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

func init() {
	on("mmap __mmap", func(c *proc.Call) {
		s, flags := of(c), c.Int(3)
		r := mem.Request{Address: c.Arg(0), Size: c.Arg(1), Prot: cpu.Prot(c.Int(2) & 7), Max: 7, Inherit: 1,
			Fixed: flags&mapFixed != 0, Overwrite: true, Shared: flags&mapShared != 0}
		if r.Size == 0 {
			c.Fail(proc.EINVAL)
			return
		}
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
	})
	on("munmap __munmap", func(c *proc.Call) {
		if c.Arg(1) == 0 {
			c.Fail(proc.EINVAL)
			return
		}
		spaceError(c, c.Process.Space.Unmap(c.Arg(0), c.Arg(1)))
	})
	on("mprotect", func(c *proc.Call) {
		err := c.Process.Space.Protect(c.Arg(0), c.Arg(1), cpu.Prot(c.Int(2)&7), false)
		if errors.Is(err, mem.ErrBad) {
			err = mem.ErrNoSpace // mprotect says ENOMEM for a hole
		}
		spaceError(c, err)
	})
	on("madvise posix_madvise", func(c *proc.Call) {
		// MADV_FREE and its kin are promises that the contents may go, not that they do;
		// MADV_FREE is the one that saves memory.
		if adv := c.Int(2); adv == 5 {
			c.Process.Space.Discard(c.Arg(0), c.Arg(1))
		}
	})
	on("mlock munlock mlockall munlockall minherit", func(c *proc.Call) {})
	on("msync", func(c *proc.Call) {
		if _, ok := c.Bytes(c.Arg(0), max(c.Arg(1), 1)); !ok {
			c.Fail(proc.ENOMEM)
		}
	})
}
