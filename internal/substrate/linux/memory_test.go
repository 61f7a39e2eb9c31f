//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// pattern is what the "mem" target fills its pages with.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func TestReadAndWriteAnother(t *testing.T) {
	x := startTarget(t, "mem")
	at := x.ready()
	page := PageSize()
	want := pattern(5 * PageSize())
	got := make([]byte, 2*page)
	if n, err := x.p.ReadAt(got, at); n != len(got) || err != nil || !bytes.Equal(got, want[:len(got)]) {
		t.Fatal(n, err)
	}
	// Reading is a debugger's reading: a page without any permission can be
	// read, one that is not mapped cannot.
	got = make([]byte, 5*page)
	n, err := x.p.ReadAt(got, at)
	if n != 3*page || !errors.Is(err, ErrFault) || !errors.Is(err, unix.EFAULT) {
		t.Errorf("read %d, %v", n, err)
	}
	if !bytes.Equal(got[:n], want[:n]) {
		t.Error("contents differ")
	}
	// Likewise writing: the read-only page gets a private copy.
	if n, err := x.p.WriteAt([]byte{91, 92}, at+uint64(page)-1); n != 2 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	x.Ask("p")
	if got := x.Line(); got != "0 92" {
		t.Errorf("the target sees %q", got)
	}
	if n, err := x.p.WriteAtChecked([]byte{93, 94}, at+uint64(page)-1); n != 1 || !errors.Is(err, ErrFault) {
		t.Errorf("checked write: %d, %v", n, err)
	}
	if n, err := x.p.WriteAt(make([]byte, 8), at+3*uint64(page)-4); n != 4 || !errors.Is(err, ErrFault) {
		t.Errorf("write into a hole: %d, %v", n, err)
	}
	_, end := Bounds()
	for _, addr := range []uint64{0, 1, end - 4, 1 << 63, ^uint64(0) - 3, ^uint64(0)} {
		if n, err := x.p.ReadAt(make([]byte, 16), addr); n != 0 || !errors.Is(err, ErrFault) {
			t.Errorf("ReadAt(%#x): %d, %v", addr, n, err)
		}
		if n, err := x.p.WriteAt(make([]byte, 16), addr); n != 0 || !errors.Is(err, ErrFault) {
			t.Errorf("WriteAt(%#x): %d, %v", addr, n, err)
		}
	}
	if n, err := x.p.ReadAt(nil, 0); n != 0 || err != nil {
		t.Errorf("an empty read: %d, %v", n, err)
	}
}

func TestReadEqualsProcMem(t *testing.T) {
	x := startTarget(t, "park", "2")
	x.ready()
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", x.p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	total := 0
	for m, err := range x.p.Maps() {
		if err != nil {
			t.Fatal(err)
		}
		a, b := make([]byte, m.Size()), make([]byte, m.Size())
		na, erra := x.p.ReadAt(a, m.Start)
		nb, errb := 0, error(nil)
		if int64(m.Start) >= 0 {
			nb, errb = mem.ReadAt(b, int64(m.Start))
		}
		if na != nb || !bytes.Equal(a[:na], b[:nb]) {
			// [vvar] holds the time.
			if !bytes.HasPrefix(m.Path, []byte("[vv")) {
				t.Errorf("%x-%x %s: %d bytes (%v), /proc has %d (%v)", m.Start, m.End, m.Path, na, erra, nb, errb)
			}
		}
		total += na
	}
	if total < 1<<20 {
		t.Errorf("only %d bytes compared", total)
	}
}

func TestRanges(t *testing.T) {
	x := startTarget(t, "mem")
	at := x.ready()
	page := PageSize()
	want := pattern(2 * PageSize())
	var ranges []Range
	var expect []byte
	for i := range 3000 { // more than one call takes
		r := Range{at + uint64(i*2), uint64(i % 4)}
		ranges = append(ranges, r)
		expect = append(expect, want[i*2:i*2+i%4]...)
	}
	got := make([]byte, len(expect))
	if n, err := x.p.ReadRanges(got, ranges); n != len(got) || err != nil || !bytes.Equal(got, expect) {
		t.Errorf("%d of %d, %v", n, len(got), err)
	}
	bad := []Range{{at, 8}, {at + 3*uint64(page) - 4, 8}, {at, 8}}
	if n, err := x.p.ReadRanges(make([]byte, 24), bad); n != 12 || !errors.Is(err, ErrFault) {
		t.Errorf("a fault in the middle: %d, %v", n, err)
	}
	if _, err := x.p.ReadRanges(make([]byte, 4), bad); err == nil {
		t.Error("a short buffer was taken")
	}
	if _, err := x.p.ReadRanges(make([]byte, 4), []Range{{at, 1 << 63}, {at, 1 << 63}}); err == nil {
		t.Error("sizes that wrap were taken")
	}
	if n, err := x.p.WriteRanges([]byte("abcdef"), []Range{{at, 3}, {at + uint64(page), 3}}); n != 6 || err != nil {
		t.Error(n, err)
	}
	got = make([]byte, 6)
	if n, err := x.p.ReadRanges(got, []Range{{at, 3}, {at + uint64(page), 3}}); n != 6 || err != nil || string(got) != "abcdef" {
		t.Error(n, err, got)
	}
}

func TestOwnMemoryIsSafe(t *testing.T) {
	p, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	page := PageSize()
	m, err := unix.Mmap(-1, 0, 3*page, readWrite, private)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(m)
	if err := unix.Mprotect(m[page:2*page], unix.PROT_READ); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mprotect(m[2*page:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	at := addressOf(m)
	if n, err := p.WriteAt(pattern(page+10), at); n != page || !errors.Is(err, ErrFault) {
		t.Errorf("write over the end of the writable: %d, %v", n, err)
	}
	got := make([]byte, 3*page)
	if n, err := p.ReadAt(got, at); n != 2*page || !errors.Is(err, ErrFault) {
		t.Errorf("read over the end of the readable: %d, %v", n, err)
	}
	if !bytes.Equal(got[:page], pattern(page)) {
		t.Error("contents differ")
	}
	_, end := Bounds()
	for _, addr := range []uint64{0, 8, end, 1 << 63, ^uint64(0) - 7} {
		if n, err := p.ReadAt(got[:8], addr); n != 0 || !errors.Is(err, ErrFault) {
			t.Errorf("ReadAt(%#x): %d, %v", addr, n, err)
		}
		if n, err := p.WriteAt(got[:8], addr); n != 0 || !errors.Is(err, ErrFault) {
			t.Errorf("WriteAt(%#x): %d, %v", addr, n, err)
		}
	}
}

func TestMemoryOfTheDead(t *testing.T) {
	x := startTarget(t, "mem")
	at := x.ready()
	if _, err := x.p.ReadAt(make([]byte, 1), at); err != nil {
		t.Fatal(err)
	}
	x.Cmd.Process.Kill()
	x.Cmd.Wait()
	if n, err := x.p.ReadAt(make([]byte, 1), at); n != 0 || !isGone(err) {
		t.Errorf("read: %d, %v", n, err)
	}
	if n, err := x.p.WriteAt(make([]byte, 1), at); n != 0 || !isGone(err) {
		t.Errorf("write: %d, %v", n, err)
	}
}
