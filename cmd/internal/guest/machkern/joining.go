//go:build linux && (amd64 || arm64)

package machkern

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// joining is a way into the guest's kernel for one process: the two ends of a connection.
type joining struct {
	g      *Guest
	theirs *os.File // what the process's runner inherits
	ours   *os.File // what the kernel gets
}

// Starting makes the connection by which the runner of a program that the guest starts joins the
// guest's kernel. There is none if the kernel has gone: the program gets one of its own. Nobody
// who has not inherited it can have it: it has no name, and programs of the host do not get it.
func (g *Guest) Starting(p *proc.Process) (libsystem.Joining, error) {
	g.attach(p)
	if g.own == nil && g.client.gone() {
		return nil, nil
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &joining{g, os.NewFile(uintptr(fds[0]), "theirs"), os.NewFile(uintptr(fds[1]), "ours")}, nil
}

// Replacing does so for a program that takes the guest's place. The kernel of the first guest
// ends with it.
func (g *Guest) Replacing(p *proc.Process) (libsystem.Joining, error) {
	g.attach(p)
	if g.own != nil {
		return nil, nil
	}
	return g.Starting(p)
}

func (j *joining) File() *os.File { return j.theirs }

func (j *joining) Started(pid int, how libsystem.Tracing) { j.g.kernel.started(pid, j.ours, how) }

func (j *joining) Close() {
	_ = j.theirs.Close()
	_ = j.ours.Close()
}

// gone says whether the kernel has ended.
func (r *kernelClient) gone() bool {
	select {
	case <-r.c.Closed():
		return true
	default:
		return false
	}
}
