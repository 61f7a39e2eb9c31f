//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// place is what a path of the guest leads to: an object, or a name in a directory. Object and
// directory are held by a descriptor, so what the policy has judged is what is used, whatever
// becomes of names meanwhile.
type place struct {
	fd   int    // O_PATH
	name string // in the directory; "" means the object itself
}

// path is a name for calls of the host that means the place and nothing else. It is good until
// close.
func (p place) path() string {
	if p.name == "" {
		return fdPath(p.fd)
	}
	return fdPath(p.fd) + "/" + p.name
}

func (p place) close() { _ = unix.Close(p.fd) }

// real is the path by which the host knows the place now.
func (p place) real() string {
	real, err := os.Readlink(fdPath(p.fd))
	switch {
	case err != nil:
		return ""
	case p.name == "" || p.name == ".":
		return real
	}
	return strings.TrimSuffix(real, "/") + "/" + p.name
}

// exists says whether there is something at the place.
func (p place) exists() bool {
	var st unix.Stat_t
	return p.name == "" || unix.Fstatat(p.fd, p.name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil
}

// fdPath leads to what a descriptor of the runner means.
func fdPath(fd int) string { return "/proc/self/fd/" + itoa(fd) }

// Ways to follow a path.
const (
	follow   = iota // to the object, through symbolic links
	noFollow        // to the name; a symbolic link at the end is meant itself
	toCreate        // the same, for a name that is about to be made: with a slash at the end, only a directory's
)

// mostLinks is how many symbolic links a path may lead through (MAXSYMLINKS).
const mostLinks = 32

// find follows a path of the guest, relative to a directory descriptor. The caller closes the
// place.
func (s *State) find(c *proc.Call, dir int, addr uint64, how int) (place, proc.Errno) {
	name, ok := c.String(addr)
	if !ok {
		return place{}, proc.EFAULT
	}
	return s.lookup(dir, name, how)
}

// lookup follows a name.
func (s *State) lookup(dir int, name string, how int) (place, proc.Errno) {
	switch {
	case name == "":
		return place{}, proc.ENOENT
	case len(name) >= 1024:
		return place{}, 63 // ENAMETOOLONG
	}
	base, e := s.base(dir, name)
	if e != 0 {
		return place{}, e
	}
	if d, e := s.descriptorName(name); e != 0 || d != nil {
		return s.ofDescriptor(d, e)
	}
	return s.from(base, name, how)
}

// base is the host's descriptor that a name is relative to.
func (s *State) base(dir int, name string) (int, proc.Errno) {
	switch {
	case strings.HasPrefix(name, "/"):
		return unix.AT_FDCWD, 0
	case dir != atCWD:
		d := s.fds.get(dir)
		if d == nil {
			return 0, proc.EBADF
		}
		return d.host, 0
	case s.cwdFD >= 0:
		return s.cwdFD, 0
	}
	return unix.AT_FDCWD, 0
}

// descriptorName is the file that a name in /dev/fd means, or one of /dev/stdin and its
// relatives: those of the guest. On the host the same names would mean the runner's.
func (s *State) descriptorName(name string) (*file, proc.Errno) {
	fd := -1
	switch name {
	case "/dev/stdin":
		fd = 0
	case "/dev/stdout":
		fd = 1
	case "/dev/stderr":
		fd = 2
	default:
		number, ok := strings.CutPrefix(name, "/dev/fd/")
		if !ok {
			return nil, 0
		}
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return nil, proc.ENOENT
		}
		fd = int(n)
	}
	d := s.fds.get(fd)
	if d == nil {
		return nil, proc.EBADF // xnu bsd/miscfs/devfs/devfs_fdesc_support.c
	}
	return d, 0
}

func (s *State) ofDescriptor(d *file, e proc.Errno) (place, proc.Errno) {
	if e != 0 {
		return place{}, e
	}
	h, err := unix.FcntlInt(uintptr(d.host), unix.F_DUPFD_CLOEXEC, 3)
	return place{fd: h}, proc.FromHost(err)
}

// from follows a name from a descriptor of the host's.
func (s *State) from(base int, name string, how int) (p place, e proc.Errno) {
	// With -root the names of links that were followed begin anew there: openat2 does so alone.
	for range mostLinks {
		bare := strings.TrimRight(name, "/")
		slash := len(bare) < len(name)
		i := strings.LastIndexByte(bare, '/')
		last := bare[i+1:]
		if how == follow || last == "" || last == "." || last == ".." {
			fd, e := s.open(base, name, 0)
			if e != 0 || how == follow {
				return place{fd: fd}, e
			}
			return place{fd, "."}, 0
		}
		parent := bare[:i+1]
		if parent == "" {
			parent = "."
		}
		fd, e := s.open(base, parent, unix.O_DIRECTORY)
		if e != 0 {
			return place{}, e
		}
		p = place{fd, last}
		if !slash {
			return p, 0
		}
		// With a slash behind it the name is a directory's, and a symbolic link means its target.
		var st unix.Stat_t
		switch err := unix.Fstatat(fd, last, &st, unix.AT_SYMLINK_NOFOLLOW); {
		case err == unix.ENOENT && how == toCreate:
			return p, 0
		case err != nil:
			e = proc.FromHost(err)
		case st.Mode&unix.S_IFMT == unix.S_IFDIR:
			return p, 0
		case st.Mode&unix.S_IFMT != unix.S_IFLNK:
			e = proc.ENOTDIR
		}
		var target string
		if e == 0 {
			target, e = readLink(fd, last)
		}
		if e != 0 {
			p.close()
			return place{}, e
		}
		name, e = s.behindLink(fd, target+"/")
		if base, e = s.rebase(fd, e); e != 0 {
			return place{}, e
		}
		defer unix.Close(base)
	}
	return place{}, 62 // ELOOP
}

// rebase hands on a descriptor, or closes it.
func (s *State) rebase(fd int, e proc.Errno) (int, proc.Errno) {
	if e != 0 {
		_ = unix.Close(fd)
	}
	return fd, e
}

func readLink(dir int, name string) (string, proc.Errno) {
	b := make([]byte, 4096)
	n, err := unix.Readlinkat(dir, name, b)
	return string(b[:max(n, 0)]), proc.FromHost(err)
}

// behindLink is where a link's target goes on from its directory.
func (s *State) behindLink(dir int, target string) (string, proc.Errno) {
	if s.Policy.Root == "" || strings.HasPrefix(target, "/") {
		return target, 0
	}
	real, err := os.Readlink(fdPath(dir))
	if err != nil {
		return "", proc.FromHost(err)
	}
	return s.GuestPath(real) + "/" + target, 0
}

// open opens a handle on what a name leads to. Nothing leads out of the guest's root, nor by
// /proc to what the runner has.
func (s *State) open(base int, name string, flags uint64) (int, proc.Errno) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC | flags, Resolve: unix.RESOLVE_NO_MAGICLINKS}
	if s.Policy.Root != "" {
		how.Resolve |= unix.RESOLVE_IN_ROOT
		if !strings.HasPrefix(name, "/") {
			dir := s.cwd
			if base != unix.AT_FDCWD && base != s.cwdFD {
				real, err := os.Readlink(fdPath(base))
				if err != nil {
					return -1, proc.FromHost(err)
				}
				dir = s.GuestPath(real)
			}
			name = dir + "/" + name
		}
		base = s.rootFD
	}
	for {
		fd, err := unix.Openat2(base, name, &how)
		switch err {
		case nil:
			if forbidden(fd) {
				_ = unix.Close(fd)
				return -1, proc.ENOENT
			}
			return fd, 0
		case unix.EAGAIN, unix.EINTR: // somebody renames while ".." is followed
			continue
		case unix.ELOOP:
			// Not for a loop of links but for one of /proc that leads to an object? It is not there.
			how.Resolve &^= unix.RESOLVE_NO_MAGICLINKS
			if fd, err := unix.Openat2(base, name, &how); err == nil {
				_ = unix.Close(fd)
				return -1, proc.ENOENT
			}
		}
		return -1, proc.FromHost(err)
	}
}

// forbidden says whether an object is one of /proc, wherever that is mounted. Darwin has none,
// and Linux's would give a guest its runner's memory and descriptors.
func forbidden(fd int) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(fd, &st) == nil && st.Type == unix.PROC_SUPER_MAGIC
}

// programPath is the host's name of a program that the guest wants to start, which may be that of
// a symbolic link: the program learns it.
func (s *State) programPath(c *proc.Call, addr uint64) (string, proc.Errno) {
	p, e := s.find(c, atCWD, addr, follow)
	if e != 0 {
		return "", e
	}
	defer p.close()
	if s.Policy.Root != "" {
		return p.real(), 0 // the host would follow a link elsewhere
	}
	named, e := s.find(c, atCWD, addr, noFollow)
	if e != 0 {
		return "", e
	}
	defer named.close()
	return named.real(), 0
}
