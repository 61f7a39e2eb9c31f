//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// msghdr is Darwin's.
type msghdr struct {
	Name       uint64
	NameLen    uint32
	_          uint32
	Iov        uint64
	IovLen     int32
	_          int32
	Control    uint64
	ControlLen uint32
	Flags      int32
}

// controlHeader is a Darwin cmsghdr: 12 bytes, data aligned to 4.
const controlHeader = 12

func sendMessage(c *proc.Call, d *file) {
	m := proc.Read[msghdr](c, c.Arg(1))
	if m == nil {
		c.Fail(proc.EFAULT)
		return
	}
	bufs, e := vectors(c, m.Iov, int(m.IovLen), false)
	if e != 0 {
		c.Fail(e)
		return
	}
	var to *rawAddress
	if m.Name != 0 && m.NameLen != 0 {
		if to, e = hostAddress(c, m.Name, m.NameLen, false); e != 0 {
			c.Fail(e)
			return
		}
	}
	var control []byte
	if m.Control != 0 && m.ControlLen >= controlHeader {
		in, ok := c.Bytes(m.Control, uint64(m.ControlLen))
		if !ok {
			to.release()
			c.Fail(proc.EFAULT)
			return
		}
		if control, e = of(c).hostControl(in); e != 0 {
			to.release()
			c.Fail(e)
			return
		}
	}
	flags := messageFlags(c.Int(2)) | unix.MSG_NOSIGNAL
	transfer(c, d, unix.POLLOUT, func() (int, error) {
		defer to.release()
		var h unix.Msghdr
		if to != nil {
			h.Name, h.Namelen = &to.b[0], to.n
		}
		iov := hostVectors(bufs)
		if len(iov) > 0 {
			h.Iov = &iov[0]
			h.SetIovlen(len(iov))
		}
		if len(control) > 0 {
			h.Control = &control[0]
			h.SetControllen(len(control))
		}
		n, err := sockCall(unix.SYS_SENDMSG, uintptr(d.host), uintptr(unsafe.Pointer(&h)), uintptr(flags))
		return int(n), err
	})
}

func hostVectors(bufs [][]byte) []unix.Iovec {
	var iov []unix.Iovec
	for _, b := range bufs {
		if len(b) > 0 {
			v := unix.Iovec{Base: &b[0]}
			v.SetLen(len(b))
			iov = append(iov, v)
		}
	}
	return iov
}

// hostControl translates control messages: descriptors are the only kind.
func (s *State) hostControl(in []byte) ([]byte, proc.Errno) {
	le := binary.LittleEndian
	var fds []int
	for len(in) >= controlHeader {
		n := le.Uint32(in)
		if n < controlHeader || uint64(n) > uint64(len(in)) {
			return nil, proc.EINVAL
		}
		if le.Uint32(in[4:]) != solSocket || le.Uint32(in[8:]) != 1 {
			return nil, proc.EINVAL
		}
		for data := in[controlHeader:n]; len(data) >= 4; data = data[4:] {
			f := s.fds.get(int(int32(le.Uint32(data))))
			if f == nil {
				return nil, proc.EBADF
			}
			fds = append(fds, f.host)
		}
		in = in[min(uint32(len(in)), (n+3)&^3):]
	}
	return unix.UnixRights(fds...), 0
}

func receiveMessage(c *proc.Call, d *file) {
	m := proc.At[msghdr](c, c.Arg(1))
	if m == nil {
		c.Fail(proc.EFAULT)
		return
	}
	bufs, e := vectors(c, m.Iov, int(m.IovLen), true)
	if e != 0 {
		c.Fail(e)
		return
	}
	flags := messageFlags(c.Int(2)) | unix.MSG_CMSG_CLOEXEC
	transfer(c, d, unix.POLLIN, func() (int, error) {
		a := rawAddress{n: 128}
		var h unix.Msghdr
		h.Name, h.Namelen = &a.b[0], a.n
		iov := hostVectors(bufs)
		if len(iov) > 0 {
			h.Iov = &iov[0]
			h.SetIovlen(len(iov))
		}
		control := make([]byte, 1024)
		h.Control = &control[0]
		h.SetControllen(len(control))
		n, err := sockCall(unix.SYS_RECVMSG, uintptr(d.host), uintptr(unsafe.Pointer(&h)), uintptr(flags))
		if err != nil {
			return -1, err
		}
		c.Process.Sync(func() {
			a.n = h.Namelen
			m.Flags = h.Flags & 0x3f
			if m.Name != 0 && a.n > 0 {
				putAddress(c, &a, m.Name, c.Arg(1)+8)
			} else {
				m.NameLen = 0
			}
			of(c).guestControl(c, m, control[:h.Controllen])
		})
		return int(n), nil
	})
}

// guestControl gives received descriptors numbers of the guest.
func (s *State) guestControl(c *proc.Call, m *msghdr, control []byte) {
	room := m.ControlLen
	m.ControlLen = 0
	msgs, err := unix.ParseSocketControlMessage(control)
	if err != nil || m.Control == 0 {
		return
	}
	var out []byte
	for _, msg := range msgs {
		fds, err := unix.ParseUnixRights(&msg)
		if err != nil {
			continue
		}
		var data []byte
		for _, h := range fds {
			data = binary.LittleEndian.AppendUint32(data, uint32(s.fds.add(newFile(h, "", true), 0)))
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(controlHeader+len(data)))
		out = binary.LittleEndian.AppendUint32(out, solSocket)
		out = binary.LittleEndian.AppendUint32(out, 1)
		out = append(out, data...)
	}
	if b, ok := c.Out(m.Control, uint64(min(room, uint32(len(out))))); ok {
		m.ControlLen = uint32(copy(b, out))
	}
}

// options maps socket options by level and number (xnu bsd/sys/socket.h, netinet/in.h,
// netinet/tcp.h, netinet6/in6.h).
var options = map[[2]int][2]int{
	{solSocket, 0x4}: {unix.SOL_SOCKET, unix.SO_REUSEADDR}, {solSocket, 0x8}: {unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	{solSocket, 0x20}: {unix.SOL_SOCKET, unix.SO_BROADCAST}, {solSocket, 0x200}: {unix.SOL_SOCKET, unix.SO_REUSEPORT},
	{solSocket, 0x80}: {unix.SOL_SOCKET, unix.SO_LINGER}, {solSocket, 0x1080}: {unix.SOL_SOCKET, unix.SO_LINGER},
	{solSocket, 0x1001}: {unix.SOL_SOCKET, unix.SO_SNDBUF}, {solSocket, 0x1002}: {unix.SOL_SOCKET, unix.SO_RCVBUF},
	{solSocket, 0x1005}: {unix.SOL_SOCKET, unix.SO_SNDTIMEO}, {solSocket, 0x1006}: {unix.SOL_SOCKET, unix.SO_RCVTIMEO},
	{solSocket, 0x1007}: {unix.SOL_SOCKET, unix.SO_ERROR}, {solSocket, 0x1008}: {unix.SOL_SOCKET, unix.SO_TYPE}, {solSocket, 2}: {unix.SOL_SOCKET, unix.SO_ACCEPTCONN},
	{6, 1}: {unix.IPPROTO_TCP, unix.TCP_NODELAY}, {6, 2}: {unix.IPPROTO_TCP, unix.TCP_MAXSEG}, {6, 0x10}: {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE},
	{6, 0x101}: {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL}, {6, 0x102}: {unix.IPPROTO_TCP, unix.TCP_KEEPCNT},
	{0, 3}: {unix.IPPROTO_IP, unix.IP_TOS}, {0, 4}: {unix.IPPROTO_IP, unix.IP_TTL}, {0, 9}: {unix.IPPROTO_IP, unix.IP_MULTICAST_IF},
	{0, 10}: {unix.IPPROTO_IP, unix.IP_MULTICAST_TTL}, {0, 11}: {unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP},
	{41, 4}: {unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS}, {41, 9}: {unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF},
	{41, 10}: {unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS}, {41, 11}: {unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP},
	{41, 27}: {unix.IPPROTO_IPV6, unix.IPV6_V6ONLY}, {41, 36}: {unix.IPPROTO_IPV6, unix.IPV6_TCLASS},
}

const optionNoSigPipe = 0x1022

func setOption(c *proc.Call, d *file) {
	level, name := c.Int(1), c.Int(2)
	if level == solSocket && name == optionNoSigPipe {
		if p := proc.Read[int32](c, c.Arg(3)); p != nil && c.Uint32(4) >= 4 {
			d.noSigPipe = *p != 0
		} else {
			c.Fail(proc.EINVAL)
		}
		return
	}
	o, ok := options[[2]int{level, name}]
	if !ok {
		c.Fail(42) // ENOPROTOOPT
		return
	}
	b, ok := c.Bytes(c.Arg(3), uint64(c.Uint32(4)))
	if !ok || len(b) == 0 {
		c.Fail(proc.EINVAL)
		return
	}
	if name == 0x1005 || name == 0x1006 { // a timeval: the padding must be zero for the host
		if len(b) >= 16 {
			v := *(*timeval)(unsafe.Pointer(&b[0]))
			b = append(word64(uint64(v.Sec)), word64(uint64(v.Usec))...)
		}
	}
	_, _, e := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(d.host), uintptr(o[0]), uintptr(o[1]), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 0)
	if e != 0 {
		c.Fail(proc.FromHost(e))
	}
}

func getOption(c *proc.Call, d *file) {
	level, name := c.Int(1), c.Int(2)
	n := proc.At[uint32](c, c.Arg(4))
	o, ok := options[[2]int{level, name}]
	if !ok || n == nil {
		c.Fail(42)
		return
	}
	b, ok := c.Out(c.Arg(3), uint64(*n))
	if !ok || len(b) == 0 {
		c.Fail(proc.EINVAL)
		return
	}
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(d.host), uintptr(o[0]), uintptr(o[1]), uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(n)), 0)
	if e != 0 {
		c.Fail(proc.FromHost(e))
		return
	}
	if level == solSocket && name == 0x1007 && len(b) >= 4 {
		v := binary.LittleEndian.Uint32(b)
		if v != 0 {
			v = uint32(proc.FromHost(unix.Errno(v)))
		}
		binary.LittleEndian.PutUint32(b, v)
	}
}
