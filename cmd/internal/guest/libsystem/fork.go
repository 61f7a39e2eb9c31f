//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// forkState is what the parent of a forked child goes on with. The child runs on the parent's
// thread, and the parent goes on when the child calls exec, exits or dies: fork behaves as
// vfork does, and what the child did is undone.
type forkState struct {
	pid    int // of the child, unless it calls exec
	fds    []*file
	cwd    string
	cwdFD  int
	umask  uint32
	attr   syscall.SysProcAttr
	traced Tracing
	own    ownState
	thread *proc.Thread
}

// firstFakePID is the number of the first child that ended without a process of its own.
const firstFakePID = 1 << 23

func init() {
	on("fork vfork __fork", func(c *proc.Call) {
		s := of(c)
		if s.child != nil {
			c.Fail(proc.EAGAIN)
			return
		}
		f := &forkState{pid: firstFakePID + s.forks, cwd: s.cwd, cwdFD: s.cwdFD, umask: s.umask, thread: c.Thread}
		if c.Process.Fork(c, func(sig int) { s.endChild(c.Process, f.pid, uint32(sig)) }) != nil {
			c.Fail(proc.ENOMEM)
			return
		}
		s.forks++
		f.fds = s.fds.all()
		// The child's own view: descriptors can be moved and flagged without the parent's noticing.
		own := s.fds.all()
		for i, d := range own {
			if d != nil {
				n := *d
				own[i] = &n
			}
		}
		s.fds.replace(own)
		f.own = s.fork(c.Thread)
		s.child = f
		s.tellSelf(0)
		c.Return(0)
		if c.Raw() { // the second result tells the child from its parent (xnu bsd/kern/kern_fork.c)
			c.ReturnTwo(uint64(os.Getpid()), 1)
		}
	})
	on("execve", func(c *proc.Call) {
		s := of(c)
		if s.child == nil {
			s.replace(c)
			return
		}
		pid, e := s.start(c, s.child)
		if e != 0 {
			c.Fail(e)
			return
		}
		s.forked(c.Process, pid)
	})
	on("setsid", func(c *proc.Call) {
		if f := of(c).child; f != nil {
			f.attr.Setsid = true
			return
		}
		n, err := unix.Setsid()
		result(c, uint64(n), err)
	})
	on("setpgid", func(c *proc.Call) {
		if f := of(c).child; f != nil {
			f.attr.Setpgid, f.attr.Pgid = true, c.Int(1)
			return
		}
		done(c, unix.Setpgid(c.Int(0), c.Int(1)))
	})
	on("wait4", func(c *proc.Call) { of(c).wait(c, c.Int(0), c.Arg(1), c.Int(2), c.Arg(3)) })
	on("waitpid", func(c *proc.Call) { of(c).wait(c, c.Int(0), c.Arg(1), c.Int(2), 0) })
	on("wait", func(c *proc.Call) { of(c).wait(c, -1, c.Arg(0), 0, 0) })
	on("posix_spawn posix_spawnp", func(c *proc.Call) {
		s := of(c)
		pid, e := s.spawn(c, c.Arg(1), c.Arg(4), c.Arg(5), &syscall.SysProcAttr{})
		if e == 0 {
			s.tellSelf(0)
			out(c, 0, int32(pid))
		} else {
			c.Return(uint64(e))
		}
	})
}

// pid is the guest's process id: that of the runner, but for a forked child.
func (s *State) pid() int {
	if f := s.child; f != nil {
		return f.pid
	}
	return os.Getpid()
}

// childExit ends a child that does not call exec. Only on the processor's goroutine.
func (s *State) childExit(c *proc.Call, code int) bool {
	if s.child == nil {
		return false
	}
	s.endChild(c.Process, s.child.pid, uint32(code&0xff)<<8)
	return true
}

// endChild ends a child without a process of its own; the status is for wait.
func (s *State) endChild(p *proc.Process, pid int, status uint32) {
	s.mu.Lock()
	s.exits[pid] = status
	s.mu.Unlock()
	s.forked(p, pid)
	p.Post(func() { p.SignalFromOutside(proc.SignalInfo{Signal: proc.SIGCHLD, PID: int32(pid)}) })
}

// forked lets the parent return from fork.
func (s *State) forked(p *proc.Process, pid int) {
	f := s.child
	s.child = nil
	parent := map[int]bool{}
	for _, d := range f.fds {
		if d != nil {
			parent[d.host] = true
		}
	}
	for _, d := range s.fds.all() {
		switch {
		case d == nil || parent[d.host]:
		case d.kq != nil:
			d.kq.close()
		default:
			_ = unix.Close(d.host)
		}
	}
	if s.cwdFD != f.cwdFD {
		_ = unix.Close(s.cwdFD)
	}
	s.fds.replace(f.fds)
	s.cwd, s.cwdFD, s.umask = f.cwd, f.cwdFD, f.umask
	p.EndFork(uint64(pid))
	s.fds.limitTo(f.own.limits)
	s.unfork(p, f.own) // last: it frees memory for good
}

// strings reads a vector of string pointers.
func guestStrings(c *proc.Call, at uint64) ([]string, proc.Errno) {
	var list []string
	if at == 0 {
		return nil, 0
	}
	for len(list) < 1<<16 {
		p := proc.Read[uint64](c, at+8*uint64(len(list)))
		if p == nil {
			return nil, proc.EFAULT
		}
		if *p == 0 {
			return list, 0
		}
		s, ok := c.String(*p)
		if !ok {
			return nil, proc.EFAULT
		}
		list = append(list, s)
	}
	return nil, 7 // E2BIG
}

func (s *State) start(c *proc.Call, f *forkState) (int, proc.Errno) {
	return s.spawn(c, c.Arg(0), c.Arg(1), c.Arg(2), &f.attr)
}

// command is how the host starts a program.
type command struct {
	name string
	args []string
	// guest: it is a program for darwin, which gets a runner.
	guest bool
}

// command is how the host starts a program of the guest: darwin programs by the runner.
func (s *State) command(t *proc.Thread, host string, args []string) (k command, e proc.Errno) {
	st, err := os.Stat(host)
	if err != nil {
		return k, proc.FromHost(err)
	}
	if !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
		return k, proc.EACCES
	}
	file, err := os.Open(host)
	if err != nil {
		return k, proc.FromHost(err)
	}
	head := make([]byte, 4)
	_, _ = file.Read(head)
	_ = file.Close()
	switch magic := binary.LittleEndian.Uint32(head); magic {
	case 0xfeedfacf, 0xbebafeca, 0xbfbafeca:
		if len(s.Policy.Runner) == 0 {
			return k, proc.EPERM
		}
		argv0 := host
		if len(args) > 0 {
			argv0 = args[0]
			args = args[1:]
		}
		signals := fmt.Sprintf("-%s=%d,%d", SignalsFlag, s.process.Ignored(), t.Sig.Mask)
		line := slices.Concat(s.Policy.Runner, []string{signals, "-argv0", argv0, host}, args)
		return command{line[0], line, true}, 0
	}
	if !s.Policy.HostPrograms {
		s.refuseHostProgram(host)
		return k, 8 // ENOEXEC
	}
	return command{name: host, args: args}, 0
}

// join gives a program's runner its way into the guest's kernel: a descriptor with a number above
// the guest's, which a flag tells. nil: it has none.
func (s *State) join(program *command, number int, start func(*proc.Process) (Joining, error)) (Joining, proc.Errno) {
	j, err := start(s.process)
	if err != nil || j == nil {
		return nil, proc.FromHost(err)
	}
	program.args = slices.Insert(program.args, len(s.Policy.Runner), "-"+KernelFlag, itoa(number))
	return j, 0
}

// KernelFlag is the runner's flag for the number of the descriptor by which it joins a kernel.
const KernelFlag = "kernel"

// SignalsFlag is the runner's flag for what a program inherits of its predecessor's or parent's
// signals (xnu bsd/kern/kern_sig.c execsigs): those that are ignored, and those that are blocked.
const SignalsFlag = "signals"

// refuseHostProgram says once of a program why it is not started.
func (s *State) refuseHostProgram(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused[host] {
		return
	}
	if s.refused == nil {
		s.refused = map[string]bool{}
	}
	s.refused[host] = true
	fmt.Fprintf(s.process.Stderr, "darwinrun: %s is a program of the host, not for darwin; -host-programs would let it run\n", s.GuestPath(host))
}

// spawn starts a program with the guest's descriptors.
func (s *State) spawn(c *proc.Call, path, argv, envp uint64, attr *syscall.SysProcAttr) (int, proc.Errno) {
	host, e := s.programPath(c, path)
	if e != 0 {
		return 0, e
	}
	args, e := guestStrings(c, argv)
	if e != 0 {
		return 0, e
	}
	env, e := guestStrings(c, envp)
	if e != 0 {
		return 0, e
	}
	program, e := s.command(c.Thread, host, args)
	if e != 0 {
		return 0, e
	}
	var files []uintptr
	for _, d := range s.fds.all() {
		if d == nil || d.closeExec || d.kq != nil {
			files = append(files, ^uintptr(0))
			continue
		}
		files = append(files, uintptr(d.host))
	}
	for len(files) > 0 && files[len(files)-1] == ^uintptr(0) {
		files = files[:len(files)-1]
	}
	dir := s.cwd
	if s.Policy.Root != "" {
		dir = filepath.Join(s.Policy.Root, s.cwd)
	}
	var way Joining
	if program.guest && s.Kernel != nil {
		for len(files) < 3 {
			files = append(files, ^uintptr(0))
		}
		if way, e = s.join(&program, len(files), s.Kernel.Starting); e != 0 {
			return 0, e
		}
		if way != nil {
			defer way.Close()
			files = append(files, way.File().Fd())
		}
	}
	var traced Tracing
	if s.child != nil {
		traced = s.child.traced
	}
	if traced.On && way == nil { // nobody could let it go
		return 0, proc.EPERM
	}
	pid, err := syscall.ForkExec(program.name, program.args, &syscall.ProcAttr{Dir: dir, Env: env, Files: files, Sys: attr})
	if err != nil {
		return 0, proc.FromHost(err)
	}
	s.mu.Lock()
	s.procs[pid] = true
	s.mu.Unlock()
	if s.child != nil {
		s.limitChild(pid)
	}
	if way != nil {
		way.Started(pid, traced)
	}
	if traced.On && !traced.Exceptions {
		s.stoppedAtExec(c.Process, pid)
	}
	return pid, 0
}

// replace is execve without fork: the guest becomes another program, which runs in this
// process's place.
func (s *State) replace(c *proc.Call) {
	host, e := s.programPath(c, c.Arg(0))
	args, e2 := guestStrings(c, c.Arg(1))
	env, e3 := guestStrings(c, c.Arg(2))
	if e = max(e, e2, e3); e != 0 {
		c.Fail(e)
		return
	}
	program, e := s.command(c.Thread, host, args)
	if e != 0 {
		c.Fail(e)
		return
	}
	number := max(len(s.fds.all()), 3)
	var way Joining
	if program.guest && s.Kernel != nil {
		if way, e = s.join(&program, number, s.Kernel.Replacing); e != 0 {
			c.Fail(e)
			return
		}
		if way != nil {
			defer way.Close()
			how := s.Kernel.Tracing()
			if !how.Exceptions { // its tracer could not be told of the stop
				how = Tracing{}
			}
			way.Started(os.Getpid(), how)
		}
	}
	// Move the guest's descriptors to their numbers: first out of the way, then into place.
	var moved []int
	aside := func(fd int) int {
		h, _ := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, number+1)
		return h
	}
	for _, d := range s.fds.all() {
		h := -1
		if d != nil && !d.closeExec && d.kq == nil {
			h = aside(d.host)
		}
		moved = append(moved, h)
	}
	if way != nil {
		for len(moved) < number {
			moved = append(moved, -1)
		}
		moved = append(moved, aside(int(way.File().Fd())))
	}
	for fd, h := range moved {
		if h >= 0 {
			_ = unix.Dup3(h, fd, 0)
		} else if fd <= 2 {
			_ = unix.Close(fd)
		}
	}
	_ = os.Chdir(s.cwd)
	c.Fail(proc.FromHost(syscall.Exec(program.name, program.args, env)))
}

// guestStatus translates a host's wait status.
func guestStatus(w unix.WaitStatus) uint32 {
	if w.Signaled() {
		n := uint32(hostSignals[w.Signal()])
		if w.CoreDump() {
			n |= 0x80
		}
		return n
	}
	if w.Stopped() {
		return uint32(hostSignals[w.StopSignal()])<<8 | 0x7f
	}
	return uint32(w.ExitStatus()) << 8
}

func (s *State) wait(c *proc.Call, pid int, statusAt uint64, options int, usageAt uint64) {
	put := func(status uint32) {
		if p := proc.At[uint32](c, statusAt); statusAt != 0 && p != nil {
			*p = status
		}
	}
	s.mu.Lock()
	for fake, status := range s.exits {
		if pid == -1 || pid == fake {
			delete(s.exits, fake)
			s.mu.Unlock()
			put(status)
			c.ReturnInt(fake)
			return
		}
	}
	s.mu.Unlock()
	if n, status, found := s.takeStop(pid); found {
		put(status)
		c.ReturnInt(n)
		return
	}
	wait := func(flags int) (int, bool) {
		var w unix.WaitStatus
		var ru unix.Rusage
		n, err := unix.Wait4(pid, &w, flags, &ru)
		if err == unix.EINTR {
			return 0, false
		}
		if err != nil {
			c.Fail(proc.FromHost(err))
			return 0, true
		}
		if n > 0 {
			put(guestStatus(w))
			if usageAt != 0 {
				if b, ok := c.Out(usageAt, 144); ok {
					putRusage(b, &ru)
				}
			}
			s.mu.Lock()
			delete(s.procs, n)
			s.mu.Unlock()
		}
		c.ReturnInt(n)
		return n, true
	}
	flags := 0
	if options&2 != 0 {
		flags |= unix.WUNTRACED
	}
	if n, ok := wait(flags | unix.WNOHANG); ok && (n > 0 || options&1 != 0 || int64(c.Result()) < 0) {
		return
	}
	c.Block(func() {
		for {
			if _, ok := wait(flags); ok {
				return
			}
		}
	})
}

// has says whether the parent has a host descriptor open.
func (f *forkState) has(host int) bool {
	for _, d := range f.fds {
		if d != nil && d.host == host {
			return true
		}
	}
	return false
}
