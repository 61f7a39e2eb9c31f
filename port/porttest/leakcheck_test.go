package porttest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
)

func TestMain(m *testing.M) {
	if mach.MachTaskSelf() == mach.MACH_PORT_NULL {
		fmt.Println("no Mach kernel on this system: nothing to test")
		return
	}
	os.Exit(m.Run())
}

var bg = context.Background()

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
func pair(t testing.TB) (*port.Receive, *port.Send) {
	t.Helper()
	r := must(port.NewReceive())(t)
	t.Cleanup(func() { r.Close() })
	s := must(r.MakeSend())(t)
	t.Cleanup(func() { s.Close() })
	return r, s
}

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

func TestLeakCheckFinds(t *testing.T) {
	LeakCheck(t)
	defer func(was time.Duration) { patience = was }(patience)
	patience = 0
	r, s := pair(t)
	carrier, to := pair(t)
	ok(t, to.Send(bg, port.NewMessage(1).MoveReceive(must(port.NewReceive())(t))))
	defer func() {
		var m port.Received
		ok(t, carrier.Receive(bg, &m))
		ok(t, m.Close())
	}()
	// Send rights under names of their own, as their ports are received elsewhere.
	away := func() (*port.Receive, *port.Send) {
		a := must(port.NewReceive())(t)
		b := must(a.MakeSend())(t)
		return a, b
	}
	gone, goneSend := away()
	queued, elsewhere := away()
	defer elsewhere.Close()
	ok(t, to.Send(bg, port.NewMessage(1).MoveReceive(queued)))
	queued2, mine := away()
	ok(t, to.Send(bg, port.NewMessage(1).MoveReceive(queued2)))
	stolen := mine.Relinquish()
	defer func() {
		var m port.Received
		for range 2 {
			ok(t, carrier.Receive(bg, &m))
		}
		ok(t, m.Close())
	}()
	for name, leak := range map[string]func() func(){
		"leaked receive right": func() func() { r := must(port.NewReceive())(t); return func() { r.Close() } },
		"leaked port set":      func() func() { s := must(port.NewSet())(t); return func() { s.Close() } },
		"bytes of message memory": func() func() {
			x := must(port.NewOutOfLine(1 << 16))(t)
			return func() { x.Close() }
		},
		"had 1 references and is send right with 2 now: a message that is not sent": func() func() {
			m := port.NewMessage(1).MoveSend(must(elsewhere.Copy())(t))
			return func() { m.Close() }
		},
		"leaked receive right: a message that is not sent": func() func() {
			m := port.NewMessage(1).MoveReceive(must(port.NewReceive())(t))
			return func() { m.Close() }
		},
		"leaked send-once right: a request that is not closed": func() func() {
			ok(t, s.Send(bg, port.NewMessage(1).ReplyTo(r)))
			m := new(port.Received)
			ok(t, r.Receive(bg, m))
			return func() {
				ok(t, m.Close())
				ok(t, r.Receive(bg, m)) // word of it
				ok(t, m.Close())
			}
		},
		"bytes of message memory: a message that is not closed": func() func() {
			ok(t, s.Send(bg, port.NewMessage(1).CopyBytes(make([]byte, 1<<16))))
			m := new(port.Received)
			ok(t, r.Receive(bg, m))
			return func() { m.Close() }
		},
		"and is dead name with 1 now: a right whose port has died": func() func() {
			gone.Close()
			return func() { goneSend.Close() }
		},
		"was released by somebody who did not own it": func() func() {
			mach.MachPortDeallocate(mach.MachTaskSelf(), stolen)
			return func() {}
		},
	} {
		want, _, _ := strings.Cut(name, ":")
		var f fakeTB
		LeakCheck(&f)
		undo := leak()
		f.cleanup()
		undo()
		if len(f.errors) != 1 || !strings.Contains(f.errors[0], want) {
			t.Errorf("%s: found %q", name, f.errors)
		}
	}
}
