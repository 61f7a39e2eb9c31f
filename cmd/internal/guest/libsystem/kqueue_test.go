//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// TestEventLayout holds the structs against <sys/event.h>: 32 and 48 bytes, packed to 4 and
// without holes.
func TestEventLayout(t *testing.T) {
	if n := unsafe.Sizeof(kevent{}); n != 32 {
		t.Errorf("struct kevent has %d bytes", n)
	}
	if n := unsafe.Sizeof(event{}); n != 48 {
		t.Errorf("struct kevent64_s has %d bytes", n)
	}
	if n := unsafe.Offsetof(event{}.Ext); n != 32 {
		t.Errorf("ext is at %d", n)
	}
}

// FuzzKqueue gives a kqueue changes of arbitrary content, between scans, and looks whether its
// lists agree with each other.
func FuzzKqueue(f *testing.F) {
	entry := func(e event) []byte {
		var b bytes.Buffer
		_ = binary.Write(&b, binary.LittleEndian, e)
		return b.Bytes()
	}
	f.Add(entry(event{Ident: 1, Filter: filterUser, Flags: evAdd, Fflags: noteTrigger}))
	f.Add(append(entry(event{Ident: 0, Filter: filterRead, Flags: evAdd | evDispatch2 | evVanished}), entry(event{Ident: 0, Filter: filterRead, Flags: evDelete})...))
	f.Add(entry(event{Ident: 2, Filter: filterVnode, Flags: evAdd | evOneshot, Fflags: noteWrite}))
	f.Add(entry(event{Ident: 3, Filter: filterTimer, Flags: evAdd, Fflags: noteNseconds, Data: 1}))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &State{cwdFD: -1, procs: map[int]bool{}, process: &proc.Process{}}
		s.process.Arch = cpu.ARM64
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
			t.Skip(err)
		}
		dir, err := unix.Open(t.TempDir(), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.fds.open = []*file{newFile(p[0], "", false), newFile(p[1], "", true), newFile(dir, "/", false)}
		k, err := newKqueue(s)
		if err != nil {
			t.Skip(err)
		}
		defer s.vnodes.stop()
		defer func() {
			for fd, d := range s.fds.open {
				k.forget(fd)
				_ = unix.Close(d.host)
			}
			k.close()
		}()
		for i := 0; len(data) >= 48 && i < 64; i++ {
			var e event
			_ = binary.Read(bytes.NewReader(data), binary.LittleEndian, &e)
			data = data[48:]
			if e.Filter == filterProc || e.Filter == filterFS {
				continue // they keep a goroutine
			}
			e.Flags &^= evSystem
			k.mu.Lock()
			k.register(&e)
			k.mu.Unlock()
			s.vnodes.drain()
			if limit := i%3 + 1; len(k.scan(limit, nil)) > limit {
				t.Fatal("more events than there was room for")
			}
			agree(t, k)
		}
	})
}

// agree checks the lists of a kqueue against each other.
func agree(t *testing.T, k *kqueue) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	in := map[*knote]int{}
	for _, n := range k.queue {
		in[n]++
	}
	armed := 0
	for key, n := range k.notes {
		if n.key != key || n.dropped {
			t.Errorf("%v: a knote stands for %v, dropped %v", key, n.key, n.dropped)
		}
		if n.queued != (in[n] == 1) || in[n] > 1 {
			t.Errorf("%v: queued %v, %d times in the queue", key, n.queued, in[n])
		}
		if n.disabled && n.queued {
			t.Errorf("%v is disabled and in the queue", key)
		}
		if n.active && !n.queued && !n.disabled {
			t.Errorf("%v would never be reported", key)
		}
		if (key.filter == filterRead || key.filter == filterWrite) && !n.vanished {
			if plain, _, _ := n.plain(); !plain {
				armed++
			}
		}
		delete(in, n)
	}
	if len(in) > 0 {
		t.Errorf("%d in the queue that are no knotes", len(in))
	}
	for _, n := range k.armed {
		armed -= n
	}
	if armed != 0 {
		t.Errorf("%d knotes more than registrations", armed)
	}
	if k.kicked != (len(k.queue) > 0) {
		t.Errorf("readable: %v, with %d in the queue", k.kicked, len(k.queue))
	}
}

// FuzzInotify takes what inotify reads apart.
func FuzzInotify(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add(bytes.Repeat([]byte{255}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		for {
			_, rest, ok := parseInotify(b)
			if !ok {
				return
			}
			if len(rest) >= len(b) {
				t.Fatal("no progress")
			}
			b = rest
		}
	})
}

// A directory that is renamed where it is posts NOTE_WRITE of its parent and no NOTE_LINK
// (xnu bsd/vfs/kpi_vfs.c post_rename), also if the queue is read between the two events of
// which Linux makes it.
func TestRenameIsReadInTwo(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/a", 0o755); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := unix.InotifyAddWatch(fd, dir, dirEvents); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir+"/a", dir+"/b"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := unix.Read(fd, buf)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := parseInotify(buf[:n])
	if !ok || len(rest) == 0 {
		t.Fatalf("%d bytes for a rename", n)
	}
	if first := buf[:n-len(rest)]; !endsInMove(first) || endsInMove(buf[:n]) || endsInMove(nil) {
		t.Error("what is missing of a rename is not seen")
	}
}
