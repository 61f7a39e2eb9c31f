package port

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// launchd may take for ever to answer. The context ends the wait, and a right
// that comes afterwards is released: leakCheck counts it.
func TestLaunchdThatDoesNotAnswer(t *testing.T) {
	leakCheck(t)
	cause := errors.New("no more time")
	sent, s := newPair(t)
	defer sent.Close()
	for name, call := range map[string]func(ctx context.Context, wait func() error) error{
		"look up": func(ctx context.Context, wait func() error) error {
			_, err := lookUp(ctx, "service", func(_ mach.MachPort, _ string, name *mach.MachPort) error {
				if err := wait(); err != nil {
					return err
				}
				*name = sent.Name()
				return mach.MachPortInsertRight(mach.MachTaskSelf(), *name, *name, mach.MACH_MSG_TYPE_MAKE_SEND)
			})
			return err
		},
		"check in": func(ctx context.Context, wait func() error) error {
			_, err := checkIn(ctx, "service", func(_ mach.MachPort, _ string, name *mach.MachPort) error {
				if err := wait(); err != nil {
					return err
				}
				return mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_RECEIVE, name)
			})
			return err
		},
		"register": func(ctx context.Context, wait func() error) error {
			return register(ctx, "service", s, func(_ mach.MachPort, _ string, name mach.MachPort) error {
				err := wait()
				if name != s.Name() && s.Name() != mach.MACH_PORT_NULL {
					t.Errorf("registers %#x, want %#x", name, s.Name())
				}
				return err
			})
		},
	} {
		for _, late := range []error{nil, mach.BOOTSTRAP_NOT_PRIVILEGED} {
			ctx, cancel := context.WithCancelCause(context.Background())
			asked, goOn, answered := make(chan bool), make(chan bool), make(chan bool)
			result := make(chan error)
			go func() {
				result <- call(ctx, func() error {
					close(asked)
					<-goOn
					defer close(answered)
					return late
				})
			}()
			<-asked
			cancel(cause)
			if err := <-result; !errors.Is(err, cause) {
				t.Errorf("%s: %v, want the context's error", name, err)
			}
			close(goOn)
			<-answered
			// Nobody is asked under a context that has ended.
			if err := call(ctx, func() error { t.Errorf("%s: asked", name); return nil }); !errors.Is(err, cause) {
				t.Errorf("%s afterwards: %v", name, err)
			}
		}
		var e *Error
		err := call(nil, func() error { return mach.BOOTSTRAP_NOT_PRIVILEGED })
		if !errors.As(err, &e) || !errors.Is(err, mach.BOOTSTRAP_NOT_PRIVILEGED) {
			t.Errorf("%s without a context: %v", name, err)
		}
	}
	// Rights that came late are released by then, if not at once.
	references := func() (refs mach.MachPortUrefs) {
		mach.MachPortGetRefs(mach.MachTaskSelf(), s.Name(), mach.MACH_PORT_RIGHT_SEND, &refs)
		return refs
	}
	for end := time.Now().Add(time.Minute); references() != 1 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	// The right that is being registered stays as long as launchd has not
	// answered, whoever closes it.
	asked, goOn := make(chan bool), make(chan bool)
	ctx, cancel := context.WithCancel(context.Background())
	result := make(chan error)
	name := s.Name()
	answered := make(chan uint32)
	go func() {
		result <- register(ctx, "service", s, func(_ mach.MachPort, _ string, given mach.MachPort) error {
			close(asked)
			<-goOn
			var refs mach.MachPortUrefs
			if given == name {
				mach.MachPortGetRefs(mach.MachTaskSelf(), given, mach.MACH_PORT_RIGHT_SEND, &refs)
			}
			answered <- refs
			return nil
		})
	}()
	<-asked
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("register: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	close(goOn)
	if refs := <-answered; refs != 1 {
		t.Errorf("%d references to the right that is being registered", refs)
	}
}
