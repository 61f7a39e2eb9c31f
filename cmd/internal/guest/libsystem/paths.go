//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

const (
	atCWD      = -2
	atNoFollow = 0x20
	atFollow   = 0x40
	atRemove   = 0x80
)

func init() {
	onRead("chdir", follow, func(c *proc.Call, p string) {
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
		done(c, of(c).changeDir(fdPath(d.host)))
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
	on("realpath", func(c *proc.Call) {
		s := of(c)
		p, e := s.find(c, atCWD, c.Arg(0), follow)
		if e != 0 {
			c.Fail(e)
			c.Return(0)
			return
		}
		defer p.close()
		b := []byte(s.GuestPath(p.real()) + "\x00")
		if c.Arg(1) == 0 {
			c.Return(s.duplicate(c, b))
			return
		}
		if o, ok := c.Out(c.Arg(1), uint64(len(b))); ok {
			copy(o, b)
			c.Return(c.Arg(1))
			return
		}
		c.Fail(proc.EFAULT)
		c.Return(0)
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
	if real, err := os.Readlink(fdPath(fd)); err == nil {
		s.cwd = s.GuestPath(real)
	}
	return nil
}
