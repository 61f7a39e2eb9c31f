package core_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/core"
	"github.com/gomach/mach/task"
)

// part is a load command of a core that is made by hand, by <mach-o/loader.h>.
type part []any

func segment(addr, size, off, fileSize uint64) part {
	return part{uint32(0x19), uint32(72), [16]byte{'_', '_', 'X'}, addr, size, off, fileSize, uint32(7), uint32(5), uint32(0), uint32(0)}
}

func note(owner string, off, size uint64) part {
	var name [16]byte
	copy(name[:], owner)
	return part{uint32(0x31), uint32(40), name, off, size}
}

func armThread(pc uint64) part {
	return part{uint32(4), uint32(16 + 68*4), uint32(6), uint32(68), mach.ARMThreadState64{PC: pc}}
}

// make1 puts a core together: commands, and what stands at an offset.
func make1(cpu uint32, commands []part, at map[int]any, size int) []byte {
	var b []byte
	for _, c := range commands {
		for _, v := range c {
			b, _ = binary.Append(b, binary.LittleEndian, v)
		}
	}
	var head []byte
	for _, v := range []uint32{0xfeedfacf, cpu, 0, 4, uint32(len(commands)), uint32(len(b)), 0, 0} {
		head = binary.LittleEndian.AppendUint32(head, v)
	}
	b = append(head, b...)
	if len(b) < size {
		b = append(b, make([]byte, size-len(b))...)
	}
	for off, v := range at {
		x, _ := binary.Append(nil, binary.LittleEndian, v)
		copy(b[off:], x)
	}
	return b
}

func open(b []byte) (*core.File, error) { return core.NewFile(bytes.NewReader(b), int64(len(b))) }

const (
	arm = 0x0100000c
	x86 = 0x01000007
)

// A core of nobody's make, with what <mach-o/loader.h> asks for and no more.
func TestMinimal(t *testing.T) {
	b := make1(arm, []part{segment(0x2000, 0x1000, 0x1000, 0x1000), segment(0x1000, 0x1000, 0x2000, 0x1000), armThread(0x2004)},
		map[int]any{0x1000: []byte("second"), 0x2ffd: []byte("one")}, 0x3000)
	f, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 6)
	if n, err := f.ReadMemory(p, 0x1ffd); n != 6 || err != nil || string(p) != "onesec" {
		t.Errorf("%d, %q, %v", n, p, err)
	}
	if n, err := f.ReadMemory(p, 0x2ffe); n != 2 || !errors.Is(err, core.ErrNotSaved) {
		t.Error(n, err)
	}
	if n, err := f.ReadMemory(p, ^uint64(0)-2); n != 0 || !errors.Is(err, core.ErrNotSaved) {
		t.Error(n, err)
	}
	x := f.Threads()
	if f.CPU() != mach.CPU_TYPE_ARM64 || len(x) != 1 || x[0].Registers.PC() != 0x2004 {
		t.Errorf("%v %+v", f.CPU(), x)
	}
	var at []uint64
	for r := range f.Regions() {
		at = append(at, r.Address)
		if r.Protection != 5 || r.MaxProtection != 7 || !r.Saved || r.Segment != "__X" {
			t.Errorf("%+v", r)
		}
	}
	if len(at) != 2 || at[0] != 0x1000 {
		t.Errorf("regions at %#x", at)
	}
	s := task.Section(f, 0x2000, 6)
	if _, err := s.ReadAt(p, 0); err != nil || string(p) != "second" {
		t.Error(err)
	}
}

// Darwin's kernel writes states of the unified flavors, with a header of their own
// (x86_state_hdr of <mach/i386/thread_status.h>).
func TestUnifiedStates(t *testing.T) {
	b := make1(x86, []part{{uint32(5), uint32(16 + 8 + 42*4 + 8*2 + 16), uint32(7), uint32(44), uint32(4), uint32(42), mach.X86ThreadState64{Rip: 5, Rax: 6},
		uint32(9), uint32(6), uint32(6), uint32(4), mach.X86ExceptionState64{Trapno: 14, Faultvaddr: 8}}}, nil, 0)
	f, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	x := f.Threads()[0]
	if x.Registers == nil || x.Registers.PC() != 5 || x.Registers.X86.Rax != 6 || x.X86Exception == nil || x.X86Exception.Faultvaddr != 8 {
		t.Errorf("%+v", x)
	}
	b = make1(arm, []part{{uint32(4), uint32(16 + 8 + 68*4), uint32(1), uint32(70), uint32(6), uint32(68), mach.ARMThreadState64{PC: 7}}}, nil, 0)
	if f, err = open(b); err != nil || f.Threads()[0].Registers.PC() != 7 {
		t.Error(err)
	}
}

// LLDB's notes, by its own description of them.
func TestNotes(t *testing.T) {
	meta := `{"threads":[{"thread_id":4711}]}`
	images := []any{uint32(1), uint32(1), uint64(0x1080), uint32(48), uint32(0)}
	entry := []any{uint64(0x1100), [16]byte{1, 2}, uint64(0x5000), uint64(0x1140), uint32(1), uint32(1)}
	seg := []any{[16]byte{'_', '_', 'T'}, uint64(0x5000), uint64(0)}
	at := map[int]any{0x1000: []byte(meta), 0x1100: []byte("/bin/x\x00"), 0x1200: []uint32{4, 39, 47, 0}}
	for off, list := range map[int][]any{0x1060: images, 0x1080: entry, 0x1140: seg} {
		for _, v := range list {
			at[off] = v
			off += binary.Size(v)
		}
	}
	f, err := open(make1(arm, []part{armThread(0x8000000000), note("process metadata", 0x1000, uint64(len(meta))),
		note("all image infos", 0x1060, 24), note("addrable bits", 0x1200, 16), note("something else", 0x1000, 4)}, at, 0x1300))
	if err != nil {
		t.Fatal(err)
	}
	if x := f.Threads()[0]; x.Info.ID != 4711 || x.Registers.AddressBits != 39 {
		t.Errorf("%+v", x)
	}
	list := f.Images()
	if len(list) != 1 || list[0].Path != "/bin/x" || list[0].Address != 0x5000 || list[0].UUID[1] != 2 || len(list[0].Segments) != 1 || list[0].Segments[0] != (core.ImageSegment{Name: "__T", Address: 0x5000}) {
		t.Errorf("%+v", list)
	}
	var owners []string
	for owner, b := range f.Notes() {
		owners = append(owners, owner)
		if owner == "something else" && string(b) != meta[:4] {
			t.Errorf("%q", b)
		}
	}
	if len(owners) != 4 {
		t.Error(owners)
	}
}

// What makes no sense is refused, and the error says what it is.
func TestRefused(t *testing.T) {
	big := make1(arm, []part{armThread(1)}, nil, 0x1000)
	for _, c := range []struct {
		want string
		b    []byte
		cut  bool
	}{
		{"has 0 bytes", nil, false},
		{"begins with", []byte(strings.Repeat("ELF ", 8)), false},
		{"type 2", func() []byte { b := bytes.Clone(big); b[12] = 2; return b }(), false},
		{"CPU type 0x7", make1(7, nil, nil, 0), false},
		{"at most", func() []byte { b := bytes.Clone(big); b[23] = 0xff; return b }(), false},
		{"load commands in", func() []byte { b := bytes.Clone(big); b[19] = 0x0f; return b }(), false},
		{"cut off", big[:40], true},
		{"load command 0 has", make1(arm, []part{{uint32(4), uint32(4)}}, nil, 0), false},
		{"load command 0 has", make1(arm, []part{{uint32(4), uint32(400)}}, nil, 0), false},
		{"lies behind the last", func() []byte { b := bytes.Clone(big); b[16] = 2; return b }(), false},
		{"a segment's command of 8", make1(arm, []part{{uint32(0x19), uint32(8)}}, nil, 0), false},
		{"a note's command of 8", make1(arm, []part{{uint32(0x31), uint32(8)}}, nil, 0), false},
		{"overlap", make1(arm, []part{segment(0x1000, 0x1001, 0, 0), segment(0x2000, 0x1000, 0, 0)}, nil, 0), false},
		{"overlap", make1(arm, []part{segment(0x1000, 1, 0, 0), segment(0x1000, 1, 0, 0)}, nil, 0), false},
		{"behind the last address", make1(arm, []part{segment(^uint64(0), 2, 0, 0)}, nil, 0), false},
		{"in the file and", make1(arm, []part{segment(0, 1, 0, 2)}, nil, 0), false},
		{"cut off", make1(arm, []part{segment(0, 0x1000, 0x1000, 0x1000)}, nil, 0x1fff), true},
		{"cut off", make1(arm, []part{segment(0, 1, ^uint64(0), 1)}, nil, 0), true},
		{"cut off", make1(arm, []part{note("x", 0x100, ^uint64(0))}, nil, 0), true},
		{"a state of 4294967295 words", make1(arm, []part{{uint32(4), uint32(16), uint32(6), ^uint32(0)}}, nil, 0), false},
		{"images", make1(arm, []part{note("all image infos", 0x100, 24)}, map[int]any{0x100: []uint32{1, ^uint32(0)}}, 0x200), false},
		{"entries of 1 bytes", make1(arm, []part{note("all image infos", 0x100, 24)}, map[int]any{0x100: []uint32{1, 1, 0, 0, 1}}, 0x200), false},
		{"behind the end of the file", make1(arm, []part{note("all image infos", 0x100, 24)}, map[int]any{0x100: []uint32{1, 1, 0, 9, 48}}, 0x200), false},
		{"too short", make1(arm, []part{note("all image infos", 0x100, 8)}, nil, 0x200), false},
	} {
		f, err := open(c.b)
		if f != nil || !errors.Is(err, core.ErrFormat) || errors.Is(err, core.ErrTruncated) != c.cut || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q (cut off: %v)", err, c.want, c.cut)
		}
	}
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := core.Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := core.Open(dir); !errors.Is(err, core.ErrFormat) {
		t.Error(err)
	}
	path := filepath.Join(dir, "core")
	if err := os.WriteFile(path, make1(arm, []part{segment(0, 4, 0, 4)}, nil, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := core.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Close() != nil {
		t.Error("it cannot be closed")
	}
	if _, err := f.ReadMemory(make([]byte, 1), 0); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	var none *core.File
	if _, err := none.ReadMemory(make([]byte, 1), 0); !errors.Is(err, core.ErrClosed) {
		t.Error(err)
	}
	for range none.Regions() {
		t.Error("a region of nothing")
	}
	for range none.Notes() {
		t.Error("a note of nothing")
	}
	if none.Threads() != nil || none.Images() != nil || none.CPU() != 0 || none.Close() != nil || none.Process().PID != 0 {
		t.Error("nothing has something")
	}
	if _, err := core.NewFile(nil, 0); !errors.Is(err, core.ErrFormat) {
		t.Error(err)
	}
}

// Whatever a file says, reading ends, and takes no more memory than the file has.
func FuzzFile(f *testing.F) {
	f.Add(make1(arm, []part{segment(0x2000, 0x100, 0x100, 0x100), armThread(0x2004)}, nil, 0x300))
	f.Add(make1(x86, []part{{uint32(5), uint32(24), uint32(7), uint32(2), uint32(4), uint32(42)}, note("process metadata", 0, 8)}, nil, 0))
	f.Add(make1(arm, []part{note("all image infos", 0x100, 24), note("addrable bits", 0, 16)}, map[int]any{0x100: []uint32{1, 1, 0x118, 0, 48}}, 0x200))
	own := `{"version":1,"page_size":4096,"threads":[],"regions":[{"a":1,"n":2}]}`
	f.Add(make1(arm, []part{note("gomach process", 0x100, uint64(len(own)))}, map[int]any{0x100: []byte(own)}, 0x200))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := open(b)
		if err != nil {
			if c != nil || !errors.Is(err, core.ErrFormat) {
				t.Fatal(c, err)
			}
			return
		}
		for _, x := range c.Threads() {
			if x.Registers != nil {
				x.Registers.Stack(c, 16)
			}
		}
		p := make([]byte, 64)
		for r := range c.Regions() {
			if n, err := c.ReadMemory(p, r.Address); n < len(p) && err == nil || n > len(p) {
				t.Fatal(n, err)
			}
		}
		for _, m := range c.Images() {
			_ = m.Segments
		}
		for range c.Notes() {
		}
	})
}
