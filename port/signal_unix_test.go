//go:build unix

package port_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/port/porttest"
)

// Pitfall restarted-timeouts: a signal restarts a message timeout in full. Under a rain of
// signals a deadline still is one.
func TestSignalsAndDeadlines(t *testing.T) {
	porttest.LeakCheck(t)
	r := must(port.NewReceive())(t)
	defer r.Close()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				syscall.Kill(os.Getpid(), syscall.SIGURG)
			}
		}
	})
	start := time.Now()
	var m port.Received
	err := r.Receive(within(t, 60*time.Millisecond), &m)
	close(stop)
	wg.Wait()
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if d := time.Since(start); d < 60*time.Millisecond || d > 30*time.Second {
		t.Errorf("waited %v", d)
	}
}

// The same where it is not left to chance which thread a signal interrupts:
// thread_abort_safely ends the wait of the one that receives, or sends, again
// and again. A deadline that started over each time would never come while the
// interruptions last.
func TestInterruptedWaits(t *testing.T) {
	porttest.LeakCheck(t)
	_, s := pair(t, port.QueueLimit(1))
	ok(t, s.Send(bg, port.NewMessage(1)))
	empty := must(port.NewReceive())(t)
	defer empty.Close()
	_, nobody := pair(t) // nobody answers
	for name, wait := range map[string]func(context.Context) error{
		"receive": func(ctx context.Context) error { return empty.Receive(ctx, new(port.Received)) },
		"send":    func(ctx context.Context) error { return s.Send(ctx, port.NewMessage(2)) },
		"call":    func(ctx context.Context) error { return nobody.Call(ctx, port.NewMessage(2), new(port.Received)) },
	} {
		const limit = 100 * time.Millisecond
		thread, result := make(chan mach.MachPort), make(chan error)
		start := time.Now()
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			thread <- mach.MachThreadSelf()
			ctx, cancel := context.WithTimeout(bg, limit)
			defer cancel()
			result <- wait(ctx)
		}()
		waiting := port.OwnSend(<-thread)
		aborts := 0
		var err error
	rain:
		for {
			select {
			case err = <-result:
				break rain
			case <-time.After(limit / 10):
				if time.Since(start) > 20*limit {
					t.Errorf("%s: still waiting after %v", name, time.Since(start))
					err = <-result // no interruption any more
					break rain
				}
				if mach.ThreadAbortSafely(waiting.Name()) == nil {
					aborts++
				}
			}
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if d := time.Since(start); d < limit || aborts == 0 {
			t.Errorf("%s: %v and %d interruptions", name, d, aborts)
		}
		t.Logf("%s: %d interruptions in %v", name, aborts, time.Since(start))
		ok(t, waiting.Close())
	}
}

// Without a deadline nothing ends: interruptions are not errors.
func TestInterruptionsAreNoErrors(t *testing.T) {
	porttest.LeakCheck(t)
	r, s := pair(t, port.QueueLimit(1))
	for name, wait := range map[string]func() error{
		"receive": func() error {
			var m port.Received
			defer m.Close()
			return r.Receive(bg, &m)
		},
		"send": func() error { return s.Send(bg, port.NewMessage(2)) },
		"call": func() error {
			var m port.Received
			defer m.Close()
			return s.Call(bg, port.NewMessage(2), &m)
		},
		"call, large answer": func() error {
			var m port.Received
			defer m.Close()
			err := s.Call(bg, port.NewMessage(3), &m)
			if len(m.Data()) != 10000 {
				return errors.Join(err, errors.New("half an answer"))
			}
			return err
		},
	} {
		if name == "send" {
			ok(t, s.Send(bg, port.NewMessage(1)))
		}
		thread, result := make(chan mach.MachPort), make(chan error, 1)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			thread <- mach.MachThreadSelf()
			result <- wait()
		}()
		waiting := port.OwnSend(<-thread)
		for range 10 {
			time.Sleep(2 * time.Millisecond)
			mach.ThreadAbortSafely(waiting.Name())
		}
		select {
		case err := <-result:
			t.Errorf("%s: %v", name, err)
			result <- nil
		default:
		}
		var m port.Received
		switch name {
		case "receive":
			ok(t, s.Send(bg, port.NewMessage(1)))
		case "send":
			ok(t, r.Receive(bg, &m))
		default:
			ok(t, r.Receive(bg, &m))
			ok(t, m.Reply(bg, port.NewMessage(102).Append(make([]byte, 10000)...)))
		}
		if err := <-result; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "send" {
			ok(t, r.Receive(bg, &m))
		}
		ok(t, m.Close())
		ok(t, waiting.Close())
	}
}
