//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os/user"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// rawPipe returns the descriptors in two registers.
func rawPipe(c *proc.Call) {
	var h [2]int
	if err := unix.Pipe2(h[:], unix.O_CLOEXEC); err != nil {
		c.Fail(proc.FromHost(err))
		return
	}
	s := of(c)
	c.ReturnTwo(uint64(s.fds.add(newFile(h[0], "", false), 0)), uint64(s.fds.add(newFile(h[1], "", true), 0)))
}

// kernelSigaction is struct __user_sigaction (xnu bsd/sys/signal.h): what the system call
// takes, with the function that the kernel calls instead of the handler.
type kernelSigaction struct {
	Handler, Trampoline uint64
	Mask, Flags         uint32
}

func rawSigaction(c *proc.Call) {
	sig := c.Int(0)
	if sig <= 0 || sig >= 32 || c.Arg(1) != 0 && (sig == proc.SIGKILL || sig == proc.SIGSTOP) {
		c.Fail(proc.EINVAL)
		return
	}
	a := &c.Process.Signals.Actions[sig]
	before := *a
	if c.Arg(1) != 0 {
		n := proc.Read[kernelSigaction](c, c.Arg(1))
		if n == nil {
			c.Fail(proc.EFAULT)
			return
		}
		*a = proc.Action{Handler: n.Handler, Mask: maskable(n.Mask), Flags: n.Flags, Trampoline: n.Trampoline}
	}
	if c.Arg(2) != 0 {
		p := proc.At[sigaction](c, c.Arg(2))
		if p == nil {
			c.Fail(proc.EFAULT)
			return
		}
		*p = sigaction{before.Handler, before.Mask, before.Flags}
	}
}

// rawGetlogin stores the name in a buffer (xnu bsd/kern/kern_prot.c getlogin).
func rawGetlogin(c *proc.Call) {
	u, err := user.Current()
	if err != nil {
		c.Fail(proc.FromHost(err))
		return
	}
	name := append([]byte(u.Username), 0)
	n := min(uint64(c.Uint32(1)), uint64(len(name)))
	b, ok := c.Out(c.Arg(0), n)
	if !ok {
		c.Fail(proc.EFAULT)
		return
	}
	copy(b, name)
}
