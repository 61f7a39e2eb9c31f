//go:build linux && (amd64 || arm64)

package libsystem

import (
	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// initInput registers the input half of stdio. Each runs in its own goroutine.
func initInput() {
	input := func(names string, fp func(c *proc.Call) uint64, f func(c *proc.Call, s *State, st *stream)) {
		onAsync(names, func(c *proc.Call) {
			s := of(c)
			st := s.stdio.at(fp(c))
			if st == nil {
				c.Fail(proc.EBADF)
				return
			}
			if st.fd == 0 {
				s.flushAll() // prompts come before the wait for an answer
			}
			f(c, s, st)
		})
	}
	arg := func(n int) func(*proc.Call) uint64 { return func(c *proc.Call) uint64 { return c.Arg(n) } }
	stdin := func(c *proc.Call) uint64 { return standard(c, "__stdinp") }
	get := func(c *proc.Call, s *State, st *stream) {
		b, ok := s.getByte(st)
		if !ok {
			c.Return(eof)
			return
		}
		c.Return(uint64(b))
	}
	input("fgetc getc getc_unlocked __srget", arg(0), get)
	input("getchar getchar_unlocked", stdin, get)
	input("ungetc", arg(1), func(c *proc.Call, s *State, st *stream) {
		if c.Int(0) < 0 {
			c.Return(eof)
			return
		}
		st.putBack(byte(c.Arg(0)))
		c.Return(c.Arg(0) & 0xff)
	})
	input("fgets", arg(2), func(c *proc.Call, s *State, st *stream) {
		n := c.Int(1)
		out, ok := c.Out(c.Arg(0), uint64(max(n, 0)))
		if !ok || n <= 0 {
			return
		}
		used := 0
		for used < n-1 {
			b, ok := s.getByte(st)
			if !ok {
				break
			}
			out[used] = b
			if used++; b == '\n' {
				break
			}
		}
		if used > 0 {
			out[used] = 0
			c.Return(c.Arg(0))
		}
	})
	input("fread", arg(3), func(c *proc.Call, s *State, st *stream) {
		size, n := c.Arg(1), c.Arg(2)
		out, ok := c.Out(c.Arg(0), size*n)
		if !ok || size == 0 {
			return
		}
		got := uint64(0)
		for got < uint64(len(out)) {
			m := st.take(out[got:])
			if m == 0 && !s.fill(st) {
				break
			}
			got += uint64(m)
		}
		c.Return(got / size)
	})
	input("getline", arg(2), func(c *proc.Call, s *State, st *stream) { getLine(c, s, st, '\n') })
	input("getdelim", arg(3), func(c *proc.Call, s *State, st *stream) { getLine(c, s, st, byte(c.Arg(2))) })
}

// getLine reads a line into a block of the heap that grows with it.
func getLine(c *proc.Call, s *State, st *stream, end byte) {
	line, room := proc.At[uint64](c, c.Arg(0)), proc.At[uint64](c, c.Arg(1))
	if line == nil || room == nil {
		c.Fail(proc.EINVAL)
		return
	}
	var b []byte
	for {
		part, found := st.takeThrough(end)
		if b = append(b, part...); found || !s.fill(st) {
			break
		}
	}
	if len(b) == 0 {
		c.Return(eof)
		return
	}
	if n := uint64(len(b)) + 1; *line == 0 || *room < n {
		if *line != 0 {
			s.heap.free(c, *line)
		}
		*line, *room = s.heap.alloc(c, n), n
	}
	if *line == 0 {
		c.Fail(proc.ENOMEM)
		return
	}
	copy(mem.Slice(*line, uint64(len(b))+1), append(b, 0))
	c.Return(uint64(len(b)))
}
