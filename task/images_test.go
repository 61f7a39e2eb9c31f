package task_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

const base uint64 = 0x100000000

// memory is a task's memory for the parser: b at base.
type memory []byte

func (m memory) ReadMemory(p []byte, addr uint64) (int, error) {
	at := addr - base
	if addr < base || at >= uint64(len(m)) {
		return 0, errors.New("nothing there")
	}
	n := copy(p, m[at:])
	if n < len(p) {
		return n, errors.New("not all there")
	}
	return n, nil
}

// infos builds dyld_all_image_infos as <mach-o/dyld_images.h> lays it out, from
// the offsets there and not from the parser's order.
func infos(wide bool, images ...task.Image) memory {
	m := make(memory, 4096)
	put := func(at int, v uint64) {
		if wide {
			binary.LittleEndian.PutUint64(m[at:], v)
		} else {
			binary.LittleEndian.PutUint32(m[at:], uint32(v))
		}
	}
	off := map[string]int{"array": 8, "flags": 24, "dyld": 32, "slide": 152, "uuid": 160, "cache": 176, "changed": 184, "path": 192}
	entry, word := 24, 8
	if !wide {
		off = map[string]int{"array": 8, "flags": 16, "dyld": 20, "slide": 80, "uuid": 84, "cache": 100, "changed": 104, "path": 112}
		entry, word = 12, 4
	}
	binary.LittleEndian.PutUint32(m, 17)
	binary.LittleEndian.PutUint32(m[4:], uint32(len(images)))
	put(off["array"], base+1024)
	m[off["flags"]+1] = 1
	put(off["dyld"], 0x7000)
	put(off["slide"], 0x4000)
	copy(m[off["uuid"]:], "0123456789abcdef")
	put(off["cache"], 0x18000)
	binary.LittleEndian.PutUint64(m[off["changed"]:], 0x123456789a)
	at := 2048
	text := func(s string) uint64 {
		start := at
		at += copy(m[at:], s+"\x00")
		return base + uint64(start)
	}
	put(off["path"], text("/usr/lib/dyld"))
	for i, x := range images {
		put(1024+i*entry, x.Address)
		put(1024+i*entry+word, text(x.Path))
		if !x.Modified.IsZero() {
			put(1024+i*entry+2*word, uint64(x.Modified.Unix()))
		}
	}
	return m
}

func TestParseImages(t *testing.T) {
	want := []task.Image{{Address: 0x10000, Path: "/bin/program"}, {Address: 0x20000, Path: "/usr/lib/libSystem.B.dylib"}}
	for _, wide := range []bool{true, false} {
		var m task.MemoryReader = infos(wide, want...)
		at := uint64(base)
		if !wide {
			// 32-bit processes have no addresses as high as base.
			m, at = low{m32(infos(wide, want...))}, 0x1000
		}
		i, err := task.ParseImages(m, at, 320, wide)
		must(t, err)
		if len(i.List) != 2 || i.List[0] != want[0] || i.List[1] != want[1] {
			t.Errorf("wide %v: images are %v", wide, i.List)
		}
		if i.Version != 17 || !i.LibSystemDone || i.Dyld != 0x7000 || i.DyldPath != "/usr/lib/dyld" || i.CacheAddress != 0x18000 ||
			i.CacheSlide != 0x4000 || string(i.CacheUUID[:]) != "0123456789abcdef" || i.Changed != 0x123456789a {
			t.Errorf("wide %v: %+v", wide, i)
		}
		if m, ok := i.At(0x20010); !ok || m.Address != 0x20000 {
			t.Errorf("image of an address is %v, %v", m, ok)
		}
		if _, ok := i.At(5); ok {
			t.Error("an address before all images has one")
		}
	}
}

// low shows the same memory at 0x1000.
type low struct{ m memory }

func (l low) ReadMemory(p []byte, addr uint64) (int, error) {
	return l.m.ReadMemory(p, addr-0x1000+base)
}

// m32 changes the pointers into base to pointers into 0x1000.
func m32(m memory) memory {
	move := func(at int) {
		v := binary.LittleEndian.Uint32(m[at:])
		binary.LittleEndian.PutUint32(m[at:], v+0x1000)
	}
	for _, at := range []int{8, 112, 1024 + 4, 1024 + 12 + 4} {
		move(at)
	}
	return m
}

func TestParseImagesErrors(t *testing.T) {
	good := infos(true, task.Image{Address: 1, Path: "/a"})
	edit := func(at int, v uint64) memory {
		m := bytes.Clone(good)
		binary.LittleEndian.PutUint64(m[at:], v)
		return m
	}
	for name, m := range map[string]memory{
		"being changed":  edit(8, 0),
		"leads nowhere":  edit(8, 0xdead0000),
		"leads to edge":  edit(8, base+4096-8),
		"too many":       edit(0, 17|0xffffffff<<32),
		"many that lack": edit(0, 17|0x8000<<32),
	} {
		_, err := task.ParseImages(m, base, 320, true)
		if !errors.Is(err, task.ErrImages) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	if _, err := task.ParseImages(good[:10], base, 320, true); err == nil {
		t.Error("a struct that ends in its middle is read")
	}
	if _, err := task.ParseImages(good, 0, 320, true); err == nil {
		t.Error("a struct that is nowhere is read")
	}
	// A path that leads nowhere leaves an image without one.
	i, err := task.ParseImages(edit(1024+8, 0xdead0000), base, 320, true)
	if err != nil || len(i.List) != 1 || i.List[0].Path != "" {
		t.Errorf("without a path: %v, %v", i, err)
	}
	// An old and short one, and one of unknown size.
	i, err = task.ParseImages(edit(0, 1|1<<32), base, 16, true)
	if err != nil || len(i.List) != 1 || i.DyldPath != "" {
		t.Errorf("version 1: %+v, %v", i, err)
	}
	if i, err = task.ParseImages(good, base, 0, true); err != nil || i.DyldPath != "/usr/lib/dyld" {
		t.Errorf("unknown size: %+v, %v", i, err)
	}
}

// A list costs what it takes to tell it: entries that share one long path are not
// worth 4 KiB each.
func TestImagesOfOnePath(t *testing.T) {
	const entries = 1 << 16
	m := make(memory, 4096+24*entries+8192)
	binary.LittleEndian.PutUint32(m, 1)
	binary.LittleEndian.PutUint32(m[4:], entries)
	binary.LittleEndian.PutUint64(m[8:], base+4096)
	path := m[4096+24*entries:]
	for i := range entries {
		binary.LittleEndian.PutUint64(m[4096+24*i:], base)
		binary.LittleEndian.PutUint64(m[4096+24*i+8:], base+4096+24*entries)
	}
	copy(path, strings.Repeat("a", 200))
	i, err := task.ParseImages(m, base, 16, true)
	if err != nil || len(i.List) != entries || len(i.List[entries-1].Path) != 200 {
		t.Fatalf("many images: %d, %v", len(i.List), err)
	}
	copy(path, strings.Repeat("a", 4000))
	read := 0
	_, err = task.ParseImages(counted{m, &read}, base, 16, true)
	if !errors.Is(err, task.ErrImages) || read > 32<<20 {
		t.Errorf("%d bytes were read: %v", read, err)
	}
}

// counted counts what is read.
type counted struct {
	memory
	read *int
}

func (c counted) ReadMemory(p []byte, addr uint64) (int, error) {
	n, err := c.memory.ReadMemory(p, addr)
	*c.read += n
	return n, err
}

// The script changes a good list, three bytes a change: where, and what to. A list
// itself would be too long an input: Go tries to make each that it finds shorter, in
// as many ways as the square of its length, before it goes on.
func FuzzParseImages(f *testing.F) {
	f.Add([]byte{}, uint16(4096), uint64(320), true)
	f.Add([]byte{}, uint16(4096), uint64(200), false)
	f.Add([]byte{0, 0, 1}, uint16(2048), uint64(1<<63), true)
	f.Add([]byte{4, 0, 200, 5, 0, 1, 8, 4, 255, 0, 8, 1}, uint16(1030), uint64(0), true)
	f.Fuzz(func(t *testing.T, script []byte, n uint16, size uint64, wide bool) {
		if len(script) > 96 {
			return
		}
		b := infos(wide, task.Image{Address: 1, Path: "/a"}, task.Image{Address: base, Path: "/b"})
		for ; len(script) >= 3; script = script[3:] {
			b[binary.LittleEndian.Uint16(script)%4096] = script[2]
		}
		b = b[:min(n, 4096)]
		var m task.MemoryReader = b
		at := base
		if !wide {
			m, at = low{b}, 0x1000
		}
		i, err := task.ParseImages(m, at, size, wide)
		if err != nil {
			return
		}
		if len(i.List)*12 > len(b) {
			t.Errorf("%d images out of %d bytes", len(i.List), len(b))
		}
		for _, m := range i.List {
			if len(m.Path) > 4096 || strings.Contains(m.Path, "\x00") {
				t.Errorf("path is %q", m.Path)
			}
		}
		i.At(size)
	})
}

func TestOwnImages(t *testing.T) {
	// The loader's names stay where they are once they were asked for.
	_, err := task.Self().Images()
	must(t, err)
	begin(t)
	i, err := task.Self().Images()
	must(t, err)
	exe, err := os.Executable()
	must(t, err)
	if len(i.List) == 0 || filepath.Base(i.List[0].Path) != filepath.Base(exe) || i.List[0].Address == 0 {
		t.Fatalf("images are %v, the program is %s", i.List, exe)
	}
	r, err := task.Self().RegionAt(i.List[0].Address)
	must(t, err)
	if r.Address != i.List[0].Address || r.Protection&mach.VM_PROT_READ == 0 {
		t.Errorf("the program's header, at %#x, lies in %v", i.List[0].Address, &r)
	}
}

// The images of another task are told by dyld, or by what is mapped.
func TestImagesOfChild(t *testing.T) {
	begin(t)
	a := spawn(t)
	i, err := a.Images()
	must(t, err)
	if len(i.List) == 0 || i.List[0].Path == "" {
		t.Fatalf("images are %+v", i)
	}
	// The child is the same program.
	self, err := os.Executable()
	must(t, err)
	if got := filepath.Base(i.List[0].Path); got != filepath.Base(self) {
		t.Errorf("the first image is %s, want %s", got, self)
	}
	var header [4]byte
	_, err = a.ReadMemory(header[:], i.List[0].Address)
	must(t, err)
	magic := uint32(0xfeedfacf)
	if runtime.GOOS != "darwin" {
		magic = 0x464c457f // "\x7fELF"
	}
	if got := binary.LittleEndian.Uint32(header[:]); got != magic {
		t.Errorf("at its address is %#x, which begins no image", got)
	}
	a.kill(t)
	if i, err := a.Images(); err == nil {
		t.Errorf("the images of a task that has ended are %+v", i)
	}
	if _, err := a.Files(); err == nil {
		t.Error("a task that has ended has files")
	}
}
