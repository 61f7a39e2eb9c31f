//go:build linux && (amd64 || arm64)

package machkern

import (
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
	"github.com/gomach/mach/cmd/internal/guest/wire"
	"github.com/gomach/mach/internal/proto"
)

// kernelClient is the kernel as the runner of another guest has it: it asks by messages.
type kernelClient struct {
	c       *wire.Conn
	watches portWatches
	self    mach.MachPort
	boot    mach.MachPort
	how     libsystem.Tracing // as the guest begins
}

// join takes the inherited connection to a kernel.
func join(g *Guest, fd int) (*kernelClient, error) {
	c, err := inheritedConn(fd)
	if err != nil {
		return nil, err
	}
	r := &kernelClient{}
	r.c = wire.New(c, func(body any, files []*os.File) any {
		defer func() {
			for _, f := range files {
				_ = f.Close()
			}
		}()
		if m, ok := body.(portWoken); ok {
			r.watches.woken(m.ID)
			return nil
		}
		if m, ok := body.(callWaits); ok {
			if th := g.sub.known(m.Thread); th != nil {
				th.waitsAfterAll()
			}
			return nil
		}
		q, ok := body.(toGuest)
		if !ok {
			return nil
		}
		<-g.ready // before, what is asked about is in the making
		o, err := q.handle(g, files)
		o.Failed = failureOf(err)
		return o
	})
	r.c.Accept()
	go func() {
		<-r.c.Closed()
		<-g.ready
		if g.Tracing().On { // its tracer has gone, or cannot reach it
			g.process.Kill(proc.SIGKILL)
			return
		}
		// Nobody is left who could let anything go on.
		g.process.Sync(g.process.ReleaseAll)
	}()
	return r, nil
}

// hello makes the guest a task.
func (r *kernelClient) hello(t *task) {
	u, err := t.Usage()
	if err != nil {
		return
	}
	a, _ := r.c.Ask(hello{CPU: t.CPU(), PageSize: t.p.Arch.PageSize, Usage: u})
	if w, ok := a.(adopted); ok {
		r.self, r.boot, r.how = w.Self, w.Boot, w.How
		if w.Timebase.Numer != 0 && w.Timebase.Denom != 0 {
			t.p.Timebase = w.Timebase
		}
	}
}

func (r *kernelClient) names() (self, boot mach.MachPort) { return r.self, r.boot }

func (r *kernelClient) ask(m toKernel) (a reply, ok bool) {
	v, err := r.c.Ask(m)
	if err != nil {
		return a, false
	}
	a, ok = v.(reply)
	return a, ok
}

func (r *kernelClient) perform(x *call) uint64 {
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

func (r *kernelClient) raise(thread int, e raised) bool {
	a, _ := r.ask(trap{thread, e})
	return a.OK
}

func (r *kernelClient) threadEnded(thread int) { _ = r.c.Tell(threadEnded{thread}) }

func (r *kernelClient) threadName(thread int) mach.MachPort {
	a, _ := r.ask(threadNamed{thread})
	return mach.MachPort(a.Word)
}

func (r *kernelClient) threadOf(name mach.MachPort) (int, bool) {
	a, _ := r.ask(threadNameOf{name})
	return int(a.Word), a.OK
}

func (r *kernelClient) started(pid int, end *os.File, how libsystem.Tracing) {
	_ = r.c.Tell(expected{pid, how}, end)
}

// inheritedConn takes a descriptor that is a stream of the Unix family, out of the way of the
// guest's numbers.
func inheritedConn(fd int) (*net.UnixConn, error) {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return nil, err
	}
	if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err != nil || domain != unix.AF_UNIX || kind != unix.SOCK_STREAM {
		return nil, os.ErrInvalid
	}
	return connOf(os.NewFile(uintptr(fd), "kernel"))
}

// connOf makes a connection of a file, which it closes.
func connOf(f *os.File) (*net.UnixConn, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		_ = c.Close()
		return nil, os.ErrInvalid
	}
	return u, nil
}
