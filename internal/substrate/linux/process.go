//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Process is one process. It stays the same process for ever: if the process
// ends and its pid is used again, the methods say ErrProcessGone.
type Process struct {
	pid      int
	self     bool
	start    uint64     // ticks after boot
	dir      descriptor // /proc/PID
	pidfd    descriptor
	hasPidfd bool         // or else the system has none
	live     atomic.Int64 // see bearer

	mem, pagemap, maps memoryFile
}

// Open opens the process with this pid, whoever it belongs to; rights are
// asked only by what is done with it. A zombie can be opened. Close it after
// use.
func Open(pid int) (*Process, error) {
	p, err := open(pid)
	if err == unix.ESRCH || err == unix.ENOENT || err == unix.EINVAL || err == unix.ENOTDIR {
		err = procMissing(pid)
	}
	if err != nil {
		return nil, wrap("open", pid, 0, err)
	}
	return p, nil
}

func open(pid int) (*Process, error) {
	if pid <= 0 {
		return nil, unix.ESRCH
	}
	if self, err := os.Readlink("/proc/self"); err == nil && self != strconv.Itoa(os.Getpid()) {
		return nil, ErrNoProc // its numbers mean other processes
	}
	p := &Process{pid: pid, self: pid == os.Getpid()}
	p.dir.fd, p.pidfd.fd = -1, -1
	p.mem = memoryFile{descriptor{fd: -1}, "mem", unix.O_RDWR}
	p.pagemap = memoryFile{descriptor{fd: -1}, "pagemap", unix.O_RDONLY}
	p.maps = memoryFile{descriptor{fd: -1}, "maps", unix.O_RDONLY}
	dir, err := unix.Open("/proc/"+strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	p.dir.fd = dir
	runtime.SetFinalizer(p, (*Process).release)
	// pidfd_open refuses an id that is only a thread's.
	switch fd, err := unix.PidfdOpen(pid, 0); err {
	case nil:
		p.pidfd.fd, p.hasPidfd = fd, true
	case unix.ENOSYS, unix.EPERM: // EPERM: a sandbox that knows no pidfd
	default:
		p.release()
		return nil, err
	}
	// The directory still answers, so directory and pidfd mean one process.
	stat, err := p.Stat()
	if err == nil && !p.hasPidfd {
		var status Status
		if status, err = p.Status(); err == nil && status.TGID != pid {
			err = unix.ESRCH
		}
	}
	if err != nil {
		p.release()
		return nil, unix.ESRCH
	}
	p.start = stat.StartTime
	return p, nil
}

// Self opens the own process.
func Self() (*Process, error) {
	if pid := os.Getpid(); pid > 0 {
		return Open(pid)
	}
	return nil, wrap("open", 0, 0, &filteredCall{"getpid"})
}

// Close gives back the descriptors. A second Close does nothing. Other
// methods say ErrClosed afterwards.
func (p *Process) Close() error {
	p.release()
	return nil
}

func (p *Process) release() {
	runtime.SetFinalizer(p, nil)
	p.dir.close() // first: without it nothing can be opened again
	p.pidfd.close()
	p.mem.close()
	p.pagemap.close()
	p.maps.close()
}

// PID gives the process's id.
func (p *Process) PID() int { return p.pid }

// IsSelf tells whether this is the calling process.
func (p *Process) IsSelf() bool { return p.self }

// StartTime gives the time the process began, in clock ticks after boot.
func (p *Process) StartTime() uint64 { return p.start }

// Alive tells whether the process still runs or is a zombie that nobody has
// waited for. See Zombie.
func (p *Process) Alive() bool {
	if p.self {
		return true
	}
	if p.hasPidfd {
		err := p.pidfd.use(func(fd int) error { return unix.PidfdSendSignal(fd, 0, nil, 0) })
		if err != unix.ENOSYS { // a filter, as there is a pidfd
			return err == nil || err == unix.EPERM
		}
	}
	return p.exists("stat")
}

// exists tells whether the process has this file.
func (p *Process) exists(name string) bool {
	var st unix.Stat_t
	return p.dir.use(func(fd int) error { return unix.Fstatat(fd, name, &st, 0) }) == nil
}

// Exited tells whether the process has ended, be it waited for or not.
func (p *Process) Exited() bool {
	if p.hasPidfd {
		var ended bool
		err := p.pidfd.use(func(fd int) error {
			fds := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			n, err := unix.Poll(fds[:], 0)
			ended = n > 0
			return err
		})
		return ended || err == ErrClosed
	}
	s, err := p.Stat()
	return err != nil || ((s.State == 'Z' || s.State == 'X') && s.NumThreads <= 1)
}

// Wait waits until the process has ended, whoever its parent is; it reaps
// nothing. It returns the context's error if that ends first.
func (p *Process) Wait(ctx context.Context) error {
	fd := -1
	if p.hasPidfd {
		fd, _ = unix.PidfdOpen(p.pid, unix.O_NONBLOCK)
	}
	if p.Exited() { // also after PidfdOpen, so fd is not a later process's
		if fd >= 0 {
			unix.Close(fd)
		}
		return nil
	}
	if fd < 0 {
		return p.waitByPolling(ctx)
	}
	// A non-blocking descriptor joins the runtime's poller: no thread waits.
	f := os.NewFile(uintptr(fd), "pidfd")
	defer f.Close()
	conn, err := f.SyscallConn()
	if err != nil {
		return p.waitByPolling(ctx)
	}
	stop := context.AfterFunc(ctx, func() { f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	err = conn.Read(func(uintptr) bool { return p.Exited() })
	if err == nil || p.Exited() {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return p.waitByPolling(ctx)
}

func (p *Process) waitByPolling(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !p.Exited() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// Exe gives the path of the executable.
func (p *Process) Exe() (string, error) {
	buf := make([]byte, unix.PathMax)
	n := 0
	err := p.dir.use(func(fd int) (err error) {
		n, err = unix.Readlinkat(fd, "exe", buf)
		return err
	})
	if err != nil {
		return "", wrap("read executable of", p.pid, 0, err)
	}
	return string(buf[:n]), nil
}

// Args gives the argument vector; a zombie and a kernel thread have none.
func (p *Process) Args() ([]string, error) { return p.stringVector("cmdline") }

// Environ gives the environment that the process began with.
func (p *Process) Environ() ([]string, error) { return p.stringVector("environ") }

func (p *Process) stringVector(name string) ([]string, error) {
	text, err := p.readProc(name, nil)
	if err != nil {
		return nil, wrap("read "+name+" of", p.pid, 0, err)
	}
	text = bytes.TrimSuffix(text, []byte{0})
	if len(text) == 0 {
		return nil, nil
	}
	var out []string
	for _, s := range bytes.Split(text, []byte{0}) {
		out = append(out, string(s))
	}
	return out, nil
}

// PIDs gives the ids of all processes, in ascending order.
func PIDs() ([]int, error) {
	fd, err := unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	return numbersIn(fd, nil)
}

// newImage forgets what belongs to the program that an exec replaced.
func (p *Process) newImage() {
	p.live.Store(0)
	p.mem.discard()
	p.pagemap.discard()
	p.maps.discard()
}
