//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bytes"
	"encoding/binary"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

const (
	bufferFull = 0
	bufferLine = 1
	bufferNone = 2
	fileSize   = 152
	bufferSize = 8192
	eof        = ^uint64(0)
)

type stdio struct {
	mu      sync.Mutex
	streams map[uint64]*stream
}

func (s *stdio) at(fp uint64) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams[fp]
}

func (s *stdio) add(fp uint64, f *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams == nil {
		s.streams = map[uint64]*stream{}
	}
	s.streams[fp] = f
}

// pointer makes a standard stream and is the contents of its variable.
func (s *stdio) pointer(p *proc.Process, name string) []byte {
	fp := p.Static(make([]byte, fileSize))
	f := &stream{}
	switch name {
	case "__stdoutp":
		f.fd, f.mode = 1, bufferFull
		if st := p.Personal.(*State).fds.get(1); st != nil {
			if _, err := unix.IoctlGetTermios(st.host, unix.TCGETS); err == nil {
				f.mode = bufferLine
			}
		}
	case "__stderrp":
		f.fd, f.mode = 2, bufferNone
	}
	binary.LittleEndian.PutUint16(mem.Slice(fp+18, 2), uint16(f.fd)) // _file
	s.add(fp, f)
	return word64(fp)
}

// standard is one of the three streams, for functions that do not name it.
func standard(c *proc.Call, name string) uint64 {
	at, _ := c.Process.DataSymbol(name)
	return c.Process.Peek(at)
}

func (s *State) flush(f *stream) bool {
	d := s.fds.get(f.fd)
	var out []byte
	f.locked(func() { out, f.out = f.out, nil })
	if d == nil {
		if len(out) > 0 {
			f.fails()
		}
		return len(out) == 0
	}
	for len(out) > 0 {
		n, err := writeAll(d, out)
		if err == unix.EAGAIN {
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(d.host), Events: unix.POLLOUT}}, 1000)
			continue
		}
		if err != nil || n <= 0 {
			f.fails()
			s.brokenPipe(d, err)
			return false
		}
		out = out[n:]
	}
	return true
}

func (s *State) flushAll() {
	s.stdio.mu.Lock()
	defer s.stdio.mu.Unlock()
	for _, f := range s.stdio.streams {
		s.flush(f)
	}
}

// put writes to a stream by its rules of buffering.
func (s *State) put(fp uint64, b []byte) bool {
	f := s.stdio.at(fp)
	if f == nil {
		return false
	}
	full := false
	f.locked(func() {
		f.in = nil
		f.out = append(f.out, b...)
		full = f.mode == bufferNone || len(f.out) >= bufferSize || f.mode == bufferLine && bytes.IndexByte(b, '\n') >= 0
	})
	if full {
		return s.flush(f)
	}
	return true
}

// fill reads more input; false at the end of the file or on an error. It may block.
func (s *State) fill(f *stream) bool {
	ended := false
	if f.locked(func() { ended = f.eof }); ended {
		return false
	}
	d := s.fds.get(f.fd)
	if d == nil {
		f.fails()
		return false
	}
	b := make([]byte, bufferSize)
	for {
		n, err := unix.Read(d.host, b)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(d.host), Events: unix.POLLIN}}, 1000)
			continue
		case err != nil:
			f.fails()
			return false
		case n == 0:
			f.locked(func() { f.eof = true })
			return false
		}
		f.locked(func() { f.in = append(f.in, b[:n]...) })
		return true
	}
}

func (s *State) getByte(f *stream) (byte, bool) {
	var b [1]byte
	for f.take(b[:]) == 0 {
		if !s.fill(f) {
			return 0, false
		}
	}
	return b[0], true
}

// withStream looks a stream argument up; input functions run in goroutines, so that a
// program that waits for its terminal does not stand still as a whole.
func withStream(n int, f func(c *proc.Call, f *stream)) func(*proc.Call) {
	return func(c *proc.Call) {
		st := of(c).stdio.at(c.Arg(n))
		if st == nil {
			c.Fail(proc.EBADF)
			return
		}
		f(c, st)
	}
}

func (s *State) newStream(c *proc.Call, fd int) {
	fp := s.heap.alloc(c, fileSize)
	if fp == 0 {
		noMemory(c)
		return
	}
	binary.LittleEndian.PutUint16(mem.Slice(fp+18, 2), uint16(fd))
	s.stdio.add(fp, &stream{fd: fd})
	c.Return(fp)
}

// openMode translates fopen's mode to open's flags.
func openMode(mode string) (flags int, ok bool) {
	if mode == "" {
		return 0, false
	}
	plus := bytes.IndexByte([]byte(mode), '+') >= 0
	switch mode[0] {
	case 'r':
		flags = 0
	case 'w':
		flags = 1 | 0x600
	case 'a':
		flags = 1 | 0x208
	default:
		return 0, false
	}
	if plus {
		flags = flags&^3 | 2
	}
	if bytes.IndexByte([]byte(mode), 'x') >= 0 {
		flags |= 0x800
	}
	if bytes.IndexByte([]byte(mode), 'e') >= 0 {
		flags |= openCloexec
	}
	return flags, true
}

func init() {
	output := func(fp func(c *proc.Call) uint64, text func(c *proc.Call) ([]byte, bool), result func(c *proc.Call, b []byte) uint64) func(*proc.Call) {
		return func(c *proc.Call) {
			b, ok := text(c)
			if !ok || c.Over() {
				return
			}
			if !of(c).put(fp(c), b) {
				c.Return(eof)
				return
			}
			c.Return(result(c, b))
		}
	}
	stdout := func(c *proc.Call) uint64 { return standard(c, "__stdoutp") }
	arg := func(n int) func(*proc.Call) uint64 { return func(c *proc.Call) uint64 { return c.Arg(n) } }
	count := func(c *proc.Call, b []byte) uint64 { return uint64(len(b)) }
	zero := func(*proc.Call, []byte) uint64 { return 0 }
	char := func(c *proc.Call, b []byte) uint64 { return uint64(b[0]) }
	byteArg := func(c *proc.Call) ([]byte, bool) { return []byte{byte(c.Arg(0))}, true }
	text := func(nl string) func(c *proc.Call) ([]byte, bool) {
		return func(c *proc.Call) ([]byte, bool) { s, ok := cstr(c, c.Arg(0)); return []byte(s + nl), ok }
	}
	on("puts", output(stdout, text("\n"), count))
	on("putchar putchar_unlocked", output(stdout, byteArg, char))
	on("fputs", output(arg(1), text(""), zero))
	on("fputc putc putc_unlocked __swbuf", func(c *proc.Call) {
		if p := proc.At[[4]int32](c, c.Arg(1)); p != nil {
			p[3] = 0 // _w, which the inline form counts down
		}
		output(arg(1), byteArg, char)(c)
	})
	on("printf", printed(stdout, formatted(0, 1)))
	on("vprintf", printed(stdout, formattedList(0, 1)))
	on("fprintf", printed(arg(0), formatted(1, 2)))
	on("vfprintf", printed(arg(0), formattedList(1, 2)))
	on("dprintf", func(c *proc.Call) {
		d := of(c).fds.get(c.Int(0))
		if d == nil {
			c.Fail(proc.EBADF)
			return
		}
		var failed error
		out := &sink{limit: pieceSize, flush: func(b []byte) bool {
			_, failed = writeAll(d, b)
			return failed == nil
		}}
		if ok := formatted(1, 2)(c, out); ok && !out.finish() {
			c.Fail(proc.FromHost(failed))
			brokenPipe(c, d, failed)
		} else if ok {
			out.result(c)
		}
	})
	on("fwrite", func(c *proc.Call) {
		n := c.Arg(1) * c.Arg(2)
		b, ok := in(c, c.Arg(0), n)
		if ok && of(c).put(c.Arg(3), b) {
			c.Return(c.Arg(2))
		}
	})
	on("fflush", func(c *proc.Call) {
		s := of(c)
		if c.Arg(0) == 0 {
			s.flushAll()
			return
		}
		if f := s.stdio.at(c.Arg(0)); f == nil || !s.flush(f) {
			c.Return(eof)
		}
	})
	on("fileno fileno_unlocked", withStream(0, func(c *proc.Call, f *stream) { c.ReturnInt(f.fd) }))
	on("feof", withStream(0, func(c *proc.Call, f *stream) {
		f.locked(func() {
			if f.eof && len(f.in) == 0 {
				c.Return(1)
			}
		})
	}))
	on("ferror", withStream(0, func(c *proc.Call, f *stream) {
		f.locked(func() {
			if f.err {
				c.Return(1)
			}
		})
	}))
	on("clearerr", withStream(0, func(c *proc.Call, f *stream) { f.locked(func() { f.eof, f.err = false, false }) }))
	// setvbuf(3), and those that are calls of it: what was written before goes out first.
	buffered := func(mode func(c *proc.Call) int) func(*proc.Call) {
		return withStream(0, func(c *proc.Call, f *stream) {
			m := mode(c)
			if m < bufferFull || m > bufferNone {
				c.Return(eof)
				return
			}
			of(c).flush(f)
			f.locked(func() { f.mode = m })
		})
	}
	on("setvbuf", buffered(func(c *proc.Call) int { return c.Int(2) }))
	on("setbuf setbuffer", buffered(func(c *proc.Call) int {
		if c.Arg(1) == 0 {
			return bufferNone
		}
		return bufferFull
	}))
	on("setlinebuf", buffered(func(c *proc.Call) int { return bufferLine }))
	on("flockfile funlockfile fwide", func(c *proc.Call) {})
	on("fopen", func(c *proc.Call) {
		mode, _ := c.String(c.Arg(1))
		flags, ok := openMode(mode)
		if !ok {
			c.Fail(proc.EINVAL)
			c.Return(0)
			return
		}
		openHost(c, atCWD, c.Arg(0), flags, 0o666)
		if fd := int(int64(c.Result())); fd >= 0 {
			of(c).newStream(c, fd)
			return
		}
		c.Return(0)
	})
	on("fdopen", func(c *proc.Call) {
		if of(c).fds.get(c.Int(0)) == nil {
			c.Fail(proc.EBADF)
			c.Return(0)
			return
		}
		of(c).newStream(c, c.Int(0))
	})
	on("fclose", withStream(0, func(c *proc.Call, f *stream) {
		s := of(c)
		s.flush(f)
		s.closeFD(f.fd)
		s.stdio.mu.Lock()
		delete(s.stdio.streams, c.Arg(0))
		s.stdio.mu.Unlock()
		s.heap.free(c, c.Arg(0))
	}))
	seek := func(c *proc.Call, f *stream) {
		s := of(c)
		s.flush(f)
		d := s.fds.get(f.fd)
		if d == nil {
			c.Fail(proc.EBADF)
			return
		}
		off := int64(c.Arg(1))
		f.locked(func() {
			if c.Int(2) == unix.SEEK_CUR {
				off -= int64(len(f.in))
			}
			f.in, f.eof = nil, false
		})
		_, err := unix.Seek(d.host, off, c.Int(2))
		done(c, err)
	}
	on("fseek fseeko", withStream(0, seek))
	on("rewind", withStream(0, func(c *proc.Call, f *stream) {
		of(c).flush(f)
		if d := of(c).fds.get(f.fd); d != nil {
			_, _ = unix.Seek(d.host, 0, 0)
		}
		f.locked(func() { f.in, f.eof, f.err = nil, false, false })
	}))
	on("ftell ftello", withStream(0, func(c *proc.Call, f *stream) {
		d := of(c).fds.get(f.fd)
		if d == nil {
			c.Fail(proc.EBADF)
			return
		}
		n, err := unix.Seek(d.host, 0, unix.SEEK_CUR)
		f.locked(func() { n += int64(len(f.out)) - int64(len(f.in)) })
		result(c, uint64(n), err)
	}))
	initInput()
}

func init() {
	const unlimited = 1 << 40
	on("sprintf", func(c *proc.Call) { bounded(c, c.Arg(0), unlimited, formatted(1, 2)) })
	on("vsprintf", func(c *proc.Call) { bounded(c, c.Arg(0), unlimited, formattedList(1, 2)) })
	on("snprintf", func(c *proc.Call) { bounded(c, c.Arg(0), c.Arg(1), formatted(2, 3)) })
	on("vsnprintf", func(c *proc.Call) { bounded(c, c.Arg(0), c.Arg(1), formattedList(2, 3)) })
	on("__sprintf_chk", func(c *proc.Call) { bounded(c, c.Arg(0), c.Arg(2), formatted(3, 4)) })
	on("__snprintf_chk", func(c *proc.Call) { bounded(c, c.Arg(0), min(c.Arg(1), c.Arg(3)), formatted(4, 5)) })
	on("__vsprintf_chk", func(c *proc.Call) { bounded(c, c.Arg(0), c.Arg(2), formattedList(3, 4)) })
	on("__vsnprintf_chk", func(c *proc.Call) { bounded(c, c.Arg(0), min(c.Arg(1), c.Arg(3)), formattedList(4, 5)) })
	on("asprintf", allocated(formatted(1, 2)))
	on("vasprintf", allocated(formattedList(1, 2)))
	on("perror", func(c *proc.Call) {
		e := errnoOf(c)
		s, _ := c.String(c.Arg(0))
		if s != "" {
			s += ": "
		}
		of(c).put(standard(c, "__stderrp"), []byte(s+errorText(e)+"\n"))
	})
	on("__assert_rtn", func(c *proc.Call) {
		fn, _ := c.String(c.Arg(0))
		file, _ := c.String(c.Arg(1))
		expr, _ := c.String(c.Arg(3))
		of(c).flushAll()
		of(c).put(standard(c, "__stderrp"), []byte("Assertion failed: ("+expr+"), function "+fn+", file "+file+", line "+itoa(c.Int(2))+".\n"))
		abort(c, "")
	})
}
