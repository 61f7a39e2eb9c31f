//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// stat is Darwin's struct stat with 64-bit inodes, the same on both CPUs.
type stat struct {
	Dev                        int32
	Mode, Nlink                uint16
	Ino                        uint64
	UID, GID                   uint32
	Rdev                       int32
	_                          int32
	Atime, Mtime, Ctime, Birth timespec
	Size, Blocks               int64
	Blksize                    int32
	Flags, Gen                 uint32
	_                          int32
	_                          [2]int64
}

func putStat(c *proc.Call, addr uint64, st *unix.Stat_t, err error) {
	if err != nil {
		c.Fail(proc.FromHost(err))
		return
	}
	p := proc.At[stat](c, addr)
	if p == nil {
		c.Fail(proc.EFAULT)
		return
	}
	ts := func(t unix.Timespec) timespec { return timespec{int64(t.Sec), int64(t.Nsec)} }
	// Linux has 20 bits of minor number and Darwin 24, so the number is carried as it is.
	*p = stat{Dev: int32(st.Dev), Mode: uint16(st.Mode), Nlink: uint16(st.Nlink), Ino: st.Ino, UID: st.Uid, GID: st.Gid, Rdev: int32(st.Rdev),
		Atime: ts(st.Atim), Mtime: ts(st.Mtim), Ctime: ts(st.Ctim), Birth: ts(st.Ctim),
		Size: st.Size, Blocks: st.Blocks, Blksize: int32(st.Blksize)}
	c.Return(0)
}

func init() {
	on("open", func(c *proc.Call) { openHost(c, atCWD, c.Arg(0), c.Int(1), uint32(c.VarArg(2, 0))) })
	on("openat", func(c *proc.Call) { openHost(c, c.Int(0), c.Arg(1), c.Int(2), uint32(c.VarArg(3, 0))) })
	on("creat", func(c *proc.Call) { openHost(c, atCWD, c.Arg(0), 1|0x600, c.Uint32(1)) })
	onRead("stat stat64", follow, func(c *proc.Call, p string) {
		var st unix.Stat_t
		err := unix.Stat(p, &st)
		putStat(c, c.Arg(1), &st, err)
	})
	onRead("lstat lstat64", noFollow, func(c *proc.Call, p string) {
		var st unix.Stat_t
		err := unix.Lstat(p, &st)
		putStat(c, c.Arg(1), &st, err)
	})
	on("fstat fstat64", withFile(func(c *proc.Call, d *file) {
		var st unix.Stat_t
		err := unix.Fstat(d.host, &st)
		putStat(c, c.Arg(1), &st, err)
	}))
	on("fstatat fstatat64", func(c *proc.Call) {
		of(c).at(c, c.Int(0), c.Arg(1), followUnless(c, 3), func(p string) {
			var st unix.Stat_t
			err := unix.Stat(p, &st)
			if c.Int(3)&atNoFollow != 0 {
				err = unix.Lstat(p, &st)
			}
			putStat(c, c.Arg(2), &st, err)
		})
	})
	on("lseek", withFile(func(c *proc.Call, d *file) {
		whence := c.Int(2)
		switch whence { // SEEK_HOLE and SEEK_DATA have each other's number
		case 3:
			whence = unix.SEEK_HOLE
		case 4:
			whence = unix.SEEK_DATA
		}
		n, err := unix.Seek(d.host, int64(c.Arg(1)), whence)
		result(c, uint64(n), err)
	}))
	on("ftruncate", withFile(func(c *proc.Call, d *file) { done(c, unix.Ftruncate(d.host, int64(c.Arg(1)))) }))
	on("fsync", withFile(func(c *proc.Call, d *file) { done(c, unix.Fsync(d.host)) }))
	on("flock", withFile(func(c *proc.Call, d *file) {
		how := c.Int(1)
		if how&unix.LOCK_UN != 0 {
			err := unix.Flock(d.host, how)
			if err == nil {
				of(c).vnodes.unlocked(d.host)
			}
			done(c, err)
			return
		}
		if err := unix.Flock(d.host, how|unix.LOCK_NB); err == nil || how&unix.LOCK_NB != 0 || err != unix.EWOULDBLOCK {
			done(c, err)
			return
		}
		c.Block(func() { done(c, unix.Flock(d.host, how)) })
	}))
	on("sync", func(c *proc.Call) { c.Block(unix.Sync) })
	on("umask", func(c *proc.Call) {
		s := of(c)
		c.Return(uint64(s.umask))
		s.umask = c.Uint32(0) & 0o777
	})
	on("pathconf fpathconf", func(c *proc.Call) {
		switch c.Int(1) {
		case 4: // _PC_NAME_MAX
			c.Return(255)
		case 5: // _PC_PATH_MAX
			c.Return(1024)
		default:
			c.Fail(proc.EINVAL)
		}
	})
}

// directory is an open DIR.
type directory struct {
	fd      int
	host    int
	buf     []byte
	left    []byte
	entry   uint64 // guest memory for readdir's result
	seekoff uint64
}

const direntSize = 1048

func (s *State) openDir(c *proc.Call, fd int) {
	f := s.fds.get(fd)
	if f == nil {
		c.Fail(proc.EBADF)
		c.Return(0)
		return
	}
	at := s.duplicate(c, make([]byte, 16+direntSize))
	s.dirs[at] = &directory{fd: fd, host: f.host, entry: at + 16}
	c.Return(at)
}

// next reads one entry into guest memory; false at the end.
func (d *directory) next(to []byte) (bool, error) {
	if len(d.left) < 19 {
		if d.buf == nil {
			d.buf = make([]byte, 8192)
		}
		n, err := unix.Getdents(d.host, d.buf)
		if n <= 0 || err != nil {
			return false, err
		}
		d.left = d.buf[:n]
	}
	e := (*unix.Dirent)(unsafe.Pointer(&d.left[0]))
	name := d.left[19:e.Reclen]
	d.left = d.left[e.Reclen:]
	if i := bytes.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	d.seekoff++
	clear(to)
	*(*uint64)(unsafe.Pointer(&to[0])) = e.Ino
	*(*uint64)(unsafe.Pointer(&to[8])) = d.seekoff
	*(*uint16)(unsafe.Pointer(&to[16])) = uint16(21+len(name)+1+3) &^ 3
	*(*uint16)(unsafe.Pointer(&to[18])) = uint16(len(name))
	to[20] = e.Type
	copy(to[21:], name)
	return true, nil
}

func init() {
	on("fdopendir", func(c *proc.Call) { of(c).openDir(c, c.Int(0)) })
	on("opendir", func(c *proc.Call) {
		openHost(c, atCWD, c.Arg(0), 0x100000|openCloexec, 0)
		if fd := int(int64(c.Result())); fd >= 0 {
			of(c).openDir(c, fd)
			return
		}
		c.Return(0)
	})
	on("closedir", func(c *proc.Call) {
		s := of(c)
		d := s.dirs[c.Arg(0)]
		if d == nil {
			c.Fail(proc.EBADF)
			return
		}
		delete(s.dirs, c.Arg(0))
		s.heap.free(c, c.Arg(0))
		s.closeFD(d.fd)
	})
	on("dirfd", func(c *proc.Call) {
		if d := of(c).dirs[c.Arg(0)]; d != nil {
			c.ReturnInt(d.fd)
			return
		}
		c.Fail(proc.EINVAL)
	})
	on("rewinddir", func(c *proc.Call) {
		if d := of(c).dirs[c.Arg(0)]; d != nil {
			_, _ = unix.Seek(d.host, 0, 0)
			d.left = nil
		}
	})
	on("readdir", func(c *proc.Call) {
		d := of(c).dirs[c.Arg(0)]
		if d == nil {
			c.Fail(proc.EBADF)
			c.Return(0)
			return
		}
		if b, ok := c.Out(d.entry, direntSize); ok {
			if more, _ := d.next(b); more {
				c.Return(d.entry)
			}
		}
	})
	on("readdir_r", func(c *proc.Call) {
		d := of(c).dirs[c.Arg(0)]
		b, ok := c.Out(c.Arg(1), direntSize)
		p := proc.At[uint64](c, c.Arg(2))
		if d == nil || !ok || p == nil {
			c.Return(uint64(proc.EBADF))
			return
		}
		more, err := d.next(b)
		*p = 0
		if more {
			*p = c.Arg(1)
		}
		c.Return(uint64(proc.FromHost(err)))
	})
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}
