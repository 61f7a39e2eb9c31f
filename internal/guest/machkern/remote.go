//go:build linux && (amd64 || arm64)

package machkern

import (
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/guest/wire"
	"github.com/gomach/mach/internal/proto"
)

// remote is the kernel in another runner.
type remote struct {
	c    *wire.Conn
	self mach.MachPort
	boot mach.MachPort
}

// join connects to a kernel.
func join(g *Guest, kernel string) (*remote, error) {
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Net: "unix", Name: kernel})
	if err != nil {
		return nil, err
	}
	if _, err := peer(c); err != nil {
		_ = c.Close()
		return nil, err
	}
	r := &remote{}
	r.c = wire.New(c, func(body any, files []*os.File) any {
		defer func() {
			for _, f := range files {
				_ = f.Close()
			}
		}()
		q, ok := body.(toGuest)
		if !ok {
			return nil
		}
		<-g.ready // before, what is asked about is in the making
		o, err := q.about(g, files)
		o.Failed = failureOf(err)
		return o
	})
	go func() {
		<-r.c.Closed()
		<-g.ready
		// Nobody is left who could let anything go on.
		g.process.Sync(g.process.ReleaseAll)
	}()
	return r, nil
}

// hello makes the guest a task.
func (r *remote) hello(t *task) {
	u, err := t.Usage()
	if err != nil {
		return
	}
	a, _ := r.c.Ask(hello{CPU: t.CPU(), PageSize: t.p.Arch.PageSize, Usage: u})
	if w, ok := a.(welcome); ok {
		r.self, r.boot = w.Self, w.Boot
	}
}

func (r *remote) names() (self, boot mach.MachPort) { return r.self, r.boot }

func (r *remote) ask(m toKernel) (a reply, ok bool) {
	v, err := r.c.Ask(m)
	if err != nil {
		return a, false
	}
	a, ok = v.(reply)
	return a, ok
}

func (r *remote) perform(x *call) uint64 {
	a, ok := r.ask(invoke{Thread: x.thread, Symbol: x.symbol, Waits: x.waits, Args: x.args})
	if !ok {
		return withoutKernel(x)
	}
	return a.Word
}

// withoutKernel is what calls give when the kernel has gone: nothing is there any more that
// could be sent to, received from or changed.
func withoutKernel(x *call) uint64 {
	f := &proto.Functions[x.symbol-1]
	if strings.HasPrefix(f.Name, "mach_msg") && f.Returns == proto.KernReturn {
		if mach.MachMsgOption(x.args[1])&mach.MACH_SEND_MSG != 0 {
			return word32(mach.MACH_SEND_INVALID_DEST)
		}
		return word32(mach.MACH_RCV_PORT_DIED)
	}
	if f.Returns == proto.KernReturn {
		return word32(mach.KERN_TERMINATED)
	}
	return 0
}

func word32(kr mach.KernReturn) uint64 { return uint64(uint32(kr)) }

func (r *remote) raise(thread int, e raised) bool {
	a, _ := r.ask(trap{thread, e})
	return a.OK
}

func (r *remote) threadEnded(thread int) { _ = r.c.Tell(threadEnded{thread}) }

func (r *remote) threadName(thread int) mach.MachPort {
	a, _ := r.ask(threadNamed{thread})
	return mach.MachPort(a.Word)
}

func (r *remote) threadOf(name mach.MachPort) (int, bool) {
	a, _ := r.ask(threadNameOf{name})
	return int(a.Word), a.OK
}

func (r *remote) expect(pid int, not bool) { _ = r.c.Tell(expected{pid, not}) }

// peer is the process at the other end. It must be of the same user.
func peer(c *net.UnixConn) (pid int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var bad error
	if err := raw.Control(func(fd uintptr) {
		cred, bad = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if bad != nil {
		return 0, bad
	}
	if int(cred.Uid) != os.Geteuid() {
		return 0, os.ErrPermission
	}
	return int(cred.Pid), nil
}
