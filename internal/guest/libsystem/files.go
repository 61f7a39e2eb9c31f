//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/guest/proc"
)

// openFlags pairs Darwin's open flags (xnu bsd/sys/fcntl.h) with Linux's.
var openFlags = [][2]int{
	{0x4, unix.O_NONBLOCK}, {0x8, unix.O_APPEND}, {0x80, unix.O_SYNC}, {0x100, unix.O_NOFOLLOW}, {0x200, unix.O_CREAT}, {0x400, unix.O_TRUNC},
	{0x800, unix.O_EXCL}, {0x20000, unix.O_NOCTTY}, {0x100000, unix.O_DIRECTORY}, {0x400000, unix.O_DSYNC},
}

const (
	openCloexec = 0x1000000
	openSymlink = 0x200000
	openCreate  = 0x200
	openShLock  = 0x10
	openExLock  = 0x20
)

func openHost(c *proc.Call, dir int, path uint64, flags int, mode uint32) {
	s := of(c)
	writes := flags&3 != 0 || flags&(openCreate|0x400) != 0
	follow := flags&(0x100|openSymlink) == 0 && flags&(openCreate|0x800) != openCreate|0x800
	name, e := s.hostPath(c, dir, path, false, follow)
	if e == 0 && writes {
		_, e = s.hostPath(c, dir, path, true, follow)
		if e == proc.EROFS && flags&3 == 0 && unix.Access(name, unix.F_OK) == nil && flags&0xc00 == 0 {
			e = 0 // O_CREAT on a file that exists changes nothing
		}
	}
	if e != 0 {
		c.Fail(e)
		return
	}
	h := flags & 3
	for _, f := range openFlags {
		if flags&f[0] != 0 {
			h |= f[1]
		}
	}
	if flags&openSymlink != 0 {
		h |= unix.O_PATH | unix.O_NOFOLLOW
	}
	// A FIFO blocks until the other end is opened: that must not stop other threads.
	var st unix.Stat_t
	open := func() {
		fd, err := unix.Open(name, h|unix.O_CLOEXEC|unix.O_LARGEFILE, mode&^s.umask)
		if err != nil {
			c.Fail(proc.FromHost(err))
			return
		}
		if flags&(openShLock|openExLock) != 0 {
			how := unix.LOCK_EX
			if flags&openShLock != 0 {
				how = unix.LOCK_SH
			}
			if err := unix.Flock(fd, how|unix.LOCK_NB); err != nil {
				_ = unix.Close(fd)
				c.Fail(proc.FromHost(err))
				return
			}
		}
		f := newFile(fd, s.GuestPath(filepath.Clean(name)), flags&3 != 0)
		if c.Parked() {
			c.Process.Sync(func() { addFile(c, f, flags&openCloexec != 0) })
			return
		}
		addFile(c, f, flags&openCloexec != 0)
	}
	if unix.Stat(name, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO && flags&4 == 0 {
		c.Block(open)
		return
	}
	open()
}

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
	onPath("stat stat64", false, true, func(c *proc.Call, p string) {
		var st unix.Stat_t
		err := unix.Stat(p, &st)
		putStat(c, c.Arg(1), &st, err)
	})
	onPath("lstat lstat64", false, false, func(c *proc.Call, p string) {
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
		follow := c.Int(3)&atNoFollow == 0
		p, e := of(c).hostPath(c, c.Int(0), c.Arg(1), false, follow)
		if e != 0 {
			c.Fail(e)
			return
		}
		var st unix.Stat_t
		var err error
		if follow {
			err = unix.Stat(p, &st)
		} else {
			err = unix.Lstat(p, &st)
		}
		putStat(c, c.Arg(2), &st, err)
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
	on("fchmod", withFile(func(c *proc.Call, d *file) { done(c, unix.Fchmod(d.host, c.Uint32(1))) }))
	on("fchown", withFile(func(c *proc.Call, d *file) { done(c, unix.Fchown(d.host, c.Int(1), c.Int(2))) }))
	on("flock", withFile(func(c *proc.Call, d *file) {
		how := c.Int(1)
		if err := unix.Flock(d.host, how|unix.LOCK_NB); err == nil || how&unix.LOCK_NB != 0 || err != unix.EWOULDBLOCK {
			done(c, err)
			return
		}
		c.Block(func() { done(c, unix.Flock(d.host, how)) })
	}))
	on("sync", func(c *proc.Call) {})
	on("umask", func(c *proc.Call) {
		s := of(c)
		c.Return(uint64(s.umask))
		s.umask = c.Uint32(0) & 0o777
	})
	onPath("truncate", true, true, func(c *proc.Call, p string) { done(c, unix.Truncate(p, int64(c.Arg(1)))) })
	onPath("mkdir", true, false, func(c *proc.Call, p string) { done(c, unix.Mkdir(p, c.Uint32(1)&^of(c).umask)) })
	onPathAt("mkdirat", true, false, func(c *proc.Call, p string) { done(c, unix.Mkdir(p, c.Uint32(2)&^of(c).umask)) })
	onPath("mkfifo", true, false, func(c *proc.Call, p string) { done(c, unix.Mkfifo(p, c.Uint32(1)&^of(c).umask)) })
	onPath("rmdir", true, false, func(c *proc.Call, p string) { done(c, unix.Rmdir(p)) })
	onPath("unlink", true, false, func(c *proc.Call, p string) { done(c, unlink(p)) })
	onPathAt("unlinkat", true, false, func(c *proc.Call, p string) {
		if c.Int(2)&atRemove != 0 {
			done(c, unix.Rmdir(p))
			return
		}
		done(c, unlink(p))
	})
	onPath("remove", true, false, func(c *proc.Call, p string) {
		err := unix.Unlink(p)
		if err == unix.EISDIR {
			err = unix.Rmdir(p)
		}
		done(c, err)
	})
	onPath("chmod", true, true, func(c *proc.Call, p string) { done(c, unix.Chmod(p, c.Uint32(1))) })
	onPathAt("fchmodat", true, true, func(c *proc.Call, p string) { done(c, unix.Chmod(p, c.Uint32(2))) })
	onPath("chown", true, true, func(c *proc.Call, p string) { done(c, unix.Chown(p, c.Int(1), c.Int(2))) })
	onPath("lchown", true, false, func(c *proc.Call, p string) { done(c, unix.Lchown(p, c.Int(1), c.Int(2))) })
	onPathAt("fchownat", true, true, func(c *proc.Call, p string) {
		if c.Int(4)&atNoFollow != 0 {
			done(c, unix.Lchown(p, c.Int(2), c.Int(3)))
			return
		}
		done(c, unix.Chown(p, c.Int(2), c.Int(3)))
	})
	onPath("access", false, true, func(c *proc.Call, p string) { checkAccess(c, p, c.Uint32(1)) })
	onPathAt("faccessat", false, true, func(c *proc.Call, p string) { checkAccess(c, p, c.Uint32(2)) })
	onPath("readlink", false, false, func(c *proc.Call, p string) { readlink(c, p, 1) })
	onPathAt("readlinkat", false, false, func(c *proc.Call, p string) { readlink(c, p, 2) })
	onPath("utimes", true, true, func(c *proc.Call, p string) { setTimes(c, p, c.Arg(1), 1000, 0) })
	onPathAt("utimensat", true, false, func(c *proc.Call, p string) {
		flags := 0
		if c.Int(3)&atNoFollow != 0 {
			flags = unix.AT_SYMLINK_NOFOLLOW
		}
		setTimes(c, p, c.Arg(2), 1, flags)
	})
	on("futimes", withFile(func(c *proc.Call, d *file) {
		setTimes(c, "/proc/self/fd/"+itoa(d.host), c.Arg(1), 1000, 0)
	}))
	two := func(name string, write1 bool, f func(a, b string) error) {
		on(name, func(c *proc.Call) {
			a, e := of(c).hostPath(c, atCWD, c.Arg(0), write1, false)
			if e == 0 {
				var b string
				if b, e = of(c).hostPath(c, atCWD, c.Arg(1), true, false); e == 0 {
					done(c, f(a, b))
					return
				}
			}
			c.Fail(e)
		})
		on(name+"at", func(c *proc.Call) {
			a, e := of(c).hostPath(c, c.Int(0), c.Arg(1), write1, false)
			if e == 0 {
				var b string
				if b, e = of(c).hostPath(c, c.Int(2), c.Arg(3), true, false); e == 0 {
					done(c, f(a, b))
					return
				}
			}
			c.Fail(e)
		})
	}
	two("rename", true, func(a, b string) error {
		// With a slash behind it, a symbolic link means its target; Linux refuses that.
		if link := strings.TrimRight(a, "/"); link != a {
			if _, err := os.Readlink(link); err == nil {
				if real, err := filepath.EvalSymlinks(link); err == nil {
					a = real
				}
			}
		}
		return unix.Rename(a, b)
	})
	two("link", false, unix.Link)
	on("symlink", func(c *proc.Call) { symlink(c, c.Arg(0), atCWD, c.Arg(1)) })
	on("symlinkat", func(c *proc.Call) { symlink(c, c.Arg(0), c.Int(1), c.Arg(2)) })
	on("realpath", func(c *proc.Call) {
		p, e := of(c).hostPath(c, atCWD, c.Arg(0), false, true)
		if e == 0 {
			r, err := filepath.EvalSymlinks(p)
			if e = proc.FromHost(err); err == nil {
				r, _ = filepath.Abs(r)
				b := []byte(of(c).GuestPath(r) + "\x00")
				if c.Arg(1) == 0 {
					c.Return(of(c).duplicate(c, b))
					return
				}
				if o, ok := c.Out(c.Arg(1), uint64(len(b))); ok {
					copy(o, b)
					c.Return(c.Arg(1))
					return
				}
				e = proc.EFAULT
			}
		}
		c.Fail(e)
		c.Return(0)
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

// unlink says EPERM for a directory, as Darwin does.
func unlink(p string) error {
	err := unix.Unlink(p)
	if err == unix.EISDIR {
		return proc.EPERM
	}
	return err
}

func symlink(c *proc.Call, target uint64, dir int, at uint64) {
	t, ok := c.String(target)
	if !ok {
		c.Fail(proc.EFAULT)
		return
	}
	p, e := of(c).hostPath(c, dir, at, true, false)
	if e != 0 {
		c.Fail(e)
		return
	}
	done(c, unix.Symlink(t, p))
}

func checkAccess(c *proc.Call, p string, mode uint32) {
	if mode&2 != 0 && !of(c).mayWrite(p, true) {
		c.Fail(proc.EROFS)
		return
	}
	done(c, unix.Access(p, mode))
}

func readlink(c *proc.Call, p string, arg int) {
	b, ok := c.Out(c.Arg(arg), c.Arg(arg+1))
	if !ok || len(b) == 0 {
		c.Fail(proc.EFAULT)
		return
	}
	n, err := unix.Readlink(p, b)
	result(c, uint64(n), err)
}

func setTimes(c *proc.Call, p string, at uint64, scale int64, flags int) {
	ts := []unix.Timespec{{Nsec: unix.UTIME_NOW}, {Nsec: unix.UTIME_NOW}}
	if at != 0 {
		t := proc.Read[[4]int64](c, at)
		if t == nil {
			c.Fail(proc.EFAULT)
			return
		}
		for i := range ts {
			ns := t[2*i+1] & 0xffffffff // tv_usec is 32 bits wide
			if scale == 1 {
				ns = t[2*i+1]
			}
			switch {
			case ns == -1 && scale == 1:
				ts[i].Nsec = unix.UTIME_NOW
			case ns == -2 && scale == 1:
				ts[i].Nsec = unix.UTIME_OMIT
			default:
				ts[i] = unix.Timespec{Sec: t[2*i], Nsec: ns * scale}
			}
		}
	}
	done(c, unix.UtimesNanoAt(unix.AT_FDCWD, p, ts, flags))
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
