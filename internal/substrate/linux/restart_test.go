//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	targets "github.com/gomach/mach/internal/substrate/target"
)

// sleepers is a running testdata/calls.c.
type sleepers struct {
	*target
	tids map[string]int
}

func startSleepers(t *testing.T) *sleepers {
	t.Helper()
	x := &sleepers{held(t, targets.StartProgram(t, "testdata/calls.c")), map[string]int{}}
	t.Cleanup(func() { // its semaphore and queue would outlive a kill
		x.tr.Close()
		x.In.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		x.p.Wait(ctx)
	})
	for line := x.Line(); line != "ready"; line = x.Line() {
		var tid int
		var name string
		if n, _ := fmt.Sscan(line, &tid, &name); n != 2 {
			t.Fatalf("the target says %q", line)
		}
		x.tids[name] = tid
	}
	x.asleep()
	return x
}

// asleep waits until all threads sleep in their calls.
func (x *sleepers) asleep() {
	x.t.Helper()
	eventually(x.t, "all sleep", func() bool { return strings.Trim(x.states(), "S") == "" })
}

// interrupted gives the calls that have failed with EINTR since the last
// question, in order.
func (x *sleepers) interrupted() (names []string) {
	x.t.Helper()
	x.Ask("\n")
	for line := x.Line(); line != "done"; line = x.Line() {
		names = append(names, line)
	}
	slices.Sort(names)
	return names
}

// neverRestarted are the calls that fail with EINTR after a stop: signal(7),
// "Interruption of system calls and library functions by stop signals".
// io_getevents is one more.
var neverRestarted = []string{"accept", "epoll", "epoll_pwait", "epoll_pwait2", "epoll_timed", "io_getevents", "io_getevents_timed",
	"recv", "recvmsg", "semop", "semtimedop", "sigtimedwait", "sigwaitinfo", "sockread"}

func TestStoppedCallsGoOn(t *testing.T) {
	x := startSleepers(t)
	// Not a matter of time here: see TestTimeLimitsPassUnderDumps.
	if err := x.tr.do(func() error { x.tr.restartTime = time.Hour; return nil }); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if _, err := x.tr.Dump(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		x.asleep()
		if err := x.tr.Suspend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 { // in a thread that sleeps in each of the calls
			for name, tid := range x.tids {
				if pid, err := x.tr.Syscall(tid, unix.SYS_GETPID); err != nil || int(pid) != x.PID() {
					t.Fatalf("%s: getpid gives %d, %v", name, pid, err)
				}
			}
		}
		if err := x.tr.Resume(); err != nil {
			t.Fatal(err)
		}
		x.asleep()
	}
	got := x.interrupted()
	if runtime.GOARCH == "arm64" { // see startAgain
		got = slices.DeleteFunc(got, func(s string) bool { return slices.Contains(neverRestarted, s) })
	}
	if len(got) > 0 {
		t.Errorf("EINTR in %v", got)
	}
}

// A handler that runs while a process is stopped, or just as it goes on, makes
// the calls fail as without us: none is restarted whatever SA_RESTART says
// (signal(7)), and here no other is either, as the handler has no SA_RESTART.
func TestHandlersInterruptStoppedCalls(t *testing.T) {
	x := startSleepers(t)
	var all []string
	for name := range x.tids {
		all = append(all, name)
	}
	slices.Sort(all)
	for range 5 {
		if err := x.tr.Suspend(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, tid := range x.tids {
			if err := unix.Tgkill(x.PID(), tid, unix.SIGUSR1); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.tr.Resume(); err != nil {
			t.Fatal(err)
		}
		var got []string
		eventually(t, "all are interrupted", func() bool {
			got = append(got, x.interrupted()...)
			slices.Sort(got)
			return len(got) >= len(all)
		})
		if !slices.Equal(got, all) {
			t.Errorf("EINTR in %v, want %v", got, all)
		}
		x.asleep()
	}
}

// A call with a time limit that is stopped again and again is not started
// again for ever: its limit would never pass.
func TestTimeLimitsPassUnderDumps(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("such calls are not started again here")
	}
	x := startSleepers(t)
	var got []string
	eventually(t, "calls with limits end", func() bool {
		if _, err := x.tr.Dump(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		got = append(got, x.interrupted()...)
		return slices.Contains(got, "epoll_timed") && slices.Contains(got, "sigtimedwait") && slices.Contains(got, "recv")
	})
	for _, name := range []string{"epoll", "epoll_pwait", "semop", "sigwaitinfo", "io_getevents"} {
		if slices.Contains(got, name) {
			t.Errorf("%s has no limit, and was interrupted", name)
		}
	}
}
