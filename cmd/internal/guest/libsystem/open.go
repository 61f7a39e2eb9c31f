//go:build linux && (amd64 || arm64)

package libsystem

import (
	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// openFlags pairs Darwin's open flags (xnu bsd/sys/fcntl.h) with Linux's. Those that say how to
// follow the path and whether to make a file are not among them.
var openFlags = [][2]int{
	{0x4, unix.O_NONBLOCK}, {0x8, unix.O_APPEND}, {0x80, unix.O_SYNC}, {openTrunc, unix.O_TRUNC},
	{0x20000, unix.O_NOCTTY}, {0x100000, unix.O_DIRECTORY}, {0x400000, unix.O_DSYNC},
}

const (
	openCloexec  = 0x1000000
	openSymlink  = 0x200000
	openNoFollow = 0x100
	openCreate   = 0x200
	openTrunc    = 0x400
	openExcl     = 0x800
	openShLock   = 0x10
	openExLock   = 0x20
)

// opening is one call of open.
type opening struct {
	c     *proc.Call
	s     *State
	flags int
	host  int // flags for the host
	mode  uint32
}

func openHost(c *proc.Call, dir int, path uint64, flags int, mode uint32) {
	o := &opening{c: c, s: of(c), flags: flags, host: flags&3 | unix.O_CLOEXEC | unix.O_LARGEFILE, mode: mode &^ of(c).umask}
	for _, f := range openFlags {
		if flags&f[0] != 0 {
			o.host |= f[1]
		}
	}
	name, ok := c.String(path)
	if !ok {
		c.Fail(proc.EFAULT)
		return
	}
	if d, e := o.s.descriptorName(name); d != nil && e == 0 {
		if !d.allows(flags & 3) {
			c.Fail(proc.EACCES)
			return
		}
		o.s.dup(c, descriptorOf(o.s, d), 0, flags&openCloexec != 0)
		return
	}
	if e := o.named(dir, name); e != 0 {
		c.Fail(e)
	}
}

// allows says whether a descriptor was opened for what is asked of it now (xnu
// bsd/kern/kern_descrip.c, dupfdopen).
func (d *file) allows(access int) bool {
	flags, err := unix.FcntlInt(uintptr(d.host), unix.F_GETFL, 0)
	has := flags & unix.O_ACCMODE
	return err == nil && (has == unix.O_RDWR || has == access)
}

// descriptorOf is the guest's number of a file.
func descriptorOf(s *State, d *file) int {
	for fd, other := range s.fds.all() {
		if other == d {
			return fd
		}
	}
	return -1
}

// named opens or makes what a name leads to. Somebody may make or remove it meanwhile.
func (o *opening) named(dir int, name string) proc.Errno {
	how := follow
	if o.flags&(openNoFollow|openSymlink) != 0 || o.flags&(openCreate|openExcl) == openCreate|openExcl {
		how = noFollow
	}
	for range mostLinks {
		p, e := o.s.lookup(dir, name, how)
		switch {
		case e == 0 && how == follow:
			return o.held(p)
		case e == 0:
			if fd, err := unix.Openat(p.fd, p.orSelf(), unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0); err == nil {
				p.close()
				if forbidden(fd) {
					_ = unix.Close(fd)
					return proc.ENOENT
				}
				return o.held(place{fd: fd})
			} else if err != unix.ENOENT {
				p.close()
				return proc.FromHost(err)
			}
			p.close()
			e = proc.ENOENT
		}
		if e != proc.ENOENT || o.flags&openCreate == 0 {
			return e
		}
		again := false
		if again, e = o.create(dir, name); !again {
			return e
		}
	}
	return proc.EAGAIN
}

// orSelf is the name for calls that want one.
func (p place) orSelf() string {
	if p.name == "" {
		return "."
	}
	return p.name
}

// create makes a file that is not there; again says that it is there after all.
func (o *opening) create(dir int, name string) (again bool, e proc.Errno) {
	p, e := o.s.lookup(dir, name, noFollow)
	if e != 0 {
		return false, e
	}
	defer func() { p.close() }()
	for range mostLinks {
		target, e := readLink(p.fd, p.orSelf())
		if e != 0 {
			break // not a link
		}
		if o.flags&openNoFollow != 0 {
			return false, 62 // ELOOP
		}
		// A link that leads nowhere: what it names is made.
		if target, e = o.s.behindLink(p.fd, target); e != 0 {
			return false, e
		}
		next, e := o.s.from(p.fd, target, noFollow)
		if e != 0 {
			return false, e
		}
		p.close()
		p = next
	}
	if !o.s.mayChange(p) {
		return p.exists(), proc.EROFS
	}
	fd, err := unix.Openat(p.fd, p.orSelf(), o.host&^unix.O_TRUNC|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW, o.mode)
	if err == unix.EEXIST {
		return true, 0
	}
	if err != nil {
		return false, proc.FromHost(err)
	}
	o.opened(fd)
	return false, 0
}

// held opens the object of a place, and closes the place.
func (o *opening) held(p place) proc.Errno {
	if o.flags&(openCreate|openExcl) == openCreate|openExcl {
		p.close()
		return proc.EEXIST
	}
	if (o.flags&3 != 0 || o.flags&openTrunc != 0) && !o.s.mayChange(p) {
		p.close()
		return proc.EROFS
	}
	var st unix.Stat_t
	if err := unix.Fstat(p.fd, &st); err != nil {
		p.close()
		return proc.FromHost(err)
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		if o.flags&openSymlink == 0 {
			p.close()
			return 62 // ELOOP
		}
		o.opened(p.fd) // the handle is all that there is of a link
		return 0
	}
	open := func() {
		fd, err := unix.Open(p.path(), o.host, 0)
		p.close()
		if err != nil {
			o.c.Fail(proc.FromHost(err))
			return
		}
		o.opened(fd)
	}
	// A FIFO blocks until the other end is opened: that must not stop other threads.
	if st.Mode&unix.S_IFMT == unix.S_IFIFO && o.flags&4 == 0 {
		o.c.Block(open)
	} else {
		open()
	}
	return 0
}

// opened gives the guest what was opened.
func (o *opening) opened(fd int) {
	c := o.c
	if o.flags&(openShLock|openExLock) != 0 {
		how := unix.LOCK_EX
		if o.flags&openShLock != 0 {
			how = unix.LOCK_SH
		}
		if err := unix.Flock(fd, how|unix.LOCK_NB); err != nil {
			_ = unix.Close(fd)
			c.Fail(proc.FromHost(err))
			return
		}
	}
	f := newFile(fd, o.s.knownAs(fd), o.flags&3 != 0)
	if c.Parked() {
		c.Process.Sync(func() { addFile(c, f, o.flags&openCloexec != 0) })
		return
	}
	addFile(c, f, o.flags&openCloexec != 0)
}
