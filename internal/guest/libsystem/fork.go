//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/guest/cpu"
	"github.com/gomach/mach/internal/guest/mem"
	"github.com/gomach/mach/internal/guest/proc"
)

// forkState is what a child between fork and exec has changed, to be undone. The child
// runs on the parent's thread, and the parent goes on when the child calls exec or exits:
// fork behaves as vfork does, and what it wrote is undone.
type forkState struct {
	thread  *proc.Thread
	regs    cpu.Regs
	fds     []*file
	cwd     string
	cwdFD   int
	umask   uint32
	actions any
	mask    uint32
	attr    syscall.SysProcAttr
	waiting []*proc.Call // calls of other threads, which may end and write meanwhile
}

// firstFakePID is the number of the first child that ended without a process of its own.
const firstFakePID = 1 << 23

func init() {
	on("fork vfork", func(c *proc.Call) {
		s := of(c)
		if s.child != nil {
			c.Fail(proc.EAGAIN)
			return
		}
		f := &forkState{thread: c.Thread, regs: *c.Thread.Regs(), cwd: s.cwd, cwdFD: s.cwdFD, umask: s.umask, actions: c.Process.Signals.Actions, mask: c.Thread.Sig.Mask}
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
		f.waiting = c.Process.Waiting(c.Thread)
		c.Process.Space.Remember()
		s.child = f
		c.Process.Only(c.Thread)
		c.Return(0)
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
		s.endChild(c, pid)
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
			out(c, 0, int32(pid))
		} else {
			c.Return(uint64(e))
		}
	})
}

// childExit ends a child that does not call exec.
func (s *State) childExit(c *proc.Call, code int) bool {
	if s.child == nil {
		return false
	}
	s.mu.Lock()
	pid := firstFakePID + len(s.exits)
	s.exits[pid] = uint32(code&0xff) << 8
	s.mu.Unlock()
	s.endChild(c, pid)
	return true
}

// endChild lets the parent return from fork.
func (s *State) endChild(c *proc.Call, pid int) {
	f := s.child
	s.child = nil
	parent := map[int]bool{}
	for _, d := range f.fds {
		if d != nil {
			parent[d.host] = true
		}
	}
	for _, d := range s.fds.all() {
		if d != nil && !parent[d.host] {
			_ = unix.Close(d.host)
		}
	}
	if s.cwdFD != f.cwdFD {
		_ = unix.Close(s.cwdFD)
	}
	s.fds.replace(f.fds)
	s.cwd, s.cwdFD, s.umask = f.cwd, f.cwdFD, f.umask
	c.Process.Signals.Actions = f.actions.([32]proc.Action)
	c.Thread.Sig.Mask = f.mask
	var others []mem.Range
	for _, w := range f.waiting {
		others = append(others, w.Outs()...)
	}
	c.Process.Space.Rewind(others)
	*c.Thread.Regs() = f.regs
	c.Process.Only(nil)
	c.Return(uint64(pid))
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

// command is how the host starts a program of the guest: darwin programs by the runner, with
// some flags more.
func (s *State) command(host string, args, flags []string) (k command, e proc.Errno) {
	host = byName(host)
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
		line := slices.Concat(s.Policy.Runner, flags, []string{"-argv0", argv0, host}, args)
		return command{line[0], line, true}, 0
	}
	if !s.Policy.HostPrograms {
		return k, 8 // ENOEXEC
	}
	return command{name: host, args: args}, 0
}

// spawn starts a program with the guest's descriptors.
func (s *State) spawn(c *proc.Call, path, argv, envp uint64, attr *syscall.SysProcAttr) (int, proc.Errno) {
	host, e := s.hostPath(c, atCWD, path, false, true)
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
	var flags []string
	if s.Kernel != nil {
		flags = s.Kernel.Starting()
	}
	program, e := s.command(host, args, flags)
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
	pid, err := syscall.ForkExec(program.name, program.args, &syscall.ProcAttr{Dir: dir, Env: env, Files: files, Sys: attr})
	if err != nil {
		return 0, proc.FromHost(err)
	}
	s.mu.Lock()
	s.procs[pid] = true
	s.mu.Unlock()
	if program.guest && s.Kernel != nil {
		s.Kernel.Started(c.Process, pid)
	}
	return pid, 0
}

// replace is execve without fork: the guest becomes another program, which runs in this
// process's place.
func (s *State) replace(c *proc.Call) {
	host, e := s.hostPath(c, atCWD, c.Arg(0), false, true)
	args, e2 := guestStrings(c, c.Arg(1))
	env, e3 := guestStrings(c, c.Arg(2))
	if e = max(e, e2, e3); e != 0 {
		c.Fail(e)
		return
	}
	program, e := s.command(host, args, nil)
	if e != 0 {
		c.Fail(e)
		return
	}
	if program.guest && s.Kernel != nil {
		s.Kernel.Replacing(c.Process, false)
		defer s.Kernel.Replacing(c.Process, true)
	}
	// Move the guest's descriptors to their numbers: first out of the way, then into place.
	var moved []int
	for _, d := range s.fds.all() {
		h := -1
		if d != nil && !d.closeExec {
			h, _ = unix.FcntlInt(uintptr(d.host), unix.F_DUPFD_CLOEXEC, maxFiles)
		}
		moved = append(moved, h)
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

// byName turns a path that starts at one of our descriptors into one that means the same to
// another process.
func byName(host string) string {
	const fds = "/proc/self/fd/"
	rest, ok := strings.CutPrefix(host, fds)
	if !ok {
		return host
	}
	fd, rest, _ := strings.Cut(rest, "/")
	dir, err := os.Readlink(fds + fd)
	if err != nil {
		return host
	}
	return filepath.Join(dir, rest)
}
