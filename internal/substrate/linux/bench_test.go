//go:build linux && (amd64 || arm64)

package linux

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func BenchmarkDump(b *testing.B) {
	for _, n := range []string{"1", "100", "1000"} {
		b.Run(n, func(b *testing.B) {
			x := startTarget(b, "park", n)
			x.ready()
			time.Sleep(50 * time.Millisecond)
			var regs []ThreadRegisters
			for b.Loop() {
				var err error
				if regs, err = x.tr.Dump(b.Context(), regs[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRegistersOfARunningThread(b *testing.B) {
	x := startTarget(b, "park", "1")
	x.ready()
	for b.Loop() {
		if _, err := x.tr.Registers(x.p.PID()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRegistersOfASuspEndedThread(b *testing.B) {
	x := startTarget(b, "park", "1")
	x.ready()
	if err := x.tr.Suspend(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := x.tr.Registers(x.p.PID()); err != nil {
			b.Fatal(err)
		}
	}
}

// The way to the tracer's thread and back.
func BenchmarkWithASuspEndedThread(b *testing.B) {
	x := startTarget(b, "park", "1")
	x.ready()
	if err := x.tr.Suspend(b.Context()); err != nil {
		b.Fatal(err)
	}
	var r Registers
	for b.Loop() {
		if err := x.tr.With(x.p.PID(), func(s *Stopped) error { return s.Registers(&r) }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSuspendResume(b *testing.B) {
	x := startTarget(b, "park", "1")
	x.ready()
	for b.Loop() {
		if err := x.tr.Suspend(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := x.tr.Resume(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBorrowedCall(b *testing.B) {
	x := startTarget(b, "park", "1")
	x.ready()
	if err := x.tr.Suspend(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := x.tr.Syscall(0, unix.SYS_GETPID); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkThreadStat(b *testing.B) {
	x := startTarget(b, "park", "1")
	x.ready()
	for b.Loop() {
		if _, err := x.p.ThreadStat(x.p.PID()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMaps(b *testing.B) {
	x := startTarget(b, "maps", "10000")
	x.ready()
	b.Run("read", func(b *testing.B) {
		buf := make([]byte, 32<<10)
		for b.Loop() {
			fd, err := x.p.openProc("maps", unix.O_RDONLY)
			if err != nil {
				b.Fatal(err)
			}
			for {
				n, err := unix.Read(fd, buf)
				if err != nil {
					b.Fatal(err)
				}
				if n == 0 {
					break
				}
			}
			unix.Close(fd)
		}
	})
	b.Run("parse", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for _, err := range x.p.Maps() {
				if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n < 10000 {
				b.Fatal(n)
			}
		}
	})
	b.Run("query", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for addr := uint64(0); ; n++ {
				m, found, err := x.p.MappingAtUnnamed(addr)
				if err != nil {
					b.Fatal(err)
				}
				if !found {
					break
				}
				addr = m.End
			}
			if n < 10000 {
				b.Fatal(n)
			}
		}
	})
	b.Run("cursor", func(b *testing.B) {
		c := x.p.MapCursor()
		defer c.Close()
		for b.Loop() {
			n := 0
			for addr := uint64(0); ; n++ {
				m, found, err := c.At(addr)
				if err != nil {
					b.Fatal(err)
				}
				if !found {
					break
				}
				addr = m.End
			}
			if n < 10000 {
				b.Fatal(n)
			}
		}
	})
}

// A fault to the handler and back, with the target's pipes in between.
func BenchmarkEvent(b *testing.B) {
	x := startTarget(b, "fault")
	x.ready()
	if err := x.tr.SetHandler(func(Event) Action { return Suppress }, Watch{Signals: Exceptions}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		x.Ask("t")
		x.Line()
	}
}

func BenchmarkRead64MiB(b *testing.B) {
	const size = 64 << 20
	x := startTarget(b, "park", "0")
	x.ready()
	at, err := x.tr.Mmap(0, size, readWrite, private|unix.MAP_POPULATE, -1, 0)
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, size)
	b.Run("ReadAt", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			if n, err := x.p.ReadAt(buf, at); n != size || err != nil {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("plain", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			local := []unix.Iovec{{Base: &buf[0], Len: size}}
			remote := []unix.RemoteIovec{{Base: uintptr(at), Len: size}}
			if n, err := unix.ProcessVMReadv(x.p.PID(), local, remote, 0); n != size || err != nil {
				b.Fatal(n, err)
			}
		}
	})
}

func BenchmarkRead8Bytes(b *testing.B) {
	x := startTarget(b, "mem")
	at := x.ready()
	self, _ := Self()
	defer self.Close()
	var buf [8]byte
	b.Run("other", func(b *testing.B) {
		for b.Loop() {
			if _, err := x.p.ReadAt(buf[:], at); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("self", func(b *testing.B) {
		from := addressOf(make([]byte, 8))
		for b.Loop() {
			if _, err := self.ReadAt(buf[:], from); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The strict target's threads keep both CPUs busy.
func BenchmarkRegistersAmidLoad(b *testing.B) {
	x := startTarget(b, "strict")
	x.progresses()
	tids, err := x.p.ThreadIDs(nil)
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		if _, err := x.tr.Registers(tids[i%len(tids)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
