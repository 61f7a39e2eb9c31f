//go:build linux && (amd64 || arm64)

package mem

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// board is a processor that only notes what it can see.
type board struct {
	t    *testing.T
	maps map[uint64]chunk
}

func (b *board) Map(address, size uint64, prot cpu.Prot) error {
	for _, c := range b.maps {
		if address < c.end && c.start < address+size {
			b.t.Errorf("mapping %#x+%#x over %#x-%#x", address, size, c.start, c.end)
			return fmt.Errorf("overlap")
		}
	}
	b.maps[address] = chunk{address, address + size, prot}
	return nil
}

func (b *board) Unmap(address, size uint64) error {
	c, ok := b.maps[address]
	if !ok || c.end != address+size {
		b.t.Errorf("unmapping %#x+%#x, which was not mapped so", address, size)
	}
	delete(b.maps, address)
	return nil
}

func (b *board) ForgetCode(address, size uint64) {}

func newSpace(t *testing.T) (*Space, *board) {
	b := &board{t, map[uint64]chunk{}}
	s := New(16384, b)
	t.Cleanup(func() {
		for _, r := range s.Regions() {
			_ = s.Unmap(r.Start, r.End-r.Start)
		}
	})
	return s, b
}

const rw = cpu.ProtRead | cpu.ProtWrite

func mustMap(t *testing.T, s *Space, r Request) uint64 {
	t.Helper()
	at, err := s.Map(r)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestMapIsRoundedAndZero(t *testing.T) {
	s, b := newSpace(t)
	at := mustMap(t, s, Request{Size: 100, Prot: rw, Max: 7})
	m, err := s.Bytes(at, 16384, rw)
	if err != nil || !bytes.Equal(m, make([]byte, 16384)) {
		t.Fatalf("%d bytes, %v", len(m), err)
	}
	if _, err := s.Bytes(at, 16385, rw); !errors.Is(err, ErrBad) {
		t.Errorf("one byte too many: %v", err)
	}
	if len(b.maps) != 0 {
		t.Errorf("the processor sees %d pieces before anything was touched", len(b.maps))
	}
}

func TestTouchShowsOnlyWhatIsAllowed(t *testing.T) {
	s, b := newSpace(t)
	at := mustMap(t, s, Request{Size: 64 << 20, Prot: 0, Max: 7})
	if s.Touch(at, 8, cpu.ProtRead) {
		t.Error("memory without access was shown")
	}
	if err := s.Protect(at+16384, 16384, rw, false); err != nil {
		t.Fatal(err)
	}
	if !s.Touch(at+16384, 8, cpu.ProtWrite) || s.Touch(at+2*16384-4, 8, cpu.ProtWrite) {
		t.Error("an access across the end of the writable page must not be allowed, one inside must")
	}
	if len(b.maps) != 1 || b.maps[at+16384].end != at+2*16384 {
		t.Errorf("the processor sees %v", b.maps)
	}
	if err := s.Protect(at+16384, 16384, cpu.ProtRead, false); err != nil || len(b.maps) != 0 {
		t.Errorf("after taking the right to write away: %v, %v", err, b.maps)
	}
	if s.Touch(at+16384, 8, cpu.ProtWrite) || !s.Touch(at+16384, 8, cpu.ProtRead) {
		t.Error("the new protection does not hold")
	}
}

func TestFixedAndHoles(t *testing.T) {
	s, _ := newSpace(t)
	at := mustMap(t, s, Request{Size: 4 * 16384, Prot: rw, Max: 7})
	if _, err := s.Map(Request{Address: at, Fixed: true, Size: 16384, Prot: rw}); !errors.Is(err, ErrInUse) {
		t.Errorf("mapping over: %v", err)
	}
	Slice(at, 1)[0] = 1
	Slice(at+16384, 1)[0] = 2
	mustMap(t, s, Request{Address: at + 16384, Fixed: true, Overwrite: true, Size: 16384, Prot: rw, Max: 7})
	if Slice(at, 1)[0] != 1 || Slice(at+16384, 1)[0] != 0 {
		t.Error("overwriting one page must clear that one and leave its neighbour")
	}
	if err := s.Unmap(at+16384, 16384); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Bytes(at, 2*16384, 0); !errors.Is(err, ErrBad) {
		t.Errorf("across a hole: %v", err)
	}
	if err := s.Protect(at, 4*16384, cpu.ProtRead, false); !errors.Is(err, ErrBad) {
		t.Errorf("protecting across a hole: %v", err)
	}
	if got := mustMap(t, s, Request{Address: at, Above: true, Size: 16384, Prot: rw}); got != at+16384 {
		t.Errorf("first free address %#x, want the hole at %#x", got, at+16384)
	}
}

func TestPointersOfTheRunnerAreNotTheGuests(t *testing.T) {
	s, _ := newSpace(t)
	var mine [64]byte
	if _, err := s.Bytes(uint64(addressOf(&mine)), 64, 0); !errors.Is(err, ErrBad) {
		t.Errorf("the runner's memory: %v", err)
	}
	if _, err := s.CString(uint64(addressOf(&mine))); !errors.Is(err, ErrBad) {
		t.Errorf("a string there: %v", err)
	}
	if _, err := s.Bytes(^uint64(0)-4, 64, 0); !errors.Is(err, ErrBad) {
		t.Errorf("a range that wraps: %v", err)
	}
}

func TestRewind(t *testing.T) {
	s, b := newSpace(t)
	at := mustMap(t, s, Request{Size: 8 * 16384, Prot: rw, Max: 7})
	copy(Slice(at, 3), "old")
	s.Remember()
	if !s.Touch(at, 1, cpu.ProtWrite) || b.maps[at].end != at+16384 {
		t.Fatalf("the processor sees %v; one page is wanted", b.maps)
	}
	copy(Slice(at, 3), "new")
	m, _ := s.Bytes(at+3*16384, 4, cpu.ProtWrite) // the runner's own writes count too
	copy(m, "mine")
	copy(Slice(at+100, 5), "other")
	s.Rewind([]Range{{at + 100, at + 104}})
	if got := string(Slice(at+100, 5)); got != "othe\x00" {
		t.Errorf("what others wrote is %q, want the first four bytes of it", got)
	}
	if string(Slice(at, 3)) != "old" || Slice(at+3*16384, 1)[0] != 0 || len(b.maps) != 0 {
		t.Errorf("after rewinding: %q, %q, %v", Slice(at, 3), Slice(at+3*16384, 4), b.maps)
	}
}

func TestCString(t *testing.T) {
	s, _ := newSpace(t)
	at := mustMap(t, s, Request{Size: 2 * 16384, Prot: rw, Max: 7})
	long := bytes.Repeat([]byte("x"), 16384+10)
	copy(Slice(at, 2*16384), long)
	if got, err := s.CString(at); err != nil || got != string(long) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	for i := range Slice(at, 2*16384) {
		Slice(at, 2*16384)[i] = 'y'
	}
	if _, err := s.CString(at); !errors.Is(err, ErrBad) {
		t.Errorf("a string without an end: %v", err)
	}
}
