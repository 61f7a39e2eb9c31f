//go:build linux && (amd64 || arm64)

package linux

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// line writes a mapping as the kernel does, without the path's padding.
func (m *Mapping) line() string {
	return fmt.Sprintf("%08x-%08x %v %08x %02x:%02x %d", m.Start, m.End, m.Perm, m.Offset, m.Major, m.Minor, m.Inode)
}

func TestMapsEqualTheText(t *testing.T) {
	x := startTarget(t, "maps", "3000")
	x.ready()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", x.p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	c := x.p.MapCursor()
	defer c.Close()
	c.MaxAge = time.Minute
	i, next := 0, uint64(0)
	check := func(how string, m *Mapping, want string) {
		t.Helper()
		head, path := want, ""
		if f := strings.Fields(want); len(f) > 5 {
			path = want[strings.Index(want, f[5]):]
			head = strings.TrimRight(want[:len(want)-len(path)], " ")
		}
		if got := m.line(); got != strings.TrimRight(head, " ") || string(m.Path) != path {
			t.Fatalf("%s: %q %q, the text has %q", how, got, m.Path, want)
		}
	}
	for m, err := range x.p.Maps() {
		if err != nil {
			t.Fatal(err)
		}
		check("maps", m, lines[i])
		byQuery, found, err := x.p.MappingAt(next)
		if err != nil || !found {
			t.Fatal(found, err)
		}
		check("query", &byQuery, lines[i])
		byCursor, found, err := c.At(next)
		if err != nil || !found {
			t.Fatal(found, err)
		}
		check("cursor", &byCursor, lines[i])
		next = m.End
		i++
	}
	if i != len(lines) {
		t.Errorf("%d mappings, the text has %d", i, len(lines))
	}
	if _, found, err := x.p.MappingAt(^uint64(0) - 4095); found || err != nil {
		t.Error(found, err)
	}
}

func TestCursorSeesChanges(t *testing.T) {
	x := startTarget(t, "maps", "1000")
	at := x.ready()
	c := x.p.MapCursor()
	defer c.Close()
	size := uint64(PageSize())
	walk := func(from, to uint64) (n int) {
		for addr := from; addr < to; n++ {
			m, found, err := c.At(addr)
			if err != nil || !found {
				t.Fatal(found, err)
			}
			addr = m.End
		}
		return n
	}
	walk(0, at+10*size)
	// The cursor has read ahead of at+10*size. A change made there is seen
	// after Forget, and without it after MaxAge.
	for _, forget := range []bool{true, false} {
		if err := x.tr.Mprotect(at+12*size, size, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
		if forget {
			c.Forget()
		} else {
			time.Sleep(200 * time.Microsecond)
		}
		for addr := at + 10*size; ; {
			m, found, err := c.At(addr)
			if err != nil || !found {
				t.Fatal(found, err)
			}
			if m.Start == at+12*size {
				if m.Perm != 0 {
					t.Errorf("forget=%v: %v", forget, m.Perm)
				}
				break
			}
			if m.Start > at+12*size {
				t.Fatalf("forget=%v: missed it at %#x", forget, m.Start)
			}
			addr = m.End
		}
		if err := x.tr.Mprotect(at+12*size, size, readWrite); err != nil {
			t.Fatal(err)
		}
		c.Forget()
		walk(0, at+10*size)
	}
}

func TestSmapsAndPagemap(t *testing.T) {
	x := startTarget(t, "mem")
	at := x.ready()
	size := uint64(PageSize())
	var sum, touched uint64
	err := x.p.Smaps(func(m *Mapping, u *Usage) bool {
		sum += u.RSS
		if m.Start <= at && at < m.End {
			touched = u.RSS
		}
		if u.Size != m.Size() {
			t.Errorf("%x-%x has size %d", m.Start, m.End, u.Size)
		}
		return true
	})
	if err != nil || touched == 0 {
		t.Fatal(touched, err)
	}
	all, err := x.p.SmapsRollup()
	if err != nil || all.RSS != sum || all.PSS == 0 || all.PSS > all.RSS {
		t.Errorf("rollup has %d resident, the sum is %d, %v", all.RSS, sum, err)
	}
	pages := make([]Page, 6)
	if n, err := x.p.Pages(pages, at); n != 6 || err != nil {
		t.Fatal(n, err)
	}
	for i, page := range pages[:5] {
		if want := i != 3; page.Present() != want || page.Swapped() || page.FileOrShared() {
			t.Errorf("page %d: %#x", i, page)
		}
	}
	runs, err := x.p.PageRuns(nil, at, at+5*size)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := x.p.pageRunsByPagemap(nil, at, at+5*size)
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range [][]PageRun{runs, slow} {
		var present uint64
		for _, r := range way {
			if r.Kind&PagePresent != 0 && r.Start >= at && r.End <= at+5*size {
				present += (r.End - r.Start) / size
			}
		}
		if present != 4 {
			t.Errorf("%d pages present in %+v", present, way)
		}
	}
	if n, err := x.p.Pages(pages, ^uint64(0)&^(size-1)); err != nil {
		t.Errorf("pages behind the end: %d, %v", n, err)
	}
}

// A page that was read and never written is the page of zeros by both ways of asking,
// and no memory in smaps (admin-guide/mm/pagemap.rst, fs/proc/task_mmu.c). There are
// kernels that have no such page: smaps decides.
func TestZeroPage(t *testing.T) {
	b, err := unix.Mmap(-1, 0, 4*PageSize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(b)
	_ = unix.Madvise(b, unix.MADV_NOHUGEPAGE)
	if b[0] != 0 {
		t.Fatal("not zero")
	}
	b[PageSize()] = 1
	p, err := Open(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	at := addressOf(b)
	var want uint64 // pages that are memory
	err = p.Smaps(func(m *Mapping, u *Usage) bool {
		if m.Start <= at && at < m.End {
			want = u.RSS / uint64(PageSize())
		}
		return true
	})
	if err != nil || want != 1 && want != 2 {
		t.Fatalf("smaps has %d pages, %v", want, err)
	}
	for name, ask := range map[string]func([]PageRun, uint64, uint64) ([]PageRun, error){"PageRuns": p.PageRuns, "by the page map": p.pageRunsByPagemap} {
		if name != "PageRuns" && zeroFrame() == 0 {
			t.Log("frames are not told here: CAP_SYS_ADMIN")
			continue
		}
		runs, err := ask(nil, at, at+uint64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		var zero, other uint64
		for _, r := range runs {
			if n := (r.End - r.Start) / uint64(PageSize()); r.Kind&PageZero != 0 {
				zero += n
			} else {
				other += n
			}
		}
		if other != want || zero+other != 2 {
			t.Errorf("%s: %d pages of zeros and %d others, smaps has %d: %+v", name, zero, other, want, runs)
		}
	}
}
