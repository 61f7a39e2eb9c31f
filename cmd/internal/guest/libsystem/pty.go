//go:build linux && (amd64 || arm64)

package libsystem

import (
	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// slaveName is the other end of a pseudo-terminal.
func slaveName(host int) (string, error) {
	n, err := unix.IoctlGetInt(host, unix.TIOCGPTN)
	return "/dev/pts/" + itoa(max(n, 0)), err
}

func init() {
	on("posix_openpt", func(c *proc.Call) {
		h, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		if err != nil {
			c.Fail(proc.FromHost(err))
			return
		}
		addFile(c, newFile(h, "/dev/ptmx", true), false)
	})
	on("grantpt", withFile(func(c *proc.Call, d *file) {}))
	on("unlockpt", withFile(func(c *proc.Call, d *file) { done(c, unix.IoctlSetPointerInt(d.host, unix.TIOCSPTLCK, 0)) }))
	on("ptsname_r", withFile(func(c *proc.Call, d *file) {
		name, err := slaveName(d.host)
		switch {
		case err != nil:
			c.Fail(proc.FromHost(err))
		case uint64(len(name)) >= c.Arg(2):
			c.Fail(proc.ERANGE)
		case !copyString(c, c.Arg(1), name):
		}
	}))
	on("ptsname", withFile(func(c *proc.Call, d *file) {
		if name, err := slaveName(d.host); err == nil {
			c.Return(c.Process.Static([]byte(name + "\x00")))
			return
		}
		c.Return(0)
	}))
}
