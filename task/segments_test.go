package task_test

import (
	"bytes"
	"debug/macho"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// header builds the beginning of a Mach-O file, as <mach-o/loader.h> lays it
// out; debug/macho reads it as the same.
func header(wide bool, segments ...task.Segment) memory {
	le := binary.LittleEndian
	var commands []byte
	word := func(b []byte, v uint64) []byte {
		if wide {
			return le.AppendUint64(b, v)
		}
		return le.AppendUint32(b, uint32(v))
	}
	for _, s := range segments {
		kind, size := uint32(1), uint32(56)
		if wide {
			kind, size = 0x19, 72
		}
		b := le.AppendUint32(le.AppendUint32(nil, kind), size)
		b = append(b, append([]byte(s.Name), make([]byte, 16-len(s.Name))...)...)
		b = word(word(word(word(b, s.Address), s.Size), s.Offset), s.FileSize)
		b = le.AppendUint32(le.AppendUint32(b, uint32(s.MaxProtection)), uint32(s.Protection))
		commands = append(commands, append(b, make([]byte, 8)...)...)
		commands = append(commands, 0x2a, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) // LC_SOURCE_VERSION
	}
	magic, cpu := uint32(0xfeedface), uint32(7)
	if wide {
		magic, cpu = 0xfeedfacf, 0x01000007
	}
	m := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, magic), cpu), 3)
	m = le.AppendUint32(le.AppendUint32(m, 2), uint32(2*len(segments)))
	m = le.AppendUint32(le.AppendUint32(m, uint32(len(commands))), 0)
	if wide {
		m = append(m, 0, 0, 0, 0)
	}
	return append(m, commands...)
}

var layout = []task.Segment{
	{Name: "__PAGEZERO", Size: 0x10000000},
	{Name: "__TEXT", Address: 0x10000000, Size: 0x4000, FileSize: 0x4000, Protection: 5, MaxProtection: 5},
	{Name: "__DATA", Address: 0x10004000, Size: 0x8000, Offset: 0x4000, FileSize: 0x2000, Protection: 3, MaxProtection: 3},
	// A name of all 16 bytes has no NUL behind it.
	{Name: "__LINKEDIT_16ful", Address: 0x1000c000, Size: 0x1000, Offset: 0x6000, FileSize: 0x800, Protection: 1, MaxProtection: 1},
}

func TestParseSegments(t *testing.T) {
	for _, wide := range []bool{true, false} {
		m := header(wide, layout...)
		f, err := macho.NewFile(bytes.NewReader(m))
		must(t, err)
		for i, want := range layout {
			if s := f.Segment(want.Name); s == nil || s.Addr != want.Address || s.Memsz != want.Size || s.Offset != want.Offset || s.Prot != uint32(want.Protection) {
				t.Fatalf("the test's header is wrong about segment %d: %+v", i, s)
			}
		}
		got, err := task.ParseSegments(m, base)
		must(t, err)
		var want []task.Segment
		for _, s := range layout[1:] {
			s.Address += base - 0x10000000
			want = append(want, s)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("wide %v: %+v, want %+v", wide, got, want)
		}
	}
}

func TestParseSegmentsErrors(t *testing.T) {
	good := header(true, layout...)
	edit := func(at int, v uint32) memory {
		m := bytes.Clone(good)
		binary.LittleEndian.PutUint32(m[at:], v)
		return m
	}
	huge := layout[1]
	huge.Size = 1<<64 - 1
	for name, f := range map[string]struct {
		m    memory
		want error
	}{
		"an ELF file":             {memory("\x7fELF\x02\x01\x01" + string(make([]byte, 100))), task.ErrNotMachO},
		"too many commands":       {edit(16, 1<<20), task.ErrImages},
		"more than are there":     {edit(16, 40), task.ErrImages},
		"commands without end":    {edit(20, 1<<31), task.ErrImages},
		"a command of no bytes":   {edit(36, 0), task.ErrImages},
		"a command of four bytes": {edit(36, 4), task.ErrImages},
		"one that leads out":      {edit(36, 4096), task.ErrImages},
		"no text":                 {header(true, layout[0], layout[2]), task.ErrImages},
		"text of all addresses":   {header(true, huge), task.ErrImages},
	} {
		if list, err := task.ParseSegments(f.m, base); !errors.Is(err, f.want) {
			t.Errorf("%s: %v, %v", name, list, err)
		}
	}
	for n := range len(good) {
		if _, err := task.ParseSegments(good[:n], base); err == nil {
			t.Errorf("%d bytes of %d are a whole header", n, len(good))
		}
	}
	if _, err := task.ParseSegments(good, 0); err == nil {
		t.Error("a header that is nowhere is read")
	}
}

func FuzzParseSegments(f *testing.F) {
	f.Add([]byte(header(true, layout...)), uint64(base))
	f.Add([]byte(header(false, layout...)), uint64(base))
	f.Add([]byte{}, uint64(1<<64-1))
	f.Fuzz(func(t *testing.T, b []byte, at uint64) {
		list, err := task.ParseSegments(memory(b), at)
		if err != nil {
			return
		}
		if len(list) == 0 || len(list)*56 > len(b) {
			t.Errorf("%d segments out of %d bytes", len(list), len(b))
		}
		for _, s := range list {
			if s.Size == 0 || s.Address+s.Size-1 < s.Address || len(s.Name) > 16 {
				t.Errorf("segment %+v", s)
			}
		}
	})
}

// What stands behind the program's code is the program's file.
func TestFiles(t *testing.T) {
	_, err := task.Self().Files()
	must(t, err)
	begin(t)
	f, err := task.Self().Files()
	must(t, err)
	exe, err := os.Executable()
	must(t, err)
	code, err := task.Self().RegionAt(reflectCode())
	must(t, err)
	path, segment, ok := f.Of(code)
	if !ok || filepath.Base(path) != filepath.Base(exe) {
		t.Errorf("behind %v stands %q, %q", &code, path, segment)
	}
	x, err := task.Self().Allocate(page(), tag)
	must(t, err)
	defer x.Close()
	r, err := task.Self().RegionAt(x.Address())
	must(t, err)
	if path, _, ok := f.Of(r); ok {
		t.Errorf("behind fresh memory stands %s", path)
	}
	if _, _, ok := f.Of(task.Region{}); ok {
		t.Error("something stands behind nothing")
	}
	if _, _, ok := (*task.Files)(nil).Of(r); ok {
		t.Error("nobody knows something")
	}
	file, err := macho.Open(exe)
	images, _ := task.Self().Images()
	list, wrong := task.Self().Segments(images.List[0])
	if err != nil { // a system of other files
		wantErr(t, wrong, task.ErrNotMachO)
		wantErr(t, wrong, errors.ErrUnsupported)
		return
	}
	defer file.Close()
	must(t, wrong)
	if segment != "__TEXT" {
		t.Errorf("code lies in %s", segment)
	}
	slide := list[0].Address - file.Segment("__TEXT").Addr
	for _, s := range list {
		w := file.Segment(s.Name)
		if w == nil || s.Address != w.Addr+slide || s.Size != w.Memsz || s.Offset != w.Offset || s.FileSize != w.Filesz || s.Protection != mach.VMProt(w.Prot) {
			t.Errorf("segment %+v, the file says %+v", s, w)
		}
		r, err := task.Self().RegionAt(s.Address)
		must(t, err)
		if path, name, ok := f.Of(r); r.Address == s.Address && (!ok || name != s.Name || path == "") {
			t.Errorf("behind %v stands %q, %q", &r, path, name)
		}
	}
}

func reflectCode() uint64 { return uint64(reflect.ValueOf(reflectCode).Pointer()) }

// The files of another task.
func TestFilesOfChild(t *testing.T) {
	begin(t)
	a := spawn(t)
	f, err := a.Files()
	must(t, err)
	images, err := a.Images()
	must(t, err)
	r, err := a.RegionAt(images.List[0].Address)
	must(t, err)
	// Segments of ELF files have no names.
	if path, segment, ok := f.Of(r); !ok || path != images.List[0].Path || (segment != "") != (runtime.GOOS == "darwin") {
		t.Errorf("behind %v stands %q, %q; images are %v", &r, path, segment, images.List)
	}
}
