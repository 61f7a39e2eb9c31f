package port_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

func refs(t testing.TB, name mach.MachPort, right mach.MachPortRight) (n uint32) {
	t.Helper()
	ok(t, mach.MachPortGetRefs(mach.MachTaskSelf(), name, right, &n))
	return n
}

// Pitfall close-once: freeing a right twice is fatal on new systems. Close gives it
// back once, from however many goroutines.
func TestCloseOnce(t *testing.T) {
	porttest.LeakCheck(t)
	r := must(port.NewReceive())(t)
	s := must(r.MakeSend())(t)
	extra := must(s.Copy())(t)
	name := s.Name()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := refs(t, name, mach.MACH_PORT_RIGHT_SEND); n != 1 {
		t.Errorf("%d references are left of the copy's one", n)
	}
	if s.Name() != mach.MACH_PORT_NULL {
		t.Error("a closed right has a name")
	}
	ok(t, extra.Close())
	for range 2 {
		ok(t, r.Close())
	}
	var none *port.Send
	var zero port.Receive
	ok(t, none.Close())
	ok(t, zero.Close())
	if _, err := zero.MakeSend(); !errors.Is(err, port.ErrClosed) {
		t.Error(err)
	}
}

// What is relinquished can be owned again, whole.
func TestRelinquishAndOwn(t *testing.T) {
	porttest.LeakCheck(t)
	r := must(port.NewReceive())(t)
	s := must(r.MakeSend())(t)
	once := must(r.MakeSendOnce())(t)
	set := must(port.NewSet())(t)
	ok(t, set.Insert(r))
	ok(t, s.Send(bg, port.NewMessage(7)))
	x := must(port.NewOutOfLine(100))(t)

	r2 := port.OwnGuardedReceive(r.Relinquish())
	s2 := port.OwnSend(s.Relinquish())
	once2 := port.OwnSendOnce(once.Relinquish())
	set2 := port.OwnSet(set.Relinquish())
	x2 := port.OwnOutOfLine(x.Relinquish())
	for _, c := range []interface{ Close() error }{r, s, once, set, x} {
		ok(t, c.Close()) // of nothing
	}
	for _, name := range []mach.MachPort{r.Name(), s.Name(), once.Name(), set.Name(), s.Relinquish(), once.Relinquish(), set.Relinquish()} {
		if name != mach.MACH_PORT_NULL {
			t.Errorf("name %#x of a right that was handed over", name)
		}
	}
	if name, guard := r.Relinquish(); name != 0 || guard != 0 {
		t.Errorf("handed over twice: %#x, %#x", name, guard)
	}
	ok(t, once2.Send(bg, port.NewMessage(8)))
	ok(t, s2.Send(bg, port.NewMessage(9)))
	var m port.Received
	for id := int32(7); id <= 9; id++ {
		ok(t, set2.Receive(bg, &m))
		if m.ID() != id || m.Port() != r2.Name() {
			t.Errorf("message %d at %#x", m.ID(), m.Port())
		}
	}
	if x2.Len() != 100 || len(x2.Bytes()) != 100 {
		t.Errorf("%d bytes", x2.Len())
	}
	for _, c := range []interface{ Close() error }{&m, once2, set2, s2, r2, x2} {
		ok(t, c.Close())
	}
}

// A close during use takes effect when the use is over.
func TestCloseDuringUse(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t)
	c := must(s.Copy())(t)
	m := port.NewMessage(1).CopySend(c)
	ok(t, c.Close())
	if c.Name() != 0 {
		t.Error("a closed right has a name")
	}
	if n := refs(t, r.Name(), mach.MACH_PORT_RIGHT_SEND); n != 2 {
		t.Errorf("%d references before the send, want 2", n)
	}
	ok(t, s.Send(bg, m))
	if n := refs(t, r.Name(), mach.MACH_PORT_RIGHT_SEND); n != 1 {
		t.Errorf("%d references after the send, want 1", n)
	}
}

func TestGuardedFromBirth(t *testing.T) {
	porttest.LeakCheck(t)
	r, _ := pair(t)
	status := must(r.Status())(t)
	if status.MpsFlags&mach.MACH_PORT_STATUS_FLAG_GUARDED == 0 {
		t.Errorf("flags %#x: not guarded", status.MpsFlags)
	}
	ok(t, r.SetQueueLimit(77))
	if s := must(r.Status())(t); s.MpsQlimit != 77 {
		t.Errorf("queue limit %d", s.MpsQlimit)
	}
	if _, err := port.NewReceive(port.QueueLimit(5000)); !errors.Is(err, mach.KERN_INVALID_VALUE) {
		t.Errorf("queue limit 5000: %v", err)
	}
	if _, err := port.OwnReceive(r.Name()); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		t.Errorf("owned twice: %v", err)
	}
}

// Pitfall self-ports: the self ports are everybody's. They are copied, never taken over.
func TestSelfPort(t *testing.T) {
	porttest.LeakCheck(t)
	counted := func(when string, want uint32) {
		t.Helper()
		if n := refs(t, mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_SEND); n != want {
			t.Errorf("%s: %d references, want %d", when, n, want)
		}
	}
	n := refs(t, mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_SEND)
	self := must(port.CopySend(mach.MachTaskSelf()))(t)
	counted("copied", n+1)
	r, s := pair(t)
	letter := port.NewMessage(1).CopySend(self).CopyName(mach.MachTaskSelf())
	if err := s.Send(bg, letter); errors.Is(err, mach.MACH_SEND_INVALID_RIGHT) {
		ok(t, self.Close()) // hardened programs do not let it out at all
		return
	} else {
		ok(t, err)
	}
	counted("sent", n+1)
	var m port.Received
	defer m.Close()
	ok(t, r.Receive(bg, &m))
	counted("received", n+3)
	for i := range 2 {
		if m.SendName(i) != mach.MachTaskSelf() {
			t.Errorf("right %d came back as %#x", i, m.SendName(i))
		}
	}
	ok(t, m.Close())
	ok(t, self.Close())
	counted("closed", n)
}

func TestErrorsNameTheCall(t *testing.T) {
	_, err := port.CopySend(0xdeadbeec)
	var e *port.Error
	if !errors.As(err, &e) || e.Call != "mach_port_mod_refs" || !errors.Is(err, mach.KERN_INVALID_NAME) ||
		!strings.HasPrefix(err.Error(), "mach_port_mod_refs: ") {
		t.Errorf("%v", err)
	}
}
