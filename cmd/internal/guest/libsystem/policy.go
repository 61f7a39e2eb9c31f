//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// mayChange applies the policy to a place, by where it is and not by what it was called. To
// make, remove or exchange a name is to change the directory.
func (s *State) mayChange(p place) bool {
	if p.name == "" || p.name == "." {
		return s.mayWrite(p.real())
	}
	return s.mayWrite(place{fd: p.fd}.real()) && !inside(p.real(), s.Policy.ReadOnly)
}

// mayMove says whether a name may go elsewhere: not if a tree that is not to be changed is
// below it, which is like a volume that is mounted there.
func (s *State) mayMove(p place) bool {
	here := []string{p.real()}
	for _, tree := range s.Policy.ReadOnly {
		if inside(tree, here) {
			return false
		}
	}
	return true
}

// mayChangeFile applies it to an open file. Having been opened for writing is enough only to
// write: what is said about the file itself is said of its place.
func (s *State) mayChangeFile(d *file) bool { return s.mayChange(place{fd: d.host}) }

// mayWrite applies the policy to a path of the host that has no symbolic links in it.
func (s *State) mayWrite(real string) bool {
	if s.Policy.Writable == nil && s.Policy.ReadOnly == nil || writableDevice(real) {
		return true
	}
	for _, kind := range []string{"pipe:", "socket:", "anon_inode:"} {
		if strings.HasPrefix(real, kind) {
			return true
		}
	}
	if inside(real, s.Policy.ReadOnly) {
		return false
	}
	return s.Policy.Writable == nil || inside(real, s.Policy.Writable)
}

// writableDevice names the devices that are everybody's.
func writableDevice(real string) bool {
	switch real {
	case "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts/ptmx":
		return true
	}
	return strings.HasPrefix(real, "/dev/pts/")
}

func inside(path string, trees []string) bool {
	for _, t := range trees {
		if path == t || strings.HasPrefix(path, strings.TrimSuffix(t, "/")+"/") {
			return true
		}
	}
	return false
}

// refusal is why a name may not be made or a thing not be changed: first of all because it is
// there, or is not.
func refusal(p place, create bool) proc.Errno {
	switch {
	case create && p.exists():
		return proc.EEXIST
	case !create && !p.exists():
		return proc.ENOENT
	}
	return proc.EROFS
}

// at finds a place for a call that reads.
func (s *State) at(c *proc.Call, dir int, addr uint64, how int, f func(path string)) {
	p, e := s.find(c, dir, addr, how)
	if e != 0 {
		c.Fail(e)
		return
	}
	defer p.close()
	f(p.path())
}

// changeAt finds a place for a call that changes what is there, or with toCreate makes it.
func (s *State) changeAt(c *proc.Call, dir int, addr uint64, how int, f func(path string)) {
	p, e := s.find(c, dir, addr, how)
	if e != 0 {
		c.Fail(e)
		return
	}
	defer p.close()
	if !s.mayChange(p) {
		c.Fail(refusal(p, how == toCreate))
		return
	}
	f(p.path())
}

// onRead registers functions whose first argument is a path that they read.
func onRead(names string, how int, f func(c *proc.Call, path string)) {
	on(names, func(c *proc.Call) { of(c).at(c, atCWD, c.Arg(0), how, func(p string) { f(c, p) }) })
}

// onReadAt is for those whose first arguments are a directory descriptor and a path.
func onReadAt(names string, how int, f func(c *proc.Call, path string)) {
	on(names, func(c *proc.Call) { of(c).at(c, c.Int(0), c.Arg(1), how, func(p string) { f(c, p) }) })
}

// onChange registers functions that change what their first argument names.
func onChange(names string, how int, f func(c *proc.Call, path string)) {
	on(names, func(c *proc.Call) { of(c).changeAt(c, atCWD, c.Arg(0), how, func(p string) { f(c, p) }) })
}

func onChangeAt(names string, how int, f func(c *proc.Call, path string)) {
	on(names, func(c *proc.Call) { of(c).changeAt(c, c.Int(0), c.Arg(1), how, func(p string) { f(c, p) }) })
}

// onChangeFile registers functions that change what the descriptor in the first argument is of.
func onChangeFile(names string, f func(c *proc.Call, d *file)) {
	on(names, withFile(func(c *proc.Call, d *file) {
		if !of(c).mayChangeFile(d) {
			c.Fail(proc.EROFS)
			return
		}
		f(c, d)
	}))
}

// done returns a host call's error alone.
func done(c *proc.Call, err error) { result(c, 0, err) }

// openRoot opens what is / for the guest.
func openRoot(root string) int {
	if root == "" {
		return -1
	}
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
}

// GuestPath is the name by which a guest knows a host path.
func (s *State) GuestPath(host string) string {
	if s.Policy.Root == "" {
		return host
	}
	if rest, ok := strings.CutPrefix(host, strings.TrimSuffix(s.Policy.Root, "/")); ok {
		if rest == "" {
			return "/"
		}
		return rest
	}
	return host
}

// knownAs is the guest's name of an open file.
func (s *State) knownAs(host int) string {
	real, err := os.Readlink(fdPath(host))
	if err != nil {
		return ""
	}
	return s.GuestPath(real)
}
