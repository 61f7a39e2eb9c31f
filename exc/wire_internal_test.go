package exc

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// The numbers are those of <mach/exc.defs> (subsystem 2401) and
// <mach/mach_exc.defs> (subsystem 2405).
func TestRequestNumbers(t *testing.T) {
	wide := mach.MACH_EXCEPTION_CODES
	for behavior, want := range map[mach.ExceptionBehavior]int32{
		mach.EXCEPTION_DEFAULT: 2401, mach.EXCEPTION_STATE: 2402, mach.EXCEPTION_STATE_IDENTITY: 2403,
		mach.EXCEPTION_DEFAULT | wide: 2405, mach.EXCEPTION_STATE | wide: 2406, mach.EXCEPTION_STATE_IDENTITY | wide: 2407,
		mach.EXCEPTION_IDENTITY_PROTECTED | wide: 2408, mach.EXCEPTION_STATE_IDENTITY_PROTECTED | wide: 2410,
		mach.EXCEPTION_STATE_IDENTITY_PROTECTED:                                 2410,
		mach.EXCEPTION_DEFAULT | wide | mach.MACH_EXCEPTION_BACKTRACE_PREFERRED: 2405,
		0: 0, 99: 0,
	} {
		if got := requestFor(behavior); got != want {
			t.Errorf("%v: %d, want %d", behavior, got, want)
		}
	}
}

// The bytes are those that MIG lays out: checked by hand against
// __Request__mach_exception_raise_state_t.
func TestStateRequestBytes(t *testing.T) {
	e := Exception{Type: mach.EXC_BREAKPOINT, Codes: []int64{2, -1}, Flavor: 4, State: []mach.Natural{7, 8}}
	var m port.Message
	if err := e.encode(&m, mach.EXCEPTION_STATE|codesFlag); err != nil {
		t.Fatal(err)
	}
	want := []byte{0, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
		255, 255, 255, 255, 255, 255, 255, 255, 4, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0}
	if m.ID != 2406 || m.Len() != len(want) {
		t.Fatalf("id %d, %d bytes", m.ID, m.Len())
	}
	var back Exception
	back.form = forms[2406]
	if err := back.decodeData(want); err != nil || back.Type != e.Type || back.Codes[1] != -1 || back.Flavor != 4 || back.State[1] != 8 {
		t.Errorf("%+v, %v", back, err)
	}
	if err := back.decodeData(want[:len(want)-1]); err != mach.MIG_TYPE_ERROR {
		t.Errorf("cut short: %v", err)
	}
}

// FuzzDecode: no bytes of a request can do more than be refused.
func FuzzDecode(f *testing.F) {
	f.Add(uint16(2405), []byte("xxxxxxxx\x01\x00\x00\x00\x02\x00\x00\x00aaaaaaaabbbbbbbb"))
	f.Add(uint16(2402), bytes.Repeat([]byte{1, 0, 0, 0}, 20))
	f.Fuzz(func(t *testing.T, id uint16, data []byte) {
		var e Exception
		form, ok := forms[int32(id)]
		if !ok {
			form = forms[2401+int32(id)%3]
		}
		e.form = form
		if err := e.decodeData(data); err != nil {
			return
		}
		if len(e.Codes) > maxCodes || len(e.State) > maxState {
			t.Fatalf("%d codes, %d words", len(e.Codes), len(e.State))
		}
		_ = e.String()
		e.Detail()
	})
}

// Pitfall hardened-targets: hardened processes deny handlers that would get rights to threads
// and tasks (xnu osfmk/kern/ipc_tt.c, set_exception_ports_validation). The
// identity-protected behavior is tried next; other errors end the search.
func TestDeniedBehaviors(t *testing.T) {
	protected := mach.EXCEPTION_IDENTITY_PROTECTED | codesFlag
	var tried []mach.ExceptionBehavior
	hardened := func(b mach.ExceptionBehavior) error {
		tried = append(tried, b)
		if b != protected {
			return &port.Error{Call: "task_swap_exception_ports", Err: mach.KERN_DENIED}
		}
		return nil
	}
	if err := permitted([]mach.ExceptionBehavior{mach.EXCEPTION_DEFAULT, protected, mach.EXCEPTION_STATE}, hardened); err != nil || len(tried) != 2 {
		t.Errorf("tried %v: %v", tried, err)
	}
	tried = nil
	if err := permitted([]mach.ExceptionBehavior{mach.EXCEPTION_DEFAULT, mach.EXCEPTION_STATE}, hardened); !errors.Is(err, mach.KERN_DENIED) || len(tried) != 2 {
		t.Errorf("tried %v: %v", tried, err)
	}
	gone := func(mach.ExceptionBehavior) error { tried = append(tried, 0); return mach.MACH_SEND_INVALID_DEST }
	tried = nil
	if err := permitted([]mach.ExceptionBehavior{1, 2}, gone); !errors.Is(err, mach.MACH_SEND_INVALID_DEST) || len(tried) != 1 {
		t.Errorf("tried %v: %v", tried, err)
	}
}

// A server that is being closed takes nobody any more, though its set of ports
// is still there.
func TestNoAttachWhileClosing(t *testing.T) {
	porttest.LeakCheck(t)
	s, err := NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	a, err := s.Attach(Task(task.Self()), mach.EXC_MASK_RPC_ALERT, 0)
	if !errors.Is(err, port.ErrClosed) {
		t.Errorf("%v, %v", a, err)
	}
	a.Close()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
