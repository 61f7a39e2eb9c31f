//go:build linux && (amd64 || arm64)

package libsystem

import (
	"crypto/rand"
	"encoding/binary"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

type exitHandler struct {
	fn, arg uint64
	withArg bool
}

// Data is the contents of libSystem's variables for proc.Config.
func (s *State) Data(p *proc.Process, name string) ([]byte, bool) {
	switch name {
	case "__progname":
		name := ""
		if len(p.Args) > 0 {
			name = path.Base(p.Args[0])
		}
		return word64(p.Static(text(name))), true
	case "malloc_num_zones", "malloc_zones": // no zones to be looked at from outside
		return make([]byte, 8), true
	case "in6addr_any":
		return make([]byte, 16), true
	case "in6addr_loopback":
		return append(make([]byte, 15), 1), true
	case "environ":
		return word64(p.Envp), true
	case "vm_page_size", "vm_kernel_page_size":
		return word64(p.Arch.PageSize), true
	case "vm_page_mask", "vm_kernel_page_mask":
		return word64(p.Arch.PageSize - 1), true
	case "vm_page_shift", "vm_kernel_page_shift":
		n := uint32(12)
		if p.Arch.PageSize == 16384 {
			n = 14
		}
		return word32(n), true
	case "__stdinp", "__stdoutp", "__stderrp":
		return s.stdio.pointer(p, name), true
	case "__stack_chk_guard":
		var b [8]byte
		_, _ = rand.Read(b[1:])
		return b[:], true
	case "_NSConcreteStackBlock", "_NSConcreteGlobalBlock":
		return make([]byte, 256), true
	case "NDR_record", "_NDR_record":
		return []byte{0, 0, 0, 0, 1, 0, 0, 0}, true
	case "suboptarg", "optarg", "timezone":
		return make([]byte, 8), true
	case "opterr", "optind":
		return word64(1), true
	case "optopt", "optreset", "signgam", "daylight", "getdate_err":
		return make([]byte, 8), true
	case "_DefaultRuneLocale":
		return runeLocale, true
	case "__mb_cur_max":
		return word32(1), true
	}
	if s.Kernel != nil {
		return s.Kernel.Data(p, name)
	}
	return nil, false
}

// exit runs what atexit collected, then ends the process.
func exit(c *proc.Call) {
	s := of(c)
	for {
		s.mu.Lock()
		n := len(s.atexit)
		if n == 0 {
			s.mu.Unlock()
			break
		}
		h := s.atexit[n-1]
		s.atexit = s.atexit[:n-1]
		s.mu.Unlock()
		if h.withArg {
			c.Guest(h.fn, h.arg)
		} else {
			c.Guest(h.fn)
		}
	}
	s.flushAll()
	child := false
	c.Process.Sync(func() { child = s.childExit(c, c.Int(0)) })
	if child {
		return
	}
	c.Park()
	c.Process.Exit(int(c.Arg(0)&0xff), nil)
}

func init() {
	onAsync("exit", exit)
	on("_exit _Exit", func(c *proc.Call) {
		if of(c).childExit(c, c.Int(0)) {
			return
		}
		c.Park()
		c.Process.Exit(int(c.Arg(0)&0xff), nil)
	})
	atExit := func(c *proc.Call, h exitHandler) {
		s := of(c)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.atexit = append(s.atexit, h)
	}
	on("atexit", func(c *proc.Call) { atExit(c, exitHandler{fn: c.Arg(0)}) })
	on("__cxa_atexit", func(c *proc.Call) { atExit(c, exitHandler{c.Arg(0), c.Arg(1), true}) })
	on("__error", func(c *proc.Call) { c.Return(c.Thread.ErrnoAddress()) })
	on("getpid", func(c *proc.Call) { c.ReturnInt(of(c).pid()) })
	on("getppid", func(c *proc.Call) {
		if of(c).child != nil {
			c.ReturnInt(os.Getpid())
			return
		}
		c.ReturnInt(os.Getppid())
	})
	on("getuid", func(c *proc.Call) { c.ReturnInt(os.Getuid()) })
	on("geteuid", func(c *proc.Call) { c.ReturnInt(os.Geteuid()) })
	on("getgid", func(c *proc.Call) { c.ReturnInt(os.Getgid()) })
	on("getegid", func(c *proc.Call) { c.ReturnInt(os.Getegid()) })
	on("getpgrp", func(c *proc.Call) { c.ReturnInt(unix.Getpgrp()) })
	on("getpgid", func(c *proc.Call) { n, err := unix.Getpgid(c.Int(0)); result(c, uint64(n), err) })
	on("getsid", func(c *proc.Call) { n, err := unix.Getsid(c.Int(0)); result(c, uint64(n), err) })
	on("issetugid", func(c *proc.Call) {})
	on("setuid setgid seteuid setegid setreuid setregid setgroups setlogin setprivexec chroot", func(c *proc.Call) { c.Fail(proc.EPERM) })
	on("getgroups", func(c *proc.Call) {
		g, err := os.Getgroups()
		if err != nil {
			c.Fail(proc.FromHost(err))
			return
		}
		if n := c.Int(0); n != 0 {
			b, ok := c.Out(c.Arg(1), 4*uint64(len(g)))
			if !ok || n < len(g) {
				c.Fail(proc.EINVAL)
				return
			}
			for i, v := range g {
				binary.LittleEndian.PutUint32(b[4*i:], uint32(v))
			}
		}
		c.ReturnInt(len(g))
	})
	random := func(c *proc.Call, at, n uint64) bool {
		b, ok := c.Out(at, n)
		if ok {
			_, _ = rand.Read(b)
		}
		return ok
	}
	on("arc4random_buf", func(c *proc.Call) { random(c, c.Arg(0), c.Arg(1)) })
	on("getentropy", func(c *proc.Call) {
		switch {
		case c.Arg(1) > 256:
			c.Fail(proc.EINVAL)
		case !random(c, c.Arg(0), c.Arg(1)):
			c.Fail(proc.EFAULT)
		}
	})
	on("arc4random", func(c *proc.Call) {
		var b [4]byte
		_, _ = rand.Read(b[:])
		c.Return(uint64(binary.LittleEndian.Uint32(b[:])))
	})
	on("arc4random_uniform", func(c *proc.Call) {
		var b [8]byte
		_, _ = rand.Read(b[:])
		if n := uint64(c.Uint32(0)); n > 1 {
			c.Return(binary.LittleEndian.Uint64(b[:]) % n)
		}
	})
	// What Go's runtime calls only to make frameworks get ready for fork.
	on("notify_is_valid_token xpc_date_create_from_current", func(c *proc.Call) {})
	on("_tlv_bootstrap", func(c *proc.Call) { c.Return(threadLocal(c)) })
	on("_dyld_image_count", func(c *proc.Call) { c.Return(1) })
	on("_dyld_get_image_header", func(c *proc.Call) {
		if c.Int(0) == 0 {
			c.Return(c.Process.Main.Base)
		}
	})
	on("_dyld_get_image_vmaddr_slide", func(c *proc.Call) {
		if c.Int(0) == 0 {
			c.Return(c.Process.Main.Slide)
		}
	})
	on("_dyld_get_image_name", func(c *proc.Call) {
		if c.Int(0) == 0 {
			c.Return(imageName(c))
		}
	})
	on("_dyld_get_all_image_infos", func(c *proc.Call) { c.Return(c.Process.ImageInfos) })
	on("_NSGetExecutablePath", func(c *proc.Call) {
		n := proc.At[uint32](c, c.Arg(1))
		path := of(c).GuestPath(c.Process.Path) + "\x00"
		if n == nil {
			c.Return(^uint64(0))
			return
		}
		b, ok := c.Out(c.Arg(0), uint64(len(path)))
		if *n < uint32(len(path)) || !ok {
			*n = uint32(len(path))
			c.Return(^uint64(0))
			return
		}
		copy(b, path)
	})
	on("_NSGetArgc", func(c *proc.Call) { c.Return(static(c, "argc", word64(uint64(c.Process.Argc)))) })
	on("_NSGetArgv", func(c *proc.Call) { c.Return(static(c, "argv", word64(c.Process.Argv))) })
	on("_NSGetEnviron", func(c *proc.Call) { a, _ := c.Process.DataSymbol("environ"); c.Return(a) })
	on("dyld_stub_binder", func(c *proc.Call) { abort(c, "lazy binding was asked for although every symbol is bound at launch") })
	on("__stack_chk_fail", func(c *proc.Call) { abort(c, "stack overflow detected") })
	on("dlopen", func(c *proc.Call) {
		if c.Arg(0) == 0 {
			c.Return(dlMain)
			return
		}
		name, _ := c.String(c.Arg(0))
		if !systemLibrary(name) {
			of(c).dlMessage(c, "dlopen("+name+"): darwinrun has libSystem only")
			c.Return(0)
			return
		}
		c.Return(dlSystem)
	})
	on("dlclose", func(c *proc.Call) {})
	on("dlerror", func(c *proc.Call) { s := of(c); c.Return(s.dlError); s.dlError = 0 })
	on("dlsym", func(c *proc.Call) {
		name, ok := c.String(c.Arg(1))
		if !ok {
			return
		}
		if h := c.Arg(0); h != dlSystem {
			if a, ok := c.Process.Main.Lookup("_" + name); ok {
				c.Return(a)
				return
			}
		}
		if a, ok := c.Process.DataSymbol(name); ok {
			c.Return(a)
			return
		}
		if of(c).Lookup(name) == nil {
			of(c).dlMessage(c, "dlsym("+name+"): symbol not found")
			return
		}
		c.Return(c.Process.StubFor(name))
	})
	on("dladdr", func(c *proc.Call) {
		p := proc.At[[4]uint64](c, c.Arg(1))
		if p == nil || !c.Process.Main.Contains(c.Arg(0)) {
			return
		}
		*p = [4]uint64{imageName(c), c.Process.Main.Base}
		c.Return(1)
	})
}

// Handles that dlopen gives.
const (
	dlMain   = 0x1000
	dlSystem = 0x2000
)

// systemLibrary says whether a library's functions are among ours.
func systemLibrary(name string) bool {
	for _, p := range []string{"/usr/lib/libSystem", "/usr/lib/system/", "/usr/lib/libc.", "/usr/lib/libm.", "/usr/lib/libpthread", "/usr/lib/libobjc", "/usr/lib/libdl", "libSystem"} {
		if len(name) >= len(p) && name[:len(p)] == p {
			return true
		}
	}
	return false
}

func (s *State) dlMessage(c *proc.Call, m string) { s.dlError = c.Process.Static([]byte(m + "\x00")) }

// static is guest memory with the given contents, made once for each name.
func static(c *proc.Call, name string, b []byte) uint64 {
	s := of(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.statics[name]; ok {
		return a
	}
	a := c.Process.Static(b)
	s.statics[name] = a
	return a
}

func imageName(c *proc.Call) uint64 {
	return static(c, "image name", []byte(of(c).GuestPath(c.Process.Path)+"\x00"))
}

// threadLocal finds a thread-local variable by its descriptor: {thunk, key, offset}. The
// block of a thread is made when it first asks.
func threadLocal(c *proc.Call) uint64 {
	d := proc.Read[[3]uint64](c, c.Arg(0))
	if d == nil {
		return 0
	}
	img := c.Process.Main
	return d[2] + c.Thread.TLS(img.Base, func() uint64 {
		at := of(c).heap.aligned(c, uint64(len(img.TLS)), 64)
		if at != 0 && len(img.TLS) > 0 {
			copy(mem.Slice(at, uint64(len(img.TLS))), img.TLS)
		}
		return at
	})
}
