package exc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

var bg = context.Background()

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// serve runs a server until the test ends.
func serve(t testing.TB, h exc.Handler) *exc.Server {
	t.Helper()
	s, err := exc.NewServer(h)
	ok(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Serve(bg) }()
	t.Cleanup(func() {
		ok(t, s.Close())
		ok(t, s.Close())
		if err := <-done; !errors.Is(err, port.ErrClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	return s
}

// target is a thread whose handlers a test may play with: one of our own that
// raises nothing by itself.
func target(t testing.TB) exc.Target {
	t.Helper()
	return exc.Task(task.Self())
}

// softMask is a type that nothing raises in a Go program by itself.
const softMask = mach.EXC_MASK_RPC_ALERT

// handler finds the port that the kernel has for a target now.
func handlerOf(t testing.TB, target exc.Target) exc.Action {
	t.Helper()
	a, err := target.Get(softMask)
	ok(t, err)
	t.Cleanup(func() { a.Close() })
	x, found := a.Find(mach.EXC_RPC_ALERT)
	if !found {
		t.Fatal("no handler")
	}
	return x
}

func TestActions(t *testing.T) {
	porttest.LeakCheck(t)
	r, err := port.NewReceive()
	ok(t, err)
	defer r.Close()
	s, err := r.MakeSend()
	ok(t, err)
	defer s.Close()
	here := target(t)
	before, err := here.Swap(softMask|mach.EXC_MASK_SYSCALL, s, mach.EXCEPTION_DEFAULT|mach.MACH_EXCEPTION_CODES, 0)
	ok(t, err)
	now, err := here.Get(softMask | mach.EXC_MASK_SYSCALL)
	ok(t, err)
	x, found := now.Find(mach.EXC_RPC_ALERT)
	if len(now) != 1 || !found || x.Port.Name() != s.Name() || x.Mask != softMask|mach.EXC_MASK_SYSCALL ||
		x.Behavior != mach.EXCEPTION_DEFAULT|mach.MACH_EXCEPTION_CODES {
		t.Errorf("%+v", now)
	}
	if _, found := now.Find(mach.EXC_CRASH); found {
		t.Error("found a handler that was not asked for")
	}
	ok(t, now.Close())
	ok(t, now.Close())
	ok(t, before.Restore(here))
	ok(t, before.Close())
	again, err := here.Get(softMask)
	ok(t, err)
	if _, found := again.Find(mach.EXC_RPC_ALERT); found {
		t.Error("the handler is still there")
	}
	ok(t, again.Close())
	ok(t, here.Set(softMask, s, mach.EXCEPTION_DEFAULT|mach.MACH_EXCEPTION_CODES, 0))
	ok(t, here.Clear(softMask))
	if err := here.Set(softMask, s, 77, 0); !errors.Is(err, mach.KERN_INVALID_ARGUMENT) {
		t.Errorf("behavior 77: %v", err)
	}
	if err := here.Set(softMask, nil, mach.EXCEPTION_DEFAULT, 0); !errors.Is(err, port.ErrClosed) {
		t.Errorf("no port: %v", err)
	}
	host := mach.MachHostSelf() // an object of the kernel, but no task
	defer mach.MachPortDeallocate(mach.MachTaskSelf(), host)
	var e *port.Error
	if _, err := exc.Task(task.Own(host)).Get(softMask); !errors.As(err, &e) || e.Call != "task_get_exception_ports" {
		t.Errorf("no task: %v", err)
	}
}

var flavor = map[bool]mach.ThreadStateFlavor{true: mach.ARM_THREAD_STATE64, false: mach.X86_THREAD_STATE64}[isARM]

// Every behavior in both widths arrives at the handler with all that it has,
// and the answer goes back. The exceptions are raised by hand with
// exc.Forward, as another handler passes them on.
func TestEveryBehavior(t *testing.T) {
	porttest.LeakCheck(t)
	wide := mach.MACH_EXCEPTION_CODES
	thread, self := standIn(t), standIn(t)
	token, err := taskToken()
	ok(t, err)
	defer token.Close()
	for _, behavior := range []mach.ExceptionBehavior{
		mach.EXCEPTION_DEFAULT, mach.EXCEPTION_STATE, mach.EXCEPTION_STATE_IDENTITY,
		mach.EXCEPTION_DEFAULT | wide, mach.EXCEPTION_STATE | wide, mach.EXCEPTION_STATE_IDENTITY | wide,
		mach.EXCEPTION_IDENTITY_PROTECTED | wide, mach.EXCEPTION_STATE_IDENTITY_PROTECTED | wide,
	} {
		t.Run(behavior.String(), func(t *testing.T) {
			plain := behavior &^ wide
			hasState := plain == mach.EXCEPTION_STATE || plain == mach.EXCEPTION_STATE_IDENTITY || plain == mach.EXCEPTION_STATE_IDENTITY_PROTECTED
			identity := plain == mach.EXCEPTION_DEFAULT || plain == mach.EXCEPTION_STATE_IDENTITY
			protected := plain >= mach.EXCEPTION_IDENTITY_PROTECTED
			seen := make(chan string, 4)
			var verdict error
			srv := serve(t, func(_ context.Context, e *exc.Exception) error {
				if e.Behavior != behavior || (e.Thread.Name() == thread.Name()) != identity || (e.Task.Name() == self.Name()) != identity {
					t.Errorf("behavior %v, %v, %v", e.Behavior, e.Thread, e.Task)
				}
				if protected != (e.ThreadID == 1234567890123) || protected != (e.TaskToken.Name() == token.Name()) {
					t.Errorf("thread id %d, token %v", e.ThreadID, e.TaskToken)
				}
				if hasState != (len(e.State) > 0) {
					t.Errorf("%d words of state", len(e.State))
				} else if hasState {
					if e.Flavor != flavor || e.State[3] != 33 {
						t.Errorf("flavor %v, state %v", e.Flavor, e.State[:4])
					}
					e.State[3] = 44
				}
				if identity || protected {
					task, err := e.TaskOf(mach.TASK_FLAVOR_CONTROL)
					if want := map[bool]mach.MachPort{true: self.Name(), false: mach.MachTaskSelf()}[identity]; err != nil || task.Name() != want {
						t.Errorf("task %#x, %v", task.Name(), err)
					}
					task.Close()
				}
				seen <- e.String()
				return verdict
			})
			here := target(t)
			at, err := srv.Attach(here, softMask, flavor, behavior)
			ok(t, err)
			defer at.Close()
			to := handlerOf(t, here)
			for _, verdict = range []error{nil, exc.Refuse, exc.Pass} {
				e := newState(behavior, thread.Name(), self.Name(), token.Name())
				err := exc.Forward(bg, e, to)
				if verdict == nil {
					ok(t, err)
					if hasState && e.State[3] != 44 {
						t.Error("the handler's registers did not come back")
					}
				} else if !errors.Is(err, mach.KERN_FAILURE) {
					t.Errorf("%v: %v", verdict, err)
				}
				if s := <-seen; s != "EXC_RPC_ALERT (0x7, 0xfffffffffffffff7)" {
					t.Errorf("arrived as %s", s)
				}
			}
		})
	}
}

// Pitfall rights-of-exceptions: each message brings rights to thread and task. They are given
// back whatever the handler does, message after message.
func TestRightsAreReleased(t *testing.T) {
	porttest.LeakCheck(t)
	thread, self := standIn(t), standIn(t)
	refs := func() (n uint32) {
		ok(t, mach.MachPortGetRefs(mach.MachTaskSelf(), thread.Name(), mach.MACH_PORT_RIGHT_SEND, &n))
		return n
	}
	var verdict error
	srv := serve(t, func(context.Context, *exc.Exception) error { return verdict })
	here := target(t)
	at, err := srv.Attach(here, softMask, 0, mach.EXCEPTION_DEFAULT)
	ok(t, err)
	to := handlerOf(t, here)
	before := refs()
	for i := range 100 {
		verdict = []error{exc.Pass, nil, exc.Refuse}[i%3]
		exc.Forward(bg, newState(mach.EXCEPTION_DEFAULT, thread.Name(), self.Name(), 0), to)
	}
	// And messages of no known form.
	for _, m := range []*port.Message{
		port.NewMessage(2401).CopyName(thread.Name()).AppendNDR(),
		port.NewMessage(2405).CopyName(thread.Name()).CopyName(thread.Name()).AppendNDR().AppendUint32(1).AppendUint32(99),
		port.NewMessage(9999).CopyName(thread.Name()),
	} {
		id := m.ID
		var answer port.Received
		ok(t, to.Port.Call(bg, m, &answer))
		if err := answer.MIGError(id); !errors.Is(err, mach.MIG_TYPE_ERROR) && !errors.Is(err, mach.MIG_BAD_ID) {
			t.Errorf("message %d: %v", id, err)
		}
		ok(t, answer.Close())
	}
	ok(t, at.Close())
	ok(t, at.Close())
	deadline := time.Now().Add(5 * time.Second)
	for refs() != before && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if n := refs(); n != before {
		t.Errorf("%d references to the thread, %d before", n, before)
	}
}

// Pitfall stolen-panics: a server that was attached later passes on what is not its own.
func TestForwardsToTheOneBefore(t *testing.T) {
	porttest.LeakCheck(t)
	thread, self := standIn(t), standIn(t)
	var order []string
	first := serve(t, func(_ context.Context, e *exc.Exception) error {
		order = append(order, fmt.Sprintf("first %v", e.Behavior))
		if len(e.State) > 3 {
			e.State[3] = 55
		}
		return nil
	})
	second := serve(t, func(_ context.Context, e *exc.Exception) error {
		order = append(order, fmt.Sprintf("second %v", e.Behavior))
		if len(e.State) > 3 {
			e.State[3] = 66 // does not count
		}
		return exc.Pass
	})
	here := target(t)
	a, err := first.Attach(here, softMask, flavor, mach.EXCEPTION_STATE|mach.MACH_EXCEPTION_CODES)
	ok(t, err)
	b, err := second.Attach(here, softMask, flavor, mach.EXCEPTION_STATE_IDENTITY)
	ok(t, err)
	to := handlerOf(t, here)
	e := newState(to.Behavior, thread.Name(), self.Name(), 0)
	ok(t, exc.Forward(bg, e, to))
	if want := []string{"second EXCEPTION_STATE_IDENTITY", "first EXCEPTION_STATE|MACH_EXCEPTION_CODES"}; !slices.Equal(order, want) {
		t.Errorf("asked %q", order)
	}
	if e.State[3] != 55 {
		t.Errorf("state %d, want the first handler's 55", e.State[3])
	}
	ok(t, b.Close())
	if x := handlerOf(t, here); x.Behavior != mach.EXCEPTION_STATE|mach.MACH_EXCEPTION_CODES {
		t.Errorf("restored %v", x.Behavior)
	}
	ok(t, a.Close())
}

// Pitfall stolen-panics: off by default. A server without a handler passes everything on.
func TestPassByDefault(t *testing.T) {
	porttest.LeakCheck(t)
	asked := 0
	first := serve(t, func(context.Context, *exc.Exception) error {
		asked++
		return exc.Refuse
	})
	second := serve(t, nil)
	a, err := first.Attach(target(t), softMask, flavor, mach.EXCEPTION_STATE|mach.MACH_EXCEPTION_CODES)
	ok(t, err)
	defer a.Close()
	b, err := second.Attach(target(t), softMask, flavor, mach.EXCEPTION_STATE|mach.MACH_EXCEPTION_CODES)
	ok(t, err)
	defer b.Close()
	if err := exc.Forward(bg, newState(0, 0, 0, 0), handlerOf(t, target(t))); !errors.Is(err, mach.KERN_FAILURE) || asked != 1 {
		t.Errorf("%v, the one before was asked %d times", err, asked)
	}
}

// newState is an exception as a handler might get it.
func newState(behavior mach.ExceptionBehavior, thread, self, token mach.MachPort) *exc.Exception {
	e := &exc.Exception{
		Type: mach.EXC_RPC_ALERT, Codes: []int64{7, -9}, Behavior: behavior,
		// Lent: they are closed where they were made.
		Thread: task.OwnThread(thread, nil), Task: task.Own(self), ThreadID: 1234567890123, TaskToken: port.OwnSend(token),
		Flavor: flavor, State: make([]mach.Natural, 42),
	}
	e.State[3] = 33
	return e
}

// standIn is a right that travels in the place of a thread's or a task's: the
// program's own are not let out on every system.
func standIn(t testing.TB) *port.Send {
	t.Helper()
	r, err := port.NewReceive()
	ok(t, err)
	t.Cleanup(func() { r.Close() })
	s, err := r.MakeSend()
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func taskToken() (*port.Send, error) {
	var name mach.MachPort
	err := mach.TaskCreateIdentityToken(mach.MachTaskSelf(), &name)
	return port.OwnSend(name), err
}
