//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// flockT is Darwin's struct flock.
type flockT struct {
	Start, Len int64
	PID        int32
	Type       int16
	Whence     int16
}

// lockTypes pairs Darwin's F_RDLCK, F_UNLCK, F_WRLCK with the host's.
var lockTypes = map[int16]int16{1: unix.F_RDLCK, 2: unix.F_UNLCK, 3: unix.F_WRLCK}

func init() {
	on("fcntl", withFile(func(c *proc.Call, d *file) {
		arg := c.VarArg(2, 0)
		s := of(c)
		switch cmd := c.Int(1); cmd {
		case 0, 67: // F_DUPFD, F_DUPFD_CLOEXEC
			if int32(arg) < 0 || int32(arg) >= maxFiles {
				c.Fail(proc.EINVAL)
				return
			}
			s.dup(c, c.Int(0), int(int32(arg)), cmd == 67)
		case 1: // F_GETFD
			if d.closeExec {
				c.Return(1)
			}
		case 2: // F_SETFD
			d.closeExec = arg&1 != 0
		case 3: // F_GETFL
			h, err := unix.FcntlInt(uintptr(d.host), unix.F_GETFL, 0)
			flags := uint64(h & 3)
			for _, f := range [][2]int{{0x4, unix.O_NONBLOCK}, {0x8, unix.O_APPEND}, {0x40, unix.O_ASYNC}} {
				if h&f[1] != 0 {
					flags |= uint64(f[0])
				}
			}
			result(c, flags, err)
		case 4: // F_SETFL
			h, err := unix.FcntlInt(uintptr(d.host), unix.F_GETFL, 0)
			if err == nil {
				h &^= unix.O_NONBLOCK | unix.O_APPEND | unix.O_ASYNC
				if arg&0x40 != 0 {
					h |= unix.O_ASYNC
				}
				if arg&4 != 0 {
					h |= unix.O_NONBLOCK
				}
				if arg&8 != 0 {
					h |= unix.O_APPEND
				}
				_, err = unix.FcntlInt(uintptr(d.host), unix.F_SETFL, h)
			}
			done(c, err)
		case 5: // F_GETOWN
			n, err := unix.FcntlInt(uintptr(d.host), unix.F_GETOWN, 0)
			result(c, uint64(int64(n)), err)
		case 6: // F_SETOWN: SIGIO and SIGURG go to whom the guest may signal, which is itself
			if pid := int32(arg); pid != 0 && int(pid) != os.Getpid() && int(-pid) != unix.Getpgrp() {
				c.Fail(proc.ESRCH)
				return
			}
			_, err := unix.FcntlInt(uintptr(d.host), unix.F_SETOWN, int(int32(arg)))
			done(c, err)
		case 7, 8, 9: // F_GETLK, F_SETLK, F_SETLKW
			recordLock(c, d, cmd, arg)
		case 42: // F_PREALLOCATE
			preallocate(c, d, arg)
		case 44, 45, 48: // F_RDADVISE, F_RDAHEAD, F_NOCACHE: hints
		case 73: // F_SETNOSIGPIPE
			d.noSigPipe = arg&0xffffffff != 0
		case 74: // F_GETNOSIGPIPE
			if d.noSigPipe {
				c.Return(1)
			}
		case 51, 85: // F_FULLFSYNC, F_BARRIERFSYNC
			done(c, unix.Fsync(d.host))
		case 50: // F_GETPATH
			b, ok := c.Out(arg, 1024)
			if !ok {
				c.Fail(proc.EFAULT)
				return
			}
			p := d.path
			if known := s.knownAs(d.host); known != "" {
				p = known
			}
			copy(b, p+"\x00")
		default:
			c.Fail(proc.EINVAL)
		}
	}))
	on("ioctl", withFile(func(c *proc.Call, d *file) {
		arg := c.VarArg(2, 0)
		switch c.Uint32(1) {
		case 0x40087468: // TIOCGWINSZ
			ws, err := unix.IoctlGetWinsize(d.host, unix.TIOCGWINSZ)
			p := proc.At[[4]uint16](c, arg)
			switch {
			case err != nil:
				c.Fail(proc.FromHost(err))
			case p == nil:
				c.Fail(proc.EFAULT)
			default:
				*p = [4]uint16{ws.Row, ws.Col, ws.Xpixel, ws.Ypixel}
			}
		case 0x4004667f: // FIONREAD
			n, err := unix.IoctlGetInt(d.host, unix.TIOCINQ)
			if p := proc.At[int32](c, arg); p != nil && err == nil {
				*p = int32(n)
			}
			done(c, err)
		case 0x8004667e: // FIONBIO
			p := proc.Read[int32](c, arg)
			if p == nil {
				c.Fail(proc.EFAULT)
				return
			}
			done(c, unix.SetNonblock(d.host, *p != 0))
		case 0x20007454, 0x20007452: // TIOCPTYGRANT, TIOCPTYUNLK: what grantpt and unlockpt do
			if _, err := slaveName(d.host); err != nil {
				c.Fail(proc.FromHost(err))
				return
			}
			done(c, unix.IoctlSetPointerInt(d.host, unix.TIOCSPTLCK, 0))
		case 0x40807453: // TIOCPTYGNAME
			name, err := slaveName(d.host)
			b, ok := c.Out(arg, 128)
			switch {
			case err != nil:
				c.Fail(proc.FromHost(err))
			case !ok:
				c.Fail(proc.EFAULT)
			default:
				clear(b)
				copy(b, name)
			}
		case 0x20006601: // FIOCLEX
			d.closeExec = true
		case 0x20006602: // FIONCLEX
			d.closeExec = false
		case 0x40487413: // TIOCGETA
			t, err := unix.IoctlGetTermios(d.host, unix.TCGETS)
			if err != nil {
				c.Fail(proc.FromHost(err))
				return
			}
			if b, ok := c.Out(arg, 72); ok {
				clear(b)
				// Flag bits differ between the systems; ECHO and ICANON are what programs look at.
				if t.Lflag&unix.ECHO != 0 {
					b[24] |= 0x8
				}
				if t.Lflag&unix.ICANON != 0 {
					b[25] |= 0x1
				}
			}
		default:
			c.Fail(proc.ENOTTY)
		}
	}))
	on("isatty", withFile(func(c *proc.Call, d *file) {
		if _, err := unix.IoctlGetTermios(d.host, unix.TCGETS); err != nil {
			c.Fail(proc.ENOTTY)
			c.Return(0)
			return
		}
		c.Return(1)
	}))
	on("select", callSelect)
	on("poll", callPoll)
}

// preallocate is F_PREALLOCATE with a struct fstore: it makes room behind the end of a file,
// which does not become longer (xnu bsd/sys/fcntl.h).
func preallocate(c *proc.Call, d *file, at uint64) {
	type fstore struct {
		Flags            uint32
		Mode             int32
		Offset, Size, Is int64
	}
	p := proc.At[fstore](c, at)
	const fromEnd, fromVolume = 3, 4 // F_PEOFPOSMODE, F_VOLPOSMODE
	switch {
	case p == nil:
		c.Fail(proc.EFAULT)
	case !d.writable:
		c.Fail(proc.EBADF)
	case p.Mode != fromEnd && p.Mode != fromVolume || p.Size < 0 || p.Offset != 0 && p.Mode == fromEnd:
		c.Fail(proc.EINVAL)
	default:
		var st unix.Stat_t
		err := unix.Fstat(d.host, &st)
		if err == nil && p.Size > 0 {
			err = unix.Fallocate(d.host, unix.FALLOC_FL_KEEP_SIZE, st.Size, p.Size)
		}
		if err == nil {
			p.Is = p.Size
		}
		done(c, err)
	}
}

func recordLock(c *proc.Call, d *file, cmd int, arg uint64) {
	p := proc.At[flockT](c, arg)
	if p == nil {
		c.Fail(proc.EFAULT)
		return
	}
	typ, ok := lockTypes[p.Type]
	if !ok {
		c.Fail(proc.EINVAL)
		return
	}
	// Open-file-description locks: several guests may share one runner's process number.
	l := unix.Flock_t{Type: typ, Whence: p.Whence, Start: p.Start, Len: p.Len}
	switch cmd {
	case 7:
		err := unix.FcntlFlock(uintptr(d.host), unix.F_OFD_GETLK, &l)
		if err == nil {
			p.Type = 2
			for g, h := range lockTypes {
				if h == l.Type {
					p.Type = g
				}
			}
		}
		done(c, err)
	case 8:
		done(c, unix.FcntlFlock(uintptr(d.host), unix.F_OFD_SETLK, &l))
	default:
		c.Block(func() { done(c, unix.FcntlFlock(uintptr(d.host), unix.F_OFD_SETLKW, &l)) })
	}
}

// pollHost waits for guest descriptors; the host's numbers are looked up first.
func pollHost(c *proc.Call, fds []unix.PollFd, ms int, done func(n int, err error)) {
	n, err := unix.Poll(fds, 0)
	if n != 0 || err != nil || ms == 0 {
		done(n, err)
		return
	}
	c.Block(func() {
		for {
			n, err := unix.Poll(fds, ms)
			if err != unix.EINTR {
				done(n, err)
				return
			}
		}
	})
}

func callPoll(c *proc.Call) {
	type pollfd struct {
		FD              int32
		Events, Revents int16
	}
	n := c.Uint32(1)
	if n > maxFiles {
		c.Fail(proc.EINVAL)
		return
	}
	s := of(c)
	host := make([]unix.PollFd, n)
	guest := make([]*pollfd, n)
	bad := 0
	for i := range guest {
		p := proc.At[pollfd](c, c.Arg(0)+8*uint64(i))
		if p == nil {
			c.Fail(proc.EFAULT)
			return
		}
		guest[i], p.Revents = p, 0
		host[i].Fd = -1
		if f := s.fds.get(int(p.FD)); f != nil {
			host[i] = unix.PollFd{Fd: int32(f.host), Events: p.Events & 0x1f}
		} else if p.FD >= 0 {
			p.Revents = unix.POLLNVAL
			bad++
		}
	}
	if bad > 0 {
		c.ReturnInt(bad)
		return
	}
	pollHost(c, host, c.Int(2), func(n int, err error) {
		if err != nil {
			c.Fail(proc.FromHost(err))
			return
		}
		for i, h := range host {
			guest[i].Revents = h.Revents
		}
		c.ReturnInt(n)
	})
}

func callSelect(c *proc.Call) {
	n := c.Int(0)
	if n < 0 || n > 1024 {
		c.Fail(proc.EINVAL)
		return
	}
	s := of(c)
	var sets [3]*[32]uint32
	for i := range sets {
		if at := c.Arg(1 + i); at != 0 {
			if sets[i] = proc.At[[32]uint32](c, at); sets[i] == nil {
				c.Fail(proc.EFAULT)
				return
			}
		}
	}
	events := [3]int16{unix.POLLIN, unix.POLLOUT, unix.POLLPRI}
	var host []unix.PollFd
	var numbers []int
	for fd := range n {
		p := unix.PollFd{}
		for i, set := range sets {
			if set != nil && set[fd/32]>>(fd%32)&1 != 0 {
				p.Events |= events[i]
			}
		}
		if p.Events == 0 {
			continue
		}
		f := s.fds.get(fd)
		if f == nil {
			c.Fail(proc.EBADF)
			return
		}
		p.Fd = int32(f.host)
		host, numbers = append(host, p), append(numbers, fd)
	}
	ms := -1
	if c.Arg(4) != 0 {
		tv := proc.Read[timeval](c, c.Arg(4))
		if tv == nil {
			c.Fail(proc.EFAULT)
			return
		}
		ms = int(min(fromTimeval(*tv).Milliseconds(), 1<<30))
	}
	pollHost(c, host, ms, func(_ int, err error) {
		if err != nil {
			c.Fail(proc.FromHost(err))
			return
		}
		for _, set := range sets {
			if set != nil {
				clear(set[:(n+31)/32])
			}
		}
		count := 0
		answers := [3]int16{unix.POLLIN | unix.POLLHUP | unix.POLLERR, unix.POLLOUT | unix.POLLERR, unix.POLLPRI}
		for i, h := range host {
			for j, set := range sets {
				if set != nil && h.Events&events[j] != 0 && h.Revents&answers[j] != 0 {
					set[numbers[i]/32] |= 1 << (numbers[i] % 32)
					count++
				}
			}
		}
		c.ReturnInt(count)
	})
}
