package port

import (
	"context"
	"errors"
	"testing"

	"github.com/gomach/mach"
)

// What races between goroutines lead to, one step after the other.

func newPair(t *testing.T) (*Receive, *Send) {
	t.Helper()
	r, err := NewReceive()
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.MakeSend()
	if err != nil {
		t.Fatal(err)
	}
	return r, s
}

// A receiver got hold of the name, then the right moved away, then the receiver
// began to wait: it is told so, and the ports that it made are released.
func TestTakenBeforeTheWait(t *testing.T) {
	leakCheck(t)
	owner, s := newPair(t)
	defer s.Close()
	for _, gone := range []bool{false, true} {
		r := owner.right()
		name, _ := r.use()
		taken, ok := r.take()
		if !ok || taken != name {
			t.Fatal("cannot be taken")
		}
		if gone {
			if err := mach.MachPortDestruct(mach.MachTaskSelf(), name, 0, r.guard); err != nil {
				t.Fatal(err)
			}
			if err := r.poll(name, new(Received)); err != ErrClosed {
				t.Errorf("poll: %v", err)
			}
			if _, err := r.waits(name); r.refused(err) != ErrClosed {
				t.Errorf("wait: %v", err)
			}
		} else {
			w, err := r.waits(name)
			if err != nil {
				t.Fatal(err)
			}
			token := w.enter()
			if err := r.await(context.Background(), w, token, new(Received)); err != ErrClosed {
				t.Errorf("await: %v", err)
			}
			w.leave(token)
		}
		r.unuse()
		if !gone { // the new owner
			owner = new(Receive)
			owner.right().init(receive, name, r.guard)
		}
	}
}

// A receiver is about to wait when the right moves away: its ports stay until it
// has looked up.
func TestTakenDuringTheWait(t *testing.T) {
	leakCheck(t)
	owner, s := newPair(t)
	defer s.Close()
	r := owner.right()
	name, _ := r.use()
	w, err := r.waits(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.take(); !ok {
		t.Fatal("cannot be taken")
	}
	isSet := func() bool {
		var kind mach.MachPortType_t
		err := mach.MachPortType(mach.MachTaskSelf(), w.set, &kind)
		return err == nil && kind&mach.MACH_PORT_TYPE_PORT_SET != 0
	}
	if !isSet() {
		t.Error("a receiver's ports are gone while it uses them")
	}
	token := w.enter()
	if err := r.await(context.Background(), w, token, new(Received)); err != ErrClosed {
		t.Errorf("await: %v", err)
	}
	w.leave(token)
	r.unuse()
	if isSet() {
		t.Error("a receiver's ports are left behind")
	}
	if err := mach.MachPortDestruct(mach.MachTaskSelf(), name, 0, r.guard); err != nil {
		t.Error(err)
	}
}

// A right that is lent for a send: closed meanwhile it is released when it comes
// back, and nobody else can use it until then.
func TestLent(t *testing.T) {
	leakCheck(t)
	r, s := newPair(t)
	defer r.Close()
	defer s.Close()
	for _, closed := range []bool{false, true} {
		once, err := r.MakeSendOnce()
		if err != nil {
			t.Fatal(err)
		}
		x := once.right()
		name, ok := x.lend()
		_, used := x.use()
		_, taken := x.take()
		_, lent := x.lend()
		if !ok || used || taken || lent || once.Name() != mach.MACH_PORT_NULL {
			t.Error("a right that is lent can be used")
		}
		if closed {
			if err := once.Close(); err != nil {
				t.Error(err)
			}
		}
		x.giveBack(name)
		if want := name; closed != (once.Name() != want) {
			t.Errorf("closed %v: name %#x", closed, once.Name())
		}
		if err := once.Close(); err != nil {
			t.Error(err)
		}
		var m Received
		if err := r.TryReceive(&m); err != nil || m.ID() != mach.MACH_NOTIFY_SEND_ONCE {
			t.Errorf("closed %v: no word of the right that was thrown away: %v", closed, err)
		}
		m.Close()
		if err := r.TryReceive(&m); !errors.Is(err, mach.MACH_RCV_TIMED_OUT) {
			t.Errorf("closed %v: thrown away twice: %v", closed, err)
		}
	}
}

// An ordinary port stands in for a kind that the system refuses. No kernel at
// hand refuses one; two kinds at once they all refuse.
func TestWishesThatAreRefused(t *testing.T) {
	leakCheck(t)
	owner := new(Receive)
	if err := owner.right().construct(&mach.MachPortOptions{Flags: mach.MPO_REPLY_PORT | mach.MPO_EXCEPTION_PORT | mach.MPO_IMMOVABLE_RECEIVE}); err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	status, err := owner.Status()
	const want = mach.MACH_PORT_STATUS_FLAG_GUARDED | mach.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE
	if err != nil || status.MpsFlags&want != want {
		t.Errorf("flags %#x, %v", status.MpsFlags, err)
	}
	if err := new(right).construct(&mach.MachPortOptions{Flags: mach.MPO_SERVICE_PORT | mach.MPO_CONNECTION_PORT}); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		t.Errorf("what is not wished for: %v", err)
	}
}

// A message of which a part found no room is released as far as it came.
func TestBodyError(t *testing.T) {
	leakCheck(t)
	r, s := newPair(t)
	defer r.Close()
	defer s.Close()
	if err := s.Send(context.Background(), NewMessage(1).CopySend(s).CopyBytes(make([]byte, 5000)).ReplyTo(r)); err != nil {
		t.Fatal(err)
	}
	var m Received
	if err := m.get(r.Name(), 0, 0); err != nil {
		t.Fatal(err)
	}
	failure := mach.MACH_RCV_BODY_ERROR | mach.MACH_MSG_VM_SPACE
	if err := m.trouble(failure); !errors.Is(err, mach.MACH_RCV_BODY_ERROR) {
		t.Errorf("%v", err)
	}
	if m.Descriptors() != 0 || m.HasReply() {
		t.Error("a message that did not come in full")
	}
	if err := r.TryReceive(&m); err != nil || m.ID() != mach.MACH_NOTIFY_SEND_ONCE {
		t.Errorf("the right to answer is kept: %v", err)
	}
	m.Close()
}

// Who comes to a closed right is not let in and leaves nothing behind, whoever is
// still inside.
func TestEnterClosed(t *testing.T) {
	leakCheck(t)
	var zero right
	if _, ok := zero.enter(); ok {
		t.Error("a right that owns nothing lets in")
	}
	if zero.unuse(); zero.state.Load() != 0 {
		t.Errorf("it is left with %#x", zero.state.Load())
	}
	p, err := NewReceive()
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.MakeSend()
	if err != nil {
		t.Fatal(err)
	}
	r := s.right()
	name, ok := r.enter()
	if !ok || name != s.Name() {
		t.Fatalf("entered as %#x, %v", name, ok)
	}
	s.Close()
	if _, ok := r.enter(); ok {
		t.Error("a closed right lets in")
	}
	r.unuse() // who was not let in
	if got := r.state.Load(); got != isClosed|oneUser|uint64(name) {
		t.Errorf("with a user it is %#x", got)
	}
	r.enter()
	r.unuse() // the user that was there; who was not let in is the last
	r.unuse()
	if got := r.state.Load(); got != isClosed {
		t.Errorf("after the last it is %#x", got)
	}
	r.enter()
	if r.unuse(); r.state.Load() != isClosed {
		t.Errorf("later it is %#x", r.state.Load())
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// A message that was only reset can be sent.
func TestSendResetOnly(t *testing.T) {
	leakCheck(t)
	var m Message
	if n, err := m.Reset(3).finish(&header{}); err != nil || n != headerSize || m.Len() != 0 {
		t.Errorf("%d bytes, %v", n, err)
	}
}
