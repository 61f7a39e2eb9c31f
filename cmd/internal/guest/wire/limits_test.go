//go:build linux

package wire

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stranger is a connection whose other end is in the test's hands.
func stranger(t testing.TB, h Handler) (*Conn, *net.UnixConn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*net.UnixConn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "pair")
		c, err := net.FileConn(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		ends[i] = c.(*net.UnixConn)
	}
	w := New(ends[0], h)
	t.Cleanup(func() { w.Close(); ends[1].Close(); <-w.Closed() })
	return w, ends[1]
}

// passed counts this process's descriptors of a file.
func passed(t testing.TB, path string) (n int) {
	t.Helper()
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if to, err := os.Readlink(name); err == nil && strings.HasPrefix(to, path) {
			n++
		}
	}
	return n
}

func frame(h header, body any) []byte {
	b, err := encode(make([]byte, headerSize), body)
	if err != nil {
		panic(err)
	}
	if h.length == 0 {
		h.length = uint32(len(b) - headerSize)
	}
	h.put(b)
	return b
}

// TestStranger: whoever has not been accepted has one small question, no files and no notices.
func TestStranger(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rights := unix.UnixRights(int(file.Fd()), int(file.Fd()))
	never := make(chan struct{})
	defer close(never)
	for name, c := range map[string]struct {
		data, oob []byte
	}{
		"a large frame":       {frame(header{length: strangerFrame + 1}, nil), nil},
		"a frame of 4 GB":     {frame(header{length: 1<<32 - 1}, nil), nil},
		"another program":     {make([]byte, headerSize), nil},
		"a notice":            {frame(header{kind: notice}, number{1}), nil},
		"an unknown kind":     {frame(header{kind: 3}, number{1}), nil},
		"files":               {frame(header{files: 2}, number{1}), rights},
		"files unannounced":   {frame(header{}, number{1}), rights},
		"files with nothing":  {[]byte{1}, rights},
		"files that are none": {frame(header{files: 1}, number{1}), nil},
		"two questions":       {append(frame(header{id: 1}, number{1}), frame(header{id: 2}, number{1})...), nil},
		"a type too many":     {append(frame(header{length: 2}, nil)[:headerSize], 0xff, 0x01), nil},
		"more behind it":      {append(frame(header{length: 3}, nil)[:headerSize], 0, 0, 0), nil},
	} {
		t.Run(name, func(t *testing.T) {
			before := passed(t, file.Name())
			w, peer := stranger(t, func(any, []*os.File) any { <-never; return nil })
			if _, _, err := peer.WriteMsgUnix(c.data, c.oob, nil); err != nil {
				t.Fatal(err)
			}
			select {
			case <-w.Closed():
			case <-time.After(30 * time.Second):
				t.Error("the connection goes on")
			}
			if n := passed(t, file.Name()); n != before {
				t.Errorf("%d descriptors are kept", n-before)
			}
		})
	}
}

// TestFilesWithBody: descriptors that come later than the header are not kept.
func TestFilesWithBody(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	before := passed(t, file.Name())
	w, peer := stranger(t, func(body any, files []*os.File) any {
		closeAll(files)
		return number{len(files)}
	})
	w.Accept()
	b := frame(header{id: 1}, bulk{make([]byte, 1000)})
	for i, part := range [][]byte{b[:headerSize], b[headerSize : headerSize+500], b[headerSize+500:]} {
		var oob []byte
		if i > 0 {
			oob = unix.UnixRights(int(file.Fd()))
		}
		if _, _, err := peer.WriteMsgUnix(part, oob, nil); err != nil {
			t.Fatal(err)
		}
	}
	answer := make([]byte, headerSize)
	if _, err := peer.Read(answer); err != nil {
		t.Fatal(err)
	}
	if n := passed(t, file.Name()); n != before {
		t.Errorf("%d descriptors are kept", n-before)
	}
}

// FuzzWire sends arbitrary bytes, with descriptors at arbitrary places, to one who accepts and to
// one who does not: nothing is left of it when the connection has ended.
func FuzzWire(f *testing.F) {
	f.Add(frame(header{id: 1}, number{1}), uint16(0), true)
	f.Add(frame(header{kind: notice, files: 1}, bulk{[]byte("x")}), uint16(1), true)
	f.Add(append(frame(header{kind: answer}, nil), frame(header{id: 2, files: 1}, number{2})...), uint16(0x15), false)
	f.Fuzz(func(t *testing.T, data []byte, where uint16, accept bool) {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		w, peer := stranger(t, func(body any, files []*os.File) any {
			closeAll(files)
			return body
		})
		if accept {
			w.Accept()
		}
		_ = peer.SetWriteDeadline(time.Now().Add(20 * time.Second))
		for i := 0; len(data) > 0; i++ {
			n := min(len(data), 1+i*7)
			var oob []byte
			if where>>(i%16)&1 != 0 {
				oob = unix.UnixRights(int(file.Fd()))
			}
			if _, _, err := peer.WriteMsgUnix(data[:n], oob, nil); err != nil {
				break
			}
			data = data[n:]
		}
		peer.Close()
		<-w.Closed()
		for end := time.Now().Add(20 * time.Second); w.asked.Load() > 0; {
			if time.Now().After(end) {
				t.Fatal("a question is not answered")
			}
			time.Sleep(time.Millisecond)
		}
		if n := passed(t, file.Name()); n != 1 {
			t.Errorf("%d descriptors are kept", n-1)
		}
	})
}
