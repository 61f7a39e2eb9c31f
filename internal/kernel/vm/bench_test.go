//go:build linux && (amd64 || arm64)

package vm_test

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/linux"
)

const manyMappings = 10_000

// BenchmarkRegionWalk visits every region of a process with 10,000 mappings.
func BenchmarkRegionWalk(b *testing.B) {
	x := start(b, manyMappings)
	b.ResetTimer()
	for b.Loop() {
		n := 0
		for addr := uint64(0); ; n++ {
			r, err := regionAt(x.task, addr)
			if err != nil {
				break
			}
			addr = r.start + r.size
		}
		if n < manyMappings {
			b.Fatal(n)
		}
	}
}

// BenchmarkMapsByFields is its peer: read /proc/PID/maps and parse it as Go
// programs do.
func BenchmarkMapsByFields(b *testing.B) {
	x := start(b, manyMappings)
	b.ResetTimer()
	for b.Loop() {
		f, err := os.Open(fmt.Sprintf("/proc/%d/maps", x.Cmd.Process.Pid))
		must(b, err)
		n := 0
		for s := bufio.NewScanner(f); s.Scan(); n++ {
			fields := strings.Fields(s.Text())
			from, to, _ := strings.Cut(fields[0], "-")
			start, err := strconv.ParseUint(from, 16, 64)
			must(b, err)
			end, err := strconv.ParseUint(to, 16, 64)
			must(b, err)
			_, err = strconv.ParseUint(fields[2], 16, 64)
			must(b, err)
			_, err = strconv.ParseUint(fields[4], 10, 64)
			must(b, err)
			if end <= start || len(fields[1]) != 4 {
				b.Fatal(s.Text())
			}
		}
		f.Close()
		if n < manyMappings {
			b.Fatal(n)
		}
	}
}

// BenchmarkMapsFile is the same with this project's own parser, which
// allocates nothing.
func BenchmarkMapsFile(b *testing.B) {
	x := start(b, manyMappings)
	b.ResetTimer()
	for b.Loop() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", x.Cmd.Process.Pid))
		must(b, err)
		n := 0
		for len(text) > 0 {
			var m linux.Mapping
			i := 0
			for text[i] != '\n' {
				i++
			}
			if !linux.ParseMapping(text[:i], &m) {
				b.Fatalf("%q", text[:i])
			}
			text = text[i+1:]
			n++
		}
		if n < manyMappings {
			b.Fatal(n)
		}
	}
}

// BenchmarkReadOverwrite reads 64 MiB of another process; BenchmarkVectorRead
// is its peer.
func BenchmarkReadOverwrite(b *testing.B) {
	x, from := big(b)
	to := make([]byte, bigSize)
	var n mach.MachVMSize
	b.SetBytes(bigSize)
	b.ResetTimer()
	for b.Loop() {
		must(b, mach.MachVMReadOverwrite(x.task, from, bigSize, mach.AddressOf(&to[0]), &n))
	}
}

func BenchmarkVectorRead(b *testing.B) {
	x, from := big(b)
	p, err := linux.Open(x.Cmd.Process.Pid)
	must(b, err)
	defer p.Close()
	to := make([]byte, bigSize)
	b.SetBytes(bigSize)
	b.ResetTimer()
	for b.Loop() {
		_, err := p.ReadAt(to, from)
		must(b, err)
	}
}

const bigSize = 64 << 20

// big is a target with 64 MiB of touched memory.
func big(b *testing.B) (*target, uint64) {
	x := start(b, 0)
	addr := allocate(b, x.task, bigSize)
	ones := make([]byte, 1<<20)
	for i := range ones {
		ones[i] = 1
	}
	for at := uint64(0); at < bigSize; at += uint64(len(ones)) {
		poke(b, x.task, addr+at, ones...)
	}
	return x, addr
}
