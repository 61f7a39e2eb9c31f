package task_test

import (
	"slices"
	"testing"

	"github.com/gomach/mach/task"
)

// maps is as proc_pid_maps(5) describes it, with paths as show_map_vma of Linux
// fs/proc/task_mmu.c writes them.
const maps = `100000000-100001000 r--p 00000000 fe:01 77                 /usr/lib/libc.so.6
100001000-100002000 r-xp 00001000 fe:01 77                 /usr/lib/libc.so.6
100002000-100003000 r--p 00000000 fe:01 78                 /home/a b/the\012program (deleted)
100003000-100004000 rw-p 00000000 00:00 0                  [heap]
100004000-100005000 rw-s 00000000 00:01 9                  /dev/zero (deleted)
100005000-100006000 rw-p 00000000 00:00 0 
100006000-100007000 r--p 00000000 00:0e 1                  anon_inode:[perf_event]
100007000-100008000 ---p 00000000 fe:01 79                 /closed
100008000-100009000 r--p 00000000 fe:01 80                 /data
100009000-10000a000 r--p 00000000 fe:01 77                 /usr/lib/libc.so.6
10000b000-10000a000 r--p 00000000 fe:01 77                 /backwards
1000zz000-10000d000 r--p 00000000 fe:01 77                 /no/number
short
7ffd0000-7ffd1000 r-xp 00000000 00:00 0                  [vdso]`

const program = "/home/a b/the\nprogram (deleted)"

func TestFilesOfMaps(t *testing.T) {
	f := task.FilesOfMaps(maps)
	for addr, want := range map[uint64]string{
		base: "/usr/lib/libc.so.6", base + 0x1fff: "/usr/lib/libc.so.6", base + 0x2000: program, base + 0x3000: "",
		base + 0x4000: "/dev/zero (deleted)", base + 0x5000: "", base + 0x6000: "", base + 0x7000: "/closed", base + 0xa000: "", base - 1: "",
	} {
		path, segment, ok := f.Of(task.Region{Address: addr})
		if path != want || segment != "" || ok != (want != "") {
			t.Errorf("behind %#x stands %q, %q, %v; want %q", addr, path, segment, ok, want)
		}
	}
	if _, _, ok := task.FilesOfMaps("").Of(task.Region{}); ok {
		t.Error("nothing is something")
	}
}

// Images are files whose beginning is in readable memory and is that of an ELF
// file; the program comes first.
func TestImagesOfMaps(t *testing.T) {
	m := make(memory, 0xa000)
	for _, at := range []int{0, 0x2000, 0x7000, 0x9000} {
		copy(m[at:], "\x7fELF")
	}
	library := task.Image{Address: base, Path: "/usr/lib/libc.so.6"}
	exe := task.Image{Address: base + 0x2000, Path: program}
	for name, want := range map[string][]task.Image{program: {exe, library}, "": {library, exe}} {
		if got := task.ImagesOfMaps(m, maps, name); !slices.Equal(got, want) {
			t.Errorf("program %q: images are %v, want %v", name, got, want)
		}
	}
	if got := task.ImagesOfMaps(memory(nil), maps, program); len(got) != 0 {
		t.Errorf("images of no memory are %v", got)
	}
}

func FuzzMaps(f *testing.F) {
	f.Add(maps)
	f.Fuzz(func(t *testing.T, text string) {
		task.FilesOfMaps(text).Of(task.Region{Address: base})
		task.ImagesOfMaps(make(memory, 4096), text, program)
	})
}
