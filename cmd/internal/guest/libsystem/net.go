//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"net"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Address families that differ (xnu bsd/sys/socket.h).
const (
	afUnix    = 1
	afInet    = 2
	afInet6   = 30
	solSocket = 0xffff
)

var families = map[int]int{0: 0, afUnix: unix.AF_UNIX, afInet: unix.AF_INET, afInet6: unix.AF_INET6}

// rawAddress is a socket address in the host's form.
type rawAddress struct {
	b    [128]byte
	n    uint32
	held int // a descriptor that the address goes by, 0 where there is none; see release
}

func (r *rawAddress) release() {
	if r != nil && r.held > 0 {
		_ = unix.Close(r.held)
		r.held = 0
	}
}

// hostAddress translates an address of the guest and applies the network policy: without
// -net, only this machine can be reached. The caller releases the address.
func hostAddress(c *proc.Call, at uint64, n uint32, binding bool) (*rawAddress, proc.Errno) {
	if n < 2 || n > 128 {
		return nil, proc.EINVAL
	}
	b, ok := c.Bytes(at, uint64(n))
	if !ok {
		return nil, proc.EFAULT
	}
	r := &rawAddress{n: n}
	copy(r.b[2:], b[2:])
	family, ok := families[int(b[1])]
	if !ok {
		return nil, 47 // EAFNOSUPPORT
	}
	binary.LittleEndian.PutUint16(r.b[:], uint16(family))
	switch int(b[1]) {
	case afUnix:
		name, _, _ := strings.Cut(string(r.b[2:n]), "\x00")
		host, held, e := of(c).socketName(name, binding)
		if e != 0 {
			return nil, e
		}
		r.held = held
		if len(host) >= 108 {
			r.release()
			return nil, 63
		}
		clear(r.b[2:])
		copy(r.b[2:], host)
		r.n = uint32(2 + len(host) + 1)
	case afInet, afInet6:
		if of(c).Policy.Network {
			break
		}
		ip := net.IP(r.b[4:8])
		if int(b[1]) == afInet6 {
			ip = net.IP(r.b[8:24])
		}
		switch {
		case ip.IsLoopback():
		case ip.IsUnspecified() && len(ip) == 4:
			copy(ip, []byte{127, 0, 0, 1})
		case ip.IsUnspecified():
			ip[15] = 1
		default:
			return nil, 51 // ENETUNREACH
		}
	}
	return r, 0
}

// socketName is the host's name of a socket in the file system, and a descriptor to keep open
// while it is used. Who connects to one can have something done there, so it must be where the
// guest may change something. Without a name there is nothing: the host's abstract names are
// not Darwin's.
func (s *State) socketName(name string, binding bool) (host string, held int, e proc.Errno) {
	how := follow
	if binding {
		how = toCreate
	}
	p, e := s.lookup(atCWD, name, how)
	if e != 0 {
		return "", 0, e
	}
	if !binding {
		if !s.mayChange(p) {
			p.close()
			return "", 0, proc.EPERM
		}
		return p.path(), p.fd, 0
	}
	defer p.close()
	// The name stays with the socket, so it is the guest's own.
	switch {
	case !s.mayChange(p):
		return "", 0, refusal(p, true)
	case s.Policy.Root != "":
		return p.real(), 0, 0
	case strings.HasPrefix(name, "/") || s.cwd == hostCwd(): // as it is: 108 bytes are not many
		return name, 0, 0
	}
	return s.cwd + "/" + name, 0, 0
}

// putAddress stores an address for the guest.
func putAddress(c *proc.Call, r *rawAddress, at, lenAt uint64) {
	if at == 0 || lenAt == 0 {
		return
	}
	n := proc.At[uint32](c, lenAt)
	if n == nil {
		return
	}
	family := int(binary.LittleEndian.Uint16(r.b[:]))
	size := r.n
	if family == unix.AF_UNIX {
		size = max(size, 16)
	}
	for g, h := range families {
		if h == family {
			family = g
		}
	}
	r.b[0], r.b[1] = byte(size), byte(family)
	if b, ok := c.Out(at, uint64(min(*n, size))); ok {
		copy(b, r.b[:])
	}
	*n = size
}

// sockCall is a raw host call with an address in it.
func sockCall(trap uintptr, a, b, d uintptr) (uintptr, error) {
	r, _, e := unix.Syscall(trap, a, b, d)
	if e != 0 {
		return 0, e
	}
	return r, nil
}

func hostFamily(c *proc.Call, n int) (int, bool) {
	f, ok := families[n]
	if !ok {
		c.Fail(47)
	}
	return f, ok
}

func init() {
	on("socket", func(c *proc.Call) {
		f, ok := hostFamily(c, c.Int(0))
		if !ok {
			return
		}
		h, err := unix.Socket(f, c.Int(1)|unix.SOCK_CLOEXEC, c.Int(2))
		if err != nil {
			c.Fail(proc.FromHost(err))
			return
		}
		addFile(c, newFile(h, "", true), false)
	})
	on("socketpair", func(c *proc.Call) {
		f, ok := hostFamily(c, c.Int(0))
		if !ok {
			return
		}
		p := proc.At[[2]int32](c, c.Arg(3))
		h, err := unix.Socketpair(f, c.Int(1)|unix.SOCK_CLOEXEC, c.Int(2))
		if err != nil || p == nil {
			result(c, 0, err)
			return
		}
		s := of(c)
		p[0], p[1] = int32(s.fds.add(newFile(h[0], "", true), 0)), int32(s.fds.add(newFile(h[1], "", true), 0))
	})
	on("bind", withFile(func(c *proc.Call, d *file) {
		a, e := hostAddress(c, c.Arg(1), c.Uint32(2), true)
		if e != 0 {
			c.Fail(e)
			return
		}
		defer a.release()
		_, err := sockCall(unix.SYS_BIND, uintptr(d.host), uintptr(unsafe.Pointer(&a.b)), uintptr(a.n))
		done(c, err)
	}))
	on("connect", withFile(func(c *proc.Call, d *file) {
		a, e := hostAddress(c, c.Arg(1), c.Uint32(2), false)
		if e != 0 {
			c.Fail(e)
			return
		}
		connect := func() {
			defer a.release()
			_, err := sockCall(unix.SYS_CONNECT, uintptr(d.host), uintptr(unsafe.Pointer(&a.b)), uintptr(a.n))
			done(c, err)
		}
		if nonBlocking(d.host) {
			connect()
			return
		}
		c.Block(connect)
	}))
	on("listen", withFile(func(c *proc.Call, d *file) { done(c, unix.Listen(d.host, c.Int(1))) }))
	on("accept", withFile(func(c *proc.Call, d *file) {
		var a rawAddress
		accept := func() (int, error) {
			a.n = uint32(len(a.b))
			h, _, e := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(d.host), uintptr(unsafe.Pointer(&a.b)), uintptr(unsafe.Pointer(&a.n)), unix.SOCK_CLOEXEC, 0, 0)
			if e != 0 {
				return -1, e
			}
			// A socket that accept makes inherits the listener's O_NONBLOCK on Darwin.
			_ = unix.SetNonblock(int(h), nonBlocking(d.host))
			return int(h), nil
		}
		finish := func() (n int, err error) {
			h, err := accept()
			if err != nil {
				return 0, err
			}
			c.Process.Sync(func() {
				putAddress(c, &a, c.Arg(1), c.Arg(2))
				n = of(c).fds.add(newFile(h, "", true), 0)
			})
			return n, nil
		}
		transfer(c, d, unix.POLLIN, finish)
	}))
	name := func(trap uintptr) func(*proc.Call) {
		return withFile(func(c *proc.Call, d *file) {
			a := rawAddress{n: 128}
			_, err := sockCall(trap, uintptr(d.host), uintptr(unsafe.Pointer(&a.b)), uintptr(unsafe.Pointer(&a.n)))
			if err == nil {
				putAddress(c, &a, c.Arg(1), c.Arg(2))
			}
			done(c, err)
		})
	}
	on("getsockname", name(unix.SYS_GETSOCKNAME))
	on("getpeername", name(unix.SYS_GETPEERNAME))
	on("shutdown", withFile(func(c *proc.Call, d *file) { done(c, unix.Shutdown(d.host, c.Int(1))) }))
	on("setsockopt", withFile(setOption))
	on("getsockopt", withFile(getOption))
	on("send", withFile(func(c *proc.Call, d *file) { sendTo(c, d, 0, 0) }))
	on("sendto", withFile(func(c *proc.Call, d *file) { sendTo(c, d, c.Arg(4), c.Uint32(5)) }))
	on("recv", withFile(func(c *proc.Call, d *file) { receiveFrom(c, d, 0, 0) }))
	on("recvfrom", withFile(func(c *proc.Call, d *file) { receiveFrom(c, d, c.Arg(4), c.Arg(5)) }))
	on("sendmsg", withFile(sendMessage))
	on("recvmsg", withFile(receiveMessage))
}

// messageFlags pairs flags of send and receive.
func messageFlags(f int) int {
	h := f & 0x7
	for _, p := range [][2]int{{0x80, unix.MSG_DONTWAIT}, {0x40, unix.MSG_WAITALL}, {0x80000, unix.MSG_NOSIGNAL}} {
		if f&p[0] != 0 {
			h |= p[1]
		}
	}
	return h
}

func sendTo(c *proc.Call, d *file, at uint64, n uint32) {
	b, ok := c.Bytes(c.Arg(1), c.Arg(2))
	if !ok {
		c.Fail(proc.EFAULT)
		return
	}
	var to *rawAddress
	if at != 0 {
		var e proc.Errno
		if to, e = hostAddress(c, at, n, false); e != 0 {
			c.Fail(e)
			return
		}
	}
	flags := messageFlags(c.Int(3))
	transfer(c, d, unix.POLLOUT, func() (int, error) {
		defer to.release()
		var p, size uintptr
		if to != nil {
			p, size = uintptr(unsafe.Pointer(&to.b)), uintptr(to.n)
		}
		var buf uintptr
		if len(b) > 0 {
			buf = uintptr(unsafe.Pointer(&b[0]))
		}
		r, _, e := unix.Syscall6(unix.SYS_SENDTO, uintptr(d.host), buf, uintptr(len(b)), uintptr(flags|unix.MSG_NOSIGNAL), p, size)
		if e != 0 {
			return -1, e
		}
		return int(r), nil
	})
}

func receiveFrom(c *proc.Call, d *file, at, lenAt uint64) {
	b, ok := c.Out(c.Arg(1), c.Arg(2))
	if !ok {
		c.Fail(proc.EFAULT)
		return
	}
	flags := messageFlags(c.Int(3))
	transfer(c, d, unix.POLLIN, func() (int, error) {
		a := rawAddress{n: 128}
		var buf uintptr
		if len(b) > 0 {
			buf = uintptr(unsafe.Pointer(&b[0]))
		}
		r, _, e := unix.Syscall6(unix.SYS_RECVFROM, uintptr(d.host), buf, uintptr(len(b)), uintptr(flags), uintptr(unsafe.Pointer(&a.b)), uintptr(unsafe.Pointer(&a.n)))
		if e != 0 {
			return -1, e
		}
		if a.n > 0 {
			putAddress(c, &a, at, lenAt)
		}
		return int(r), nil
	})
}

// hostCwd is the runner's working directory.
func hostCwd() string {
	d, _ := unix.Getwd()
	return d
}

func init() {
	// sendfile(file, socket, offset, *length, headers, flags): length is what to send, and
	// afterwards what was sent; 0 means to the end of the file.
	on("sendfile", func(c *proc.Call) {
		s := of(c)
		in, sock := s.fds.get(c.Int(0)), s.fds.get(c.Int(1))
		n := proc.At[int64](c, c.Arg(3))
		switch {
		case in == nil || sock == nil:
			c.Fail(proc.EBADF)
			return
		case !sock.socket:
			c.Fail(38) // ENOTSOCK
			return
		case n == nil || c.Arg(4) != 0:
			c.Fail(proc.EINVAL)
			return
		case in.slow:
			c.Fail(proc.ENOTSUP)
			return
		}
		offset, want := int64(c.Arg(2)), *n
		if want <= 0 {
			want = 1 << 30
		}
		*n = 0
		transfer(c, sock, unix.POLLOUT, func() (int, error) {
			for want > 0 {
				m, err := unix.Sendfile(sock.host, in.host, &offset, int(min(want, 1<<20)))
				if err != nil {
					return -1, err
				}
				if m == 0 {
					break
				}
				*n += int64(m)
				want -= int64(m)
			}
			return 0, nil
		})
	})
}
