//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/guest/proc"
)

const (
	atCWD      = -2
	atNoFollow = 0x20
	atFollow   = 0x40
	atRemove   = 0x80
)

// hostPath translates a path of the guest, relative to a directory descriptor, and checks
// that a change is allowed there. Where follow is false, a symbolic link at the end is meant itself.
func (s *State) hostPath(c *proc.Call, dir int, addr uint64, write, follow bool) (string, proc.Errno) {
	name, ok := c.String(addr)
	if !ok {
		return "", proc.EFAULT
	}
	if name == "" {
		return "", proc.ENOENT
	}
	if len(name) >= 1024 {
		return "", 63 // ENAMETOOLONG
	}
	if !strings.HasPrefix(name, "/") {
		base := s.cwd
		if s.cwdFD >= 0 && s.Policy.Root == "" {
			base = "/proc/self/fd/" + itoa(s.cwdFD) // its name may be too long, or have changed
		}
		if dir != atCWD {
			d := s.fds.get(dir)
			if d == nil {
				return "", proc.EBADF
			}
			base = d.path
			if s.Policy.Root == "" {
				base = "/proc/self/fd/" + itoa(d.host) // the directory may have been renamed since
			}
		}
		name = base + "/" + name
	}
	host := name
	if s.Policy.Root != "" {
		var e proc.Errno
		if host, e = within(s.Policy.Root, name, follow); e != 0 {
			return "", e
		}
	}
	if write && !s.mayWrite(host, follow) {
		return "", proc.EROFS
	}
	return host, 0
}

// GuestPath is the name by which a guest knows a host path.
func (s *State) GuestPath(host string) string {
	if s.Policy.Root == "" {
		return host
	}
	if rest, ok := strings.CutPrefix(host, strings.TrimSuffix(s.Policy.Root, "/")); ok {
		if rest == "" {
			return "/"
		}
		return rest
	}
	return host
}

// within resolves a path below a root as chroot would: neither ".." nor symbolic links lead out.
func within(root, name string, follow bool) (string, proc.Errno) {
	parts := strings.Split(name, "/")
	var done []string
	for links := 0; len(parts) > 0; {
		p := parts[0]
		parts = parts[1:]
		switch p {
		case "", ".":
			continue
		case "..":
			done = done[:max(len(done)-1, 0)]
			continue
		}
		host := filepath.Join(root, filepath.Join(done...), p)
		if target, err := os.Readlink(host); err == nil && (follow || len(parts) > 0) {
			if links++; links > 32 {
				return "", 62 // ELOOP
			}
			if strings.HasPrefix(target, "/") {
				done = nil
			}
			parts = append(strings.Split(target, "/"), parts...)
			continue
		}
		done = append(done, p)
	}
	return filepath.Join(root, filepath.Join(done...)), 0
}

// mayWrite applies the policy to a host path, symbolic links resolved.
func (s *State) mayWrite(host string, follow bool) bool {
	if s.Policy.Writable == nil && s.Policy.ReadOnly == nil || host == "/dev/null" || host == "/dev/tty" || strings.HasPrefix(host, "/dev/pts/") {
		return true
	}
	real := ""
	if last := filepath.Base(host); follow || strings.HasSuffix(host, "/") || strings.HasSuffix(host, "/.") || last == ".." {
		if r, err := filepath.EvalSymlinks(host); err == nil {
			real = r
		}
	}
	if real == "" {
		dir, err := filepath.EvalSymlinks(filepath.Dir(filepath.Clean(host)))
		if err != nil {
			dir = filepath.Dir(filepath.Clean(host))
		}
		real = filepath.Join(dir, filepath.Base(filepath.Clean(host)))
	}
	if inside(real, s.Policy.ReadOnly) {
		return false
	}
	return s.Policy.Writable == nil || inside(real, s.Policy.Writable)
}

func inside(path string, trees []string) bool {
	for _, t := range trees {
		if path == t || strings.HasPrefix(path, strings.TrimSuffix(t, "/")+"/") {
			return true
		}
	}
	return false
}

// onPath registers a function whose first argument is a path.
func onPath(name string, write, follow bool, f func(c *proc.Call, path string)) {
	on(name, func(c *proc.Call) {
		p, e := of(c).hostPath(c, atCWD, c.Arg(0), write, follow)
		if e != 0 {
			c.Fail(e)
			return
		}
		f(c, p)
	})
}

// onPathAt registers a function whose first arguments are a directory descriptor and a path.
func onPathAt(name string, write, follow bool, f func(c *proc.Call, path string)) {
	on(name, func(c *proc.Call) {
		p, e := of(c).hostPath(c, c.Int(0), c.Arg(1), write, follow)
		if e != 0 {
			c.Fail(e)
			return
		}
		f(c, p)
	})
}

// done returns a host call's error alone.
func done(c *proc.Call, err error) { result(c, 0, err) }

func init() {
	onPath("chdir", false, true, func(c *proc.Call, p string) {
		var st unix.Stat_t
		switch err := unix.Stat(p, &st); {
		case err != nil:
			c.Fail(proc.FromHost(err))
		case st.Mode&unix.S_IFMT != unix.S_IFDIR:
			c.Fail(proc.ENOTDIR)
		case unix.Access(p, unix.X_OK) != nil:
			c.Fail(proc.EACCES)
		default:
			done(c, of(c).changeDir(p))
		}
	})
	on("fchdir", withFile(func(c *proc.Call, d *file) {
		var st unix.Stat_t
		if unix.Fstat(d.host, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
			c.Fail(proc.ENOTDIR)
			return
		}
		done(c, of(c).changeDir("/proc/self/fd/"+itoa(d.host)))
	}))
	on("getcwd", func(c *proc.Call) {
		s := of(c)
		b, ok := c.Out(c.Arg(0), c.Arg(1))
		switch {
		case c.Arg(0) == 0:
			c.Return(s.duplicate(c, []byte(s.cwd+"\x00")))
		case !ok:
			c.Fail(proc.EFAULT)
			c.Return(0)
		case len(b) <= len(s.cwd):
			c.Fail(proc.ERANGE)
			c.Return(0)
		default:
			copy(b, s.cwd+"\x00")
			c.Return(c.Arg(0))
		}
	})
}

// changeDir moves to a directory of the host.
func (s *State) changeDir(host string) error {
	fd, err := unix.Open(host, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if s.cwdFD >= 0 && (s.child == nil || s.child.cwdFD != s.cwdFD) {
		_ = unix.Close(s.cwdFD)
	}
	s.cwdFD = fd
	if real, err := os.Readlink("/proc/self/fd/" + itoa(fd)); err == nil {
		s.cwd = s.GuestPath(real)
	}
	return nil
}
