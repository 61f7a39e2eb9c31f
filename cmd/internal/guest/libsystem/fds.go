//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// file is an open descriptor of the guest. Descriptors have numbers of their own, so that
// a guest that closes or reuses numbers does not meet the runner's.
type file struct {
	host      int
	path      string // as opened, for fchdir and F_GETPATH
	writable  bool
	closeExec bool
	slow      bool // reads and writes may block: pipe, socket, terminal
	kq        *kqueue
	socket    bool
	noSigPipe bool // F_SETNOSIGPIPE, SO_NOSIGPIPE
}

// fdTable is used by the processor's goroutine and by calls that block.
type fdTable struct {
	mu   sync.RWMutex
	open []*file
	most int // RLIMIT_NOFILE, 0 where it is not set
}

// limit is how many descriptors there may be.
func (t *fdTable) limit() int {
	if t.most > 0 {
		return min(t.most, maxFiles)
	}
	return maxFiles
}

const maxFiles = 10240

// init gives the guest what the runner was started with, under the same numbers. The
// runner's own descriptors are all closed on exec, which tells them apart.
func (t *fdTable) init() {
	for _, fd := range inherited() {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err != nil {
			continue
		}
		h, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			continue
		}
		for len(t.open) <= fd {
			t.open = append(t.open, nil)
		}
		t.open[fd] = newFile(h, "", flags&unix.O_ACCMODE != unix.O_RDONLY)
		if fd > 2 {
			_ = unix.Close(fd) // else a pipe would stay open when the guest closes its end
		}
	}
}

// inherited lists the open descriptors that came over exec.
func inherited() (fds []int) {
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return []int{0, 1, 2}
	}
	for _, n := range names {
		fd, err := strconv.Atoi(n.Name())
		if err != nil || fd >= maxFiles {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && (fd <= 2 || flags&unix.FD_CLOEXEC == 0) {
			fds = append(fds, fd)
		}
	}
	return fds
}

// newFile describes a host descriptor.
func newFile(host int, path string, writable bool) *file {
	f := &file{host: host, path: path, writable: writable, slow: true}
	var st unix.Stat_t
	if unix.Fstat(host, &st) == nil {
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG, unix.S_IFDIR, unix.S_IFBLK:
			f.slow = false
		case unix.S_IFSOCK:
			f.socket = true
		}
	}
	return f
}

func (t *fdTable) get(fd int) *file {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if fd < 0 || fd >= len(t.open) {
		return nil
	}
	return t.open[fd]
}

// add gives a file the lowest free number at or above a minimum; -1 if there is none.
func (t *fdTable) add(f *file, from int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	for fd := from; fd < t.limit(); fd++ {
		for fd >= len(t.open) {
			t.open = append(t.open, nil)
		}
		if t.open[fd] == nil {
			t.open[fd] = f
			return fd
		}
	}
	return -1
}

// remove forgets a descriptor.
func (t *fdTable) remove(fd int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open[fd] = nil
}

// all is a snapshot.
func (t *fdTable) all() []*file {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return append([]*file(nil), t.open...)
}

// replace sets the whole table.
func (t *fdTable) replace(open []*file) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open = open
}

// addFile returns a new descriptor from a call.
func addFile(c *proc.Call, f *file, closeExec bool) {
	f.closeExec = closeExec
	fd := of(c).fds.add(f, 0)
	if fd < 0 {
		_ = unix.Close(f.host)
		c.Fail(24) // EMFILE
		return
	}
	c.Return(uint64(fd))
}

func (s *State) closeFD(fd int) proc.Errno {
	f := s.fds.get(fd)
	if f == nil {
		return proc.EBADF
	}
	s.fds.remove(fd)
	if s.child != nil && s.child.has(f.host) {
		return 0 // still the parent's
	}
	if fd <= 2 && s.child == nil {
		s.releaseStandard(fd)
	}
	for _, o := range s.fds.all() {
		if o != nil && o.kq != nil {
			o.kq.forget(fd)
		}
	}
	if f.kq != nil {
		f.kq.close()
		return 0
	}
	return proc.FromHost(unix.Close(f.host))
}

// releaseStandard puts the null device in place of the runner's own standard descriptor,
// so that whoever reads the other end of a pipe sees the guest's close.
func (s *State) releaseStandard(fd int) {
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	_ = unix.Dup3(null, fd, 0)
	_ = unix.Close(null)
}

// dup makes a second descriptor of a file.
func (s *State) dup(c *proc.Call, fd, from int, closeExec bool) {
	f := s.fds.get(fd)
	if f == nil {
		c.Fail(proc.EBADF)
		return
	}
	h, err := unix.FcntlInt(uintptr(f.host), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		c.Fail(proc.FromHost(err))
		return
	}
	n := *f
	n.host, n.closeExec = h, closeExec
	to := s.fds.add(&n, from)
	if to < 0 {
		_ = unix.Close(h)
		c.Fail(24)
		return
	}
	c.Return(uint64(to))
}

// withFile looks up the descriptor in the first argument.
func withFile(f func(c *proc.Call, d *file)) func(*proc.Call) {
	return func(c *proc.Call) {
		d := of(c).fds.get(c.Int(0))
		if d == nil {
			c.Fail(proc.EBADF)
			return
		}
		f(c, d)
	}
}

// ready says whether a host descriptor can do something without blocking.
func ready(host int, events int16) bool {
	p := []unix.PollFd{{Fd: int32(host), Events: events}}
	n, err := unix.Poll(p, 0)
	return err != nil || n > 0
}

// transfer runs a host call that may block on a descriptor: at once if it will not, else
// in a goroutine once it is ready.
func transfer(c *proc.Call, d *file, events int16, f func() (int, error)) {
	do := func() {
		n, err := f()
		result(c, uint64(n), err)
		if events == unix.POLLOUT {
			brokenPipe(c, d, err)
		}
	}
	if !d.slow || ready(d.host, events) || nonBlocking(d.host) {
		do()
		return
	}
	// The descriptor may be closed and its number reused while we wait: wait on a copy.
	h, err := unix.FcntlInt(uintptr(d.host), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		do()
		return
	}
	c.Block(func() {
		defer unix.Close(h)
		for {
			p := []unix.PollFd{{Fd: int32(h), Events: events}}
			if _, err := unix.Poll(p, -1); err != unix.EINTR {
				break
			}
		}
		do()
	})
}

func nonBlocking(host int) bool {
	flags, err := unix.FcntlInt(uintptr(host), unix.F_GETFL, 0)
	return err == nil && flags&unix.O_NONBLOCK != 0
}

// iovec is the same on both systems.
type iovec struct{ Base, Len uint64 }

// vectors collects the buffers of a scatter-gather call.
func vectors(c *proc.Call, at uint64, n int, write bool) ([][]byte, proc.Errno) {
	if n < 0 || n > 1024 {
		return nil, proc.EINVAL
	}
	var bufs [][]byte
	for i := range n {
		v := proc.Read[iovec](c, at+16*uint64(i))
		if v == nil {
			return nil, proc.EFAULT
		}
		b, ok := c.Bytes(v.Base, v.Len)
		if write {
			b, ok = c.Out(v.Base, v.Len)
		}
		if !ok {
			return nil, proc.EFAULT
		}
		bufs = append(bufs, b)
	}
	return bufs, 0
}

func init() {
	on("read", withFile(func(c *proc.Call, d *file) {
		b, ok := c.Out(c.Arg(1), c.Arg(2))
		if !ok {
			c.Fail(proc.EFAULT)
			return
		}
		transfer(c, d, unix.POLLIN, func() (int, error) { return unix.Read(d.host, b) })
	}))
	on("write", withFile(func(c *proc.Call, d *file) {
		b, ok := c.Bytes(c.Arg(1), c.Arg(2))
		if !ok {
			c.Fail(proc.EFAULT)
			return
		}
		transfer(c, d, unix.POLLOUT, func() (int, error) { return writeAll(d, b) })
	}))
	on("pread", withFile(func(c *proc.Call, d *file) {
		b, ok := c.Out(c.Arg(1), c.Arg(2))
		if !ok {
			c.Fail(proc.EFAULT)
			return
		}
		n, err := unix.Pread(d.host, b, int64(c.Arg(3)))
		result(c, uint64(n), err)
	}))
	on("pwrite", withFile(func(c *proc.Call, d *file) {
		b, ok := c.Bytes(c.Arg(1), c.Arg(2))
		if !ok {
			c.Fail(proc.EFAULT)
			return
		}
		n, err := unix.Pwrite(d.host, b, int64(c.Arg(3)))
		result(c, uint64(n), err)
	}))
	on("readv", withFile(func(c *proc.Call, d *file) {
		bufs, e := vectors(c, c.Arg(1), c.Int(2), true)
		if e != 0 {
			c.Fail(e)
			return
		}
		transfer(c, d, unix.POLLIN, func() (int, error) { return unix.Readv(d.host, bufs) })
	}))
	on("writev", withFile(func(c *proc.Call, d *file) {
		bufs, e := vectors(c, c.Arg(1), c.Int(2), false)
		if e != 0 {
			c.Fail(e)
			return
		}
		transfer(c, d, unix.POLLOUT, func() (int, error) { return unix.Writev(d.host, bufs) })
	}))
	on("close", func(c *proc.Call) {
		if e := of(c).closeFD(c.Int(0)); e != 0 {
			c.Fail(e)
		}
	})
	on("dup", func(c *proc.Call) { of(c).dup(c, c.Int(0), 0, false) })
	on("dup2", func(c *proc.Call) {
		s, from, to := of(c), c.Int(0), c.Int(1)
		if s.fds.get(from) == nil || to < 0 || to >= s.fds.limit() {
			c.Fail(proc.EBADF)
			return
		}
		if from != to {
			if s.fds.get(to) != nil {
				s.closeFD(to)
			}
			s.dup(c, from, to, false)
			return
		}
		c.ReturnInt(to)
	})
	on("pipe", func(c *proc.Call) {
		p := proc.At[[2]int32](c, c.Arg(0))
		if p == nil {
			c.Fail(proc.EFAULT)
			return
		}
		var h [2]int
		if err := unix.Pipe2(h[:], unix.O_CLOEXEC); err != nil {
			c.Fail(proc.FromHost(err))
			return
		}
		s := of(c)
		p[0], p[1] = int32(s.fds.add(newFile(h[0], "", false), 0)), int32(s.fds.add(newFile(h[1], "", true), 0))
	})
	on("getdtablesize", func(c *proc.Call) { c.ReturnInt(of(c).fds.limit()) })
}

// brokenPipe raises SIGPIPE in the thread that wrote where nobody reads any more (xnu
// bsd/kern/sys_generic.c, dofilewrite), unless the descriptor says not to.
func brokenPipe(c *proc.Call, d *file, err error) {
	if err != unix.EPIPE || d.noSigPipe {
		return
	}
	raise := func() {
		c.Thread.Signal(proc.SignalInfo{Signal: proc.SIGPIPE, PID: int32(os.Getpid())})
	}
	if c.Parked() {
		c.Process.Sync(raise)
		return
	}
	raise()
}

// brokenPipe is for what is written without a call of its own.
func (s *State) brokenPipe(d *file, err error) {
	if err == unix.EPIPE && !d.noSigPipe {
		s.process.Post(func() { s.process.Signal(proc.SignalInfo{Signal: proc.SIGPIPE, PID: int32(os.Getpid())}) })
	}
}

// writeAll writes to a descriptor. The runner's own SIGPIPE is ignored.
func writeAll(d *file, b []byte) (int, error) {
	n, err := unix.Write(d.host, b)
	for err == nil && n < len(b) && d.slow && !nonBlocking(d.host) {
		var m int
		m, err = unix.Write(d.host, b[n:])
		n += max(m, 0)
	}
	if n > 0 {
		err = nil
	}
	return n, err
}
