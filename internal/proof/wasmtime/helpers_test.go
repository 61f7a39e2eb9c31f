//go:build (linux || darwin) && (amd64 || arm64)

package wasmtime

import (
	"context"
	"os"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// The offsets of the functions in text.
const (
	add          = iota * size
	load         = iota * size
	store        = iota * size
	unreachable  = iota * size
	divide       = iota * size
	nested       = iota * size
	recurse      = iota * size
	untold       = iota * size
	breakpoint   = iota * size
	framed       = iota * size
	noncanonical = iota * size
)

const size = 32

func concat(functions ...[]byte) []byte {
	b := make([]byte, size*len(functions))
	for i, f := range functions {
		copy(b[i*size:], f)
	}
	return b
}

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start is a handler, with the code registered, and the current thread attached.
func start(t testing.TB, behaviors ...mach.ExceptionBehavior) (*Handler, *Thread, *Code) {
	t.Helper()
	h, err := New(behaviors...)
	must(t, err)
	t.Cleanup(func() { must(t, h.Close()) })
	c, err := Load(text, traps)
	must(t, err)
	h.Register(c)
	t.Cleanup(func() { h.Unregister(c); must(t, c.Close()) })
	th, err := h.Attach()
	must(t, err)
	t.Cleanup(func() { must(t, th.Close()) })
	return h, th, c
}

// reporter stands at the task, as a crash reporter does, and is asked about what
// the threads' handlers pass on.
func reporter(t testing.TB, f func(*exc.Exception) error) {
	t.Helper()
	s, err := exc.NewServer(func(_ context.Context, e *exc.Exception) error { return f(e) })
	must(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.Serve(context.Background())
	}()
	t.Cleanup(func() {
		must(t, s.Close())
		<-served
	})
	_, err = s.Attach(exc.Task(task.Self()), mask|mach.EXC_MASK_BREAKPOINT, 0)
	must(t, err)
}
