package port_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// fakeTB keeps what a test would be told.
type fakeTB struct {
	testing.TB
	errors  []string
	cleanup func()
}

func (f *fakeTB) Helper()          {}
func (f *fakeTB) Cleanup(c func()) { f.cleanup = c }
func (f *fakeTB) Errorf(format string, a ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, a...))
}

func TestMain(m *testing.M) {
	if mach.MachTaskSelf() == mach.MACH_PORT_NULL {
		fmt.Println("no Mach kernel on this system: nothing to test")
		return
	}
	// All tests and examples together leave nothing, either.
	var all fakeTB
	porttest.LeakCheck(&all)
	code := m.Run()
	all.cleanup()
	for _, s := range all.errors {
		fmt.Println(s)
		code = 1
	}
	os.Exit(code)
}

var bg = context.Background()

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(bg, d)
	t.Cleanup(cancel)
	return ctx
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must is for two results.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// pair is a port with a send right to it, both closed when the test ends.
func pair(t testing.TB, options ...port.Option) (*port.Receive, *port.Send) {
	t.Helper()
	r := must(port.NewReceive(options...))(t)
	t.Cleanup(func() { r.Close() })
	s := must(r.MakeSend())(t)
	t.Cleanup(func() { s.Close() })
	return r, s
}

// messageBytes is how much memory is mapped for messages.
func messageBytes(t testing.TB) (bytes uint64) {
	t.Helper()
	for addr := uint64(0); ; {
		var size uint64
		depth := mach.Natural(1)
		var info mach.VMRegionSubmapShortInfo64
		n := mach.CountOf[mach.VMRegionSubmapShortInfo64]()
		if mach.MachVMRegionRecurse(mach.MachTaskSelf(), &addr, &size, &depth, mach.Info(&info), &n) != nil {
			return bytes
		}
		if mach.VMMemory(info.UserTag) == mach.VM_MEMORY_MACH_MSG {
			bytes += size
		}
		if addr += size; addr == 0 {
			return bytes
		}
	}
}
