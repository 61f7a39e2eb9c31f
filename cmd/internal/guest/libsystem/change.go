//go:build linux && (amd64 || arm64)

package libsystem

import (
	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Calls that change files and directories, and those that ask about them by name. Each goes
// through a place that the policy has judged.

// followUnless is how to follow a path where an argument has Darwin's AT_SYMLINK_NOFOLLOW.
func followUnless(c *proc.Call, arg int) int {
	if c.Int(arg)&atNoFollow != 0 {
		return noFollow
	}
	return follow
}

func init() {
	onChange("truncate", follow, func(c *proc.Call, p string) { done(c, unix.Truncate(p, int64(c.Arg(1)))) })
	onChange("mkdir", toCreate, func(c *proc.Call, p string) { done(c, unix.Mkdir(p, c.Uint32(1)&^of(c).umask)) })
	onChangeAt("mkdirat", toCreate, func(c *proc.Call, p string) { done(c, unix.Mkdir(p, c.Uint32(2)&^of(c).umask)) })
	onChange("mkfifo", toCreate, func(c *proc.Call, p string) { done(c, unix.Mkfifo(p, c.Uint32(1)&^of(c).umask)) })
	onChange("rmdir", noFollow, func(c *proc.Call, p string) { done(c, unix.Rmdir(p)) })
	onChange("unlink", noFollow, func(c *proc.Call, p string) { done(c, unlink(p)) })
	onChangeAt("unlinkat", noFollow, func(c *proc.Call, p string) {
		if c.Int(2)&atRemove != 0 {
			done(c, unix.Rmdir(p))
			return
		}
		done(c, unlink(p))
	})
	onChange("remove", noFollow, func(c *proc.Call, p string) {
		err := unix.Unlink(p)
		if err == unix.EISDIR {
			err = unix.Rmdir(p)
		}
		done(c, err)
	})
	onChange("chmod", follow, func(c *proc.Call, p string) { done(c, unix.Chmod(p, c.Uint32(1))) })
	onChangeFile("fchmod", func(c *proc.Call, d *file) { done(c, unix.Fchmod(d.host, c.Uint32(1))) })
	on("lchmod", func(c *proc.Call) {
		of(c).changeAt(c, atCWD, c.Arg(0), noFollow, func(p string) { done(c, changeMode(p, c.Uint32(1))) })
	})
	on("fchmodat", func(c *proc.Call) {
		of(c).changeAt(c, c.Int(0), c.Arg(1), followUnless(c, 3), func(p string) {
			if c.Int(3)&atNoFollow != 0 {
				done(c, changeMode(p, c.Uint32(2)))
				return
			}
			done(c, unix.Chmod(p, c.Uint32(2)))
		})
	})
	onChange("chown", follow, func(c *proc.Call, p string) { done(c, unix.Chown(p, c.Int(1), c.Int(2))) })
	onChange("lchown", noFollow, func(c *proc.Call, p string) { done(c, unix.Lchown(p, c.Int(1), c.Int(2))) })
	onChangeFile("fchown", func(c *proc.Call, d *file) { done(c, unix.Fchown(d.host, c.Int(1), c.Int(2))) })
	on("fchownat", func(c *proc.Call) {
		of(c).changeAt(c, c.Int(0), c.Arg(1), followUnless(c, 4), func(p string) {
			if c.Int(4)&atNoFollow != 0 {
				done(c, unix.Lchown(p, c.Int(2), c.Int(3)))
				return
			}
			done(c, unix.Chown(p, c.Int(2), c.Int(3)))
		})
	})
	on("access", func(c *proc.Call) { checkAccess(c, atCWD, c.Arg(0), c.Uint32(1)) })
	on("faccessat", func(c *proc.Call) { checkAccess(c, c.Int(0), c.Arg(1), c.Uint32(2)) })
	onRead("readlink", noFollow, func(c *proc.Call, p string) { readlink(c, p, 1) })
	onReadAt("readlinkat", noFollow, func(c *proc.Call, p string) { readlink(c, p, 2) })
	onChange("utimes", follow, func(c *proc.Call, p string) { setTimes(c, p, c.Arg(1), 1000, 0) })
	onChange("lutimes", noFollow, func(c *proc.Call, p string) { setTimes(c, p, c.Arg(1), 1000, unix.AT_SYMLINK_NOFOLLOW) })
	on("utimensat", func(c *proc.Call) {
		of(c).changeAt(c, c.Int(0), c.Arg(1), followUnless(c, 3), func(p string) {
			flags := 0
			if c.Int(3)&atNoFollow != 0 {
				flags = unix.AT_SYMLINK_NOFOLLOW
			}
			setTimes(c, p, c.Arg(2), 1, flags)
		})
	})
	onChangeFile("futimes", func(c *proc.Call, d *file) { setTimes(c, fdPath(d.host), c.Arg(1), 1000, 0) })
	onChangeFile("futimens", func(c *proc.Call, d *file) { setTimes(c, fdPath(d.host), c.Arg(1), 1, 0) })
	on("rename", func(c *proc.Call) { rename(c, atCWD, c.Arg(0), atCWD, c.Arg(1)) })
	on("renameat", func(c *proc.Call) { rename(c, c.Int(0), c.Arg(1), c.Int(2), c.Arg(3)) })
	on("link", func(c *proc.Call) { link(c, atCWD, c.Arg(0), atCWD, c.Arg(1), follow) })
	on("linkat", func(c *proc.Call) {
		how := noFollow
		if c.Int(4)&atFollow != 0 {
			how = follow
		}
		link(c, c.Int(0), c.Arg(1), c.Int(2), c.Arg(3), how)
	})
	on("symlink", func(c *proc.Call) { symlink(c, c.Arg(0), atCWD, c.Arg(1)) })
	on("symlinkat", func(c *proc.Call) { symlink(c, c.Arg(0), c.Int(1), c.Arg(2)) })
}

// unlink says EPERM for a directory, as Darwin does.
func unlink(p string) error {
	err := unix.Unlink(p)
	if err == unix.EISDIR {
		return proc.EPERM
	}
	return err
}

// changeMode does not follow a symbolic link. The host keeps no mode of links.
func changeMode(p string, mode uint32) error {
	fd, err := unix.Open(p, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return proc.ENOTSUP
	}
	return unix.Chmod(fdPath(fd), mode)
}

func symlink(c *proc.Call, target uint64, dir int, at uint64) {
	t, ok := c.String(target)
	if !ok {
		c.Fail(proc.EFAULT)
		return
	}
	of(c).changeAt(c, dir, at, toCreate, func(p string) { done(c, unix.Symlink(t, p)) })
}

// pair finds the two places of rename and link.
func pair(c *proc.Call, dir1 int, path1 uint64, how int, dir2 int, path2 uint64) (a, b place, ok bool) {
	s := of(c)
	a, e := s.find(c, dir1, path1, how)
	if e == 0 {
		if b, e = s.find(c, dir2, path2, toCreate); e != 0 {
			a.close()
		}
	}
	if e != 0 {
		c.Fail(e)
	}
	return a, b, e == 0
}

const errCrossDevice = 18 // EXDEV

func rename(c *proc.Call, dir1 int, path1 uint64, dir2 int, path2 uint64) {
	a, b, ok := pair(c, dir1, path1, noFollow, dir2, path2)
	if !ok {
		return
	}
	defer a.close()
	defer b.close()
	s := of(c)
	switch {
	case !s.mayChange(a):
		c.Fail(refusal(a, false))
	case !s.mayChange(b):
		c.Fail(proc.EROFS)
	case !s.mayMove(a) || !s.mayMove(b):
		c.Fail(proc.EBUSY)
	default:
		done(c, unix.Rename(a.path(), b.path()))
	}
}

// link gives an object another name. One that may not be changed must not get one where
// things may be: it is as if it were on another volume.
func link(c *proc.Call, dir1 int, path1 uint64, dir2 int, path2 uint64, how int) {
	a, b, ok := pair(c, dir1, path1, how, dir2, path2)
	if !ok {
		return
	}
	defer a.close()
	defer b.close()
	s := of(c)
	flags := 0
	if a.name == "" {
		flags = unix.AT_SYMLINK_FOLLOW // the way to what a descriptor is of
	}
	switch {
	case !s.mayChange(b):
		c.Fail(refusal(b, true))
	case !s.mayChange(a):
		c.Fail(errCrossDevice)
	default:
		done(c, unix.Linkat(unix.AT_FDCWD, a.path(), unix.AT_FDCWD, b.path(), flags))
	}
}

func checkAccess(c *proc.Call, dir int, path uint64, mode uint32) {
	s := of(c)
	p, e := s.find(c, dir, path, follow)
	if e != 0 {
		c.Fail(e)
		return
	}
	defer p.close()
	if mode&2 != 0 && !s.mayChange(p) {
		c.Fail(proc.EROFS)
		return
	}
	done(c, unix.Access(p.path(), mode))
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
