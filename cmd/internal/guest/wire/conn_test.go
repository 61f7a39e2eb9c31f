//go:build linux

package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

type number struct{ N int }
type bulk struct{ B []byte }

func init() {
	Register(number{}, bulk{}, everything{})
}

// pair is a connection with both ends here.
func pair(t *testing.T, a, b Handler) (*Conn, *Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	end := func(fd int, h Handler) *Conn {
		f := os.NewFile(uintptr(fd), "pair")
		defer f.Close()
		c, err := net.FileConn(f)
		if err != nil {
			t.Fatal(err)
		}
		w := New(c.(*net.UnixConn), h)
		w.Accept()
		t.Cleanup(func() { w.Close(); <-w.Closed() })
		return w
	}
	return end(fds[0], a), end(fds[1], b)
}

func nothing(any, []*os.File) any { return nil }

// TestAsk: many questions at once, of which each side asks the other one back.
func TestAsk(t *testing.T) {
	var a, b *Conn
	start := make(chan struct{})
	a, b = pair(t,
		func(body any, _ []*os.File) any { return number{body.(number).N * 2} },
		func(body any, _ []*os.File) any {
			<-start
			back, err := b.Ask(body)
			if err != nil {
				return nil
			}
			return number{back.(number).N + 1}
		})
	close(start)
	var all sync.WaitGroup
	for i := range 200 {
		all.Add(1)
		go func() {
			defer all.Done()
			got, err := a.Ask(number{i})
			if err != nil || got != (number{2*i + 1}) {
				t.Errorf("%d: %v, %v", i, got, err)
			}
		}()
	}
	all.Wait()
}

// TestTell: notices arrive in order, and before questions that come after them.
func TestTell(t *testing.T) {
	heard := 0
	a, _ := pair(t, nothing, func(body any, _ []*os.File) any {
		n := body.(number).N
		if n < 0 {
			return number{heard}
		}
		if n != heard {
			t.Errorf("notice %d came as number %d", n, heard)
		}
		heard++
		return nil
	})
	for i := range 100 {
		if err := a.Tell(number{i}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := a.Ask(number{-1}); err != nil || got != (number{100}) {
		t.Error(got, err)
	}
}

// TestLarge: more than a socket holds, in both directions at the same time.
func TestLarge(t *testing.T) {
	echo := func(body any, _ []*os.File) any { return body }
	a, b := pair(t, echo, echo)
	data := make([]byte, 2<<20-100)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	var all sync.WaitGroup
	for _, w := range []*Conn{a, b, a, b} {
		all.Add(1)
		go func() {
			defer all.Done()
			got, err := w.Ask(bulk{data})
			if err != nil || string(got.(bulk).B) != string(data) {
				t.Error("not what was sent: ", err)
			}
		}()
	}
	all.Wait()
}

// TestFiles: each question brings its own files, however they overlap.
func TestFiles(t *testing.T) {
	a, _ := pair(t, nothing, func(body any, files []*os.File) any {
		if len(files) == 0 {
			return number{-1}
		}
		defer files[0].Close()
		b, _ := io.ReadAll(io.NewSectionReader(files[0], 0, 1))
		if len(b) == 0 {
			return number{-2}
		}
		return number{int(b[0])}
	})
	var all sync.WaitGroup
	for i := range 50 {
		all.Add(1)
		go func() {
			defer all.Done()
			fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC)
			if err != nil {
				t.Error(err)
				return
			}
			f := os.NewFile(uintptr(fd), "test")
			defer f.Close()
			_, _ = f.Write([]byte{byte(i)})
			want := i
			var got any
			if i%3 == 0 {
				want = -1
				got, err = a.Ask(number{i})
			} else {
				got, err = a.Ask(number{i}, f)
			}
			if err != nil || got != (number{want}) {
				t.Errorf("%d: %v, %v", i, got, err)
			}
		}()
	}
	all.Wait()
}

// TestEnd: the end of the connection ends what waits, on both sides.
func TestEnd(t *testing.T) {
	asked := make(chan struct{})
	never := make(chan struct{})
	defer close(never)
	a, b := pair(t, nothing, func(any, []*os.File) any {
		close(asked)
		<-never
		return nil
	})
	ended := make(chan error)
	go func() {
		_, err := a.Ask(number{1})
		ended <- err
	}()
	<-asked
	b.Close()
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	<-a.Closed()
	<-b.Closed()
	if _, err := a.Ask(number{2}); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// TestUnknown: what cannot be sent is an error and not a question without an answer.
func TestUnknown(t *testing.T) {
	a, _ := pair(t, nothing, nothing)
	if _, err := a.Ask(struct{ X chan int }{}); err == nil {
		t.Error("a channel was sent")
	}
	if _, err := a.Ask(bulk{make([]byte, 3<<20)}); !errors.Is(err, ErrTooLarge) {
		t.Error("3 MB were sent: ", err)
	}
}
