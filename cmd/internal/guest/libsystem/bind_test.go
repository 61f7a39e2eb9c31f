//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSocketNames: to connect goes by the handle that was judged; to bind goes by the name, which
// stays with the socket and is what its peers see (docs/darwinrun.md).
func TestSocketNames(t *testing.T) {
	dir := t.TempDir()
	s := New(Policy{Writable: []string{dir}}, nil)
	name := filepath.Join(dir, "s")
	host, held, e := s.socketName(name, true)
	if e != 0 || host != name || held != 0 {
		t.Errorf("bind: %q %d %d", host, held, e)
	}
	l, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(l)
	if err := unix.Bind(l, &unix.SockaddrUnix{Name: name}); err != nil {
		t.Fatal(err)
	}
	host, held, e = s.socketName(name, false)
	if e != 0 || held <= 0 || !strings.HasPrefix(host, "/proc/self/fd/") {
		t.Errorf("connect: %q %d %d", host, held, e)
	}
	if held > 0 {
		_ = unix.Close(held)
	}
	other := t.TempDir()
	if _, _, e := s.socketName(filepath.Join(other, "s"), true); e == 0 {
		t.Error("bind elsewhere")
	}
	if err := os.Symlink(other, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if _, _, e := s.socketName(filepath.Join(dir, "link", "s"), true); e == 0 {
		t.Error("bind elsewhere by a link")
	}
}
