package task_test

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/gomach/mach/task"
)

func TestUUIDText(t *testing.T) {
	u := task.UUID{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10}
	if got := u.String(); got != "01234567-89AB-CDEF-FEDC-BA9876543210" {
		t.Errorf("text is %s", got)
	}
}

// withUUID puts LC_UUID (<mach-o/loader.h>, uuid_command) behind the commands of
// a header.
func withUUID(wide bool, u task.UUID) memory {
	m := header(wide, layout...)
	le := binary.LittleEndian
	le.PutUint32(m[16:], le.Uint32(m[16:])+1)
	le.PutUint32(m[20:], le.Uint32(m[20:])+24)
	return append(le.AppendUint32(le.AppendUint32(m, 0x1b), 24), u[:]...)
}

func TestParseUUID(t *testing.T) {
	want := task.UUID{15: 7, 0: 9}
	for _, wide := range []bool{true, false} {
		got, err := task.ParseUUID(withUUID(wide, want), base)
		if err != nil || got != want {
			t.Errorf("wide %v: %v, %v", wide, got, err)
		}
		_, err = task.ParseUUID(header(wide, layout...), base)
		wantErr(t, err, task.ErrNoUUID)
	}
	m := withUUID(true, want)
	binary.LittleEndian.PutUint32(m[36:], 7) // the first command's size
	_, err := task.ParseUUID(m, base)
	wantErr(t, err, task.ErrImages)
	_, err = task.ParseUUID(append(memory("\x7fELF"), make([]byte, 60)...), base)
	wantErr(t, err, task.ErrNotMachO)
}

// The number of the running program is that of its file.
func TestOwnUUIDOrBuildID(t *testing.T) {
	begin(t)
	a := spawn(t)
	exe, err := os.Executable()
	must(t, err)
	for _, x := range []*task.Task{task.Self(), a.Task} {
		i, err := x.Images()
		must(t, err)
		image := i.List[0]
		if file, err := macho.Open(exe); err == nil {
			var want task.UUID
			for _, l := range file.Loads {
				if b := l.Raw(); binary.LittleEndian.Uint32(b) == 0x1b {
					copy(want[:], b[8:])
				}
			}
			file.Close()
			got, err := x.UUID(image)
			if got != want || (err == nil) != (want != task.UUID{}) {
				t.Errorf("UUID of %v is %v, %v, the file says %v", image, got, err, want)
			}
			_, err = x.BuildID(image)
			wantErr(t, err, task.ErrNotELF)
			continue
		}
		file, err := elf.Open(exe)
		must(t, err)
		// Of several notes, Go's linker has only its own in the segment.
		var want []byte
		for _, p := range file.Progs {
			b := make([]byte, p.Filesz)
			if _, err := p.ReadAt(b, 0); p.Type != elf.PT_NOTE || err != nil {
				continue
			}
			if _, after, ok := bytes.Cut(b, []byte("\x03\x00\x00\x00GNU\x00")); ok {
				want = after[:20]
			}
		}
		file.Close()
		got, err := x.BuildID(image)
		if !bytes.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("build ID of %v is %x, %v, the file says %x", image, got, err, want)
		}
		if want == nil {
			wantErr(t, err, task.ErrNoUUID)
		}
		_, err = x.UUID(image)
		wantErr(t, err, task.ErrNotMachO)
		wantErr(t, err, errors.ErrUnsupported)
	}
}

// elfFile is the beginning of an ELF file, as elf(5) lays it out: a segment that
// begins at first, and a note of that name and kind.
func elfFile(first uint64, name string, kind uint32, desc string) memory {
	le := binary.LittleEndian
	m := make(memory, 4096)
	copy(m, "\x7fELF\x02\x01\x01")
	le.PutUint64(m[32:], 64) // e_phoff
	le.PutUint16(m[54:], 56) // e_phentsize
	le.PutUint16(m[56:], 3)  // e_phnum
	program := func(i int, kind uint32, offset, addr, size uint64) {
		p := m[64+56*i:]
		le.PutUint32(p, kind)
		le.PutUint64(p[8:], offset)
		le.PutUint64(p[16:], addr)
		le.PutUint64(p[32:], size)
	}
	note := func(at int, name string, kind uint32, desc string) int {
		le.PutUint32(m[at:], uint32(len(name)))
		le.PutUint32(m[at+4:], uint32(len(desc)))
		le.PutUint32(m[at+8:], kind)
		copy(m[at+12:], name)
		at += 12 + (len(name)+3)&^3
		copy(m[at:], desc)
		return at + (len(desc)+3)&^3
	}
	program(0, 4, 0x800, first+1<<30, 64)                        // a note that is not in memory
	end := note(0x400, "Go\x00\x00", 4, "some/build/id of Go's") // another's note first
	end = note(end, name, kind, desc)
	program(1, 4, 0x400, first+0x400, uint64(end-0x400))
	program(2, 1, 0, first, 4096)
	return m
}

func TestParseBuildID(t *testing.T) {
	for _, first := range []uint64{0, 0x400000} {
		got, err := task.ParseBuildID(elfFile(first, "GNU\x00", 3, "abcdefghij"), base)
		if err != nil || string(got) != "abcdefghij" {
			t.Errorf("build ID is %q, %v", got, err)
		}
	}
	for name, m := range map[string]memory{
		"other kind": elfFile(0, "GNU\x00", 5, "abc"), "other name": elfFile(0, "GNUX", 3, "abc"), "empty": elfFile(0, "GNU\x00", 3, ""),
	} {
		if got, err := task.ParseBuildID(m, base); !errors.Is(err, task.ErrNoUUID) {
			t.Errorf("%s: build ID is %q, %v", name, got, err)
		}
	}
	for _, at := range []int{4, 5} { // class and byte order
		m := elfFile(0, "GNU\x00", 3, "abc")
		m[at] = 9
		_, err := task.ParseBuildID(m, base)
		wantErr(t, err, task.ErrNotELF)
	}
	m := elfFile(0, "GNU\x00", 3, "abc")
	m[54] = 8
	_, err := task.ParseBuildID(m, base)
	wantErr(t, err, task.ErrImages)
	if _, err := task.ParseBuildID(m[:40], base); err == nil {
		t.Error("half a header is an image")
	}
}

func FuzzBuildID(f *testing.F) {
	f.Add([]byte(elfFile(0x400000, "GNU\x00", 3, "abcdefghij")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if id, err := task.ParseBuildID(memory(b), base); err == nil && (len(id) == 0 || len(id) > len(b)) {
			t.Errorf("a build ID of %d bytes in %d", len(id), len(b))
		}
		task.ParseUUID(memory(b), base)
	})
}
