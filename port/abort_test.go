package port_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// A thread that somebody aborts again and again comes back to its context: no send
// and no receive tries for ever (thread_abort, <mach/thread_act.h>).
func TestAbortedCallsEnd(t *testing.T) {
	porttest.LeakCheck(t)
	r, _ := pair(t)
	for what, wait := range map[string]func(context.Context) error{
		"receive": func(ctx context.Context) error {
			var m port.Received
			defer m.Close()
			return r.Receive(ctx, &m)
		},
		"send": func(ctx context.Context) error {
			full := must(port.NewReceive(port.QueueLimit(1)))(t)
			defer full.Close()
			to := must(full.MakeSend())(t)
			defer to.Close()
			for {
				if err := to.Send(ctx, port.NewMessage(1)); err != nil {
					return err
				}
			}
		},
	} {
		ctx, cancel := context.WithCancel(bg)
		threads, done := make(chan mach.MachPort), make(chan error)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			threads <- mach.MachThreadSelf()
			done <- wait(ctx)
		}()
		th := <-threads
		for range 50 {
			if err := mach.ThreadAbortSafely(th); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			runtime.Gosched()
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
		ok(t, mach.MachPortDeallocate(mach.MachTaskSelf(), th))
	}
}
