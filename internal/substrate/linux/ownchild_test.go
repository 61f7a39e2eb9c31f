//go:build linux && (amd64 || arm64)

package linux

import (
	"encoding/binary"
	"errors"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// thief waits for a child's end, as os.Process.Wait does, and begins again
// when it is given a stop.
func thief(x *target) (stolen *atomic.Int64, ended chan error) {
	stolen, ended = new(atomic.Int64), make(chan error, 1)
	pid := x.p.PID()
	go func() {
		for {
			var info unix.Siginfo
			err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED, nil)
			if err == unix.EINTR {
				continue
			}
			if err == nil && info.Code != 1 && info.Code != 2 && info.Code != 3 { // CLD_EXITED, KILLED, DUMPED
				stolen.Add(1)
				continue
			}
			ended <- err
			return
		}
	}()
	return stolen, ended
}

// Another thread of this process takes the stops away by waiting for the
// child's end; none of them is missed.
func TestStopsThatAWaitTakes(t *testing.T) {
	x := startTarget(t, "fault")
	x.ready()
	stolen, ended := thief(x)
	var heard atomic.Int64
	err := x.tr.SetHandler(func(e Event) Action {
		heard.Add(1)
		r, err := x.tr.Registers(e.TID)
		if err != nil {
			t.Error(err)
		}
		skipFault(&r, e.Signal)
		if err := x.tr.SetRegisters(e.TID, &r); err != nil {
			t.Error(err)
		}
		return Suppress
	}, Watch{Signals: Exceptions, Exec: true})
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 100
	for range rounds {
		x.Ask("i")
		if got := x.Line(); got != "survived" {
			t.Fatalf("the target says %q", got)
		}
		if err := x.tr.Suspend(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := x.tr.Syscall(0, unix.SYS_GETPID); err != nil {
			t.Fatal(err)
		}
		if err := x.tr.Resume(); err != nil {
			t.Fatal(err)
		}
	}
	if heard.Load() != rounds {
		t.Errorf("%d of %d faults were heard of", heard.Load(), rounds)
	}
	if stolen.Load() == 0 {
		t.Error("the other wait was given no stop: nothing was tried")
	}
	x.In.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the wait for the end goes on; states " + x.states())
	}
}

// A stop that is reached after wait has said that there is none, and before the
// kernel is asked about it, is one stop: wait shows it afterwards.
func TestStopIsFoundOnce(t *testing.T) {
	x := startTarget(t, "fault")
	x.ready()
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := x.tr.do(func() error {
		first := x.tr.threads[x.p.PID()]
		if first == nil || !first.stopped {
			t.Fatal("the first thread does not stand")
		}
		first.stopped, first.last = false, 0 // as before it stopped
		s, found := first.takenStop()
		if !found || s.event != unix.PTRACE_EVENT_STOP {
			t.Errorf("asked about: %+v, %v", s, found)
		}
		x.tr.note(first, s)
		if s, found := first.poll(); found {
			t.Errorf("found again: %+v", s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What wait tells of a stop can be told from its siginfo.
func TestStopOf(t *testing.T) {
	set := func(signo, code int32) *SigInfo {
		var s SigInfo
		binary.LittleEndian.PutUint32(s[0:], uint32(signo))
		binary.LittleEndian.PutUint32(s[8:], uint32(code))
		return &s
	}
	trap := int32(unix.SIGTRAP)
	for _, c := range []struct {
		info *SigInfo
		want stop
	}{
		{set(trap, trap|unix.PTRACE_EVENT_CLONE<<8), stop{event: unix.PTRACE_EVENT_CLONE, signal: int(trap)}},
		{set(trap, trap|unix.PTRACE_EVENT_STOP<<8), stop{event: unix.PTRACE_EVENT_STOP, signal: int(trap)}},
		{set(int32(unix.SIGSTOP), int32(unix.SIGSTOP)|unix.PTRACE_EVENT_STOP<<8), stop{event: unix.PTRACE_EVENT_STOP, signal: int(unix.SIGSTOP)}},
		{set(trap, int32(syscallStop)), stop{signal: syscallStop}},
		{set(trap, 1), stop{signal: int(trap)}},                         // TRAP_BRKPT
		{set(trap, 0x80), stop{signal: int(trap)}},                      // SI_KERNEL: int3
		{set(int32(unix.SIGSEGV), 1), stop{signal: int(unix.SIGSEGV)}},  // SEGV_MAPERR
		{set(int32(unix.SIGUSR1), -6), stop{signal: int(unix.SIGUSR1)}}, // SI_TKILL
		{set(int32(unix.SIGUSR1), 0), stop{signal: int(unix.SIGUSR1)}},  // SI_USER
	} {
		if got := stopOf(c.info); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.info[:12], got, c.want)
		}
	}
}

// A wait that sleeps is woken by a nudge without an error.
func TestNudge(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	p, err := Open(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	waited := make(chan error, 1)
	go func() { waited <- cmd.Wait() }()
	time.Sleep(10 * time.Millisecond)
	cmd.Process.Signal(unix.SIGSTOP) // no zombie: nobody is nudged for it
	p.nudgeWaiters()
	select {
	case err := <-waited:
		t.Fatal(err)
	default:
	}
	cmd.Process.Kill()
	p.nudgeWaiters()
	if err := <-waited; err == nil || cmd.ProcessState.Sys().(interface{ Signal() unix.Signal }).Signal() != unix.SIGKILL {
		t.Error(err)
	}
}

// A child of ours that has ended while it was traced, and that nobody has waited
// for, has ended: it stays a zombie of ours, which cannot be attached and need
// not be.
func TestEndedChildIsNotAttachedAgain(t *testing.T) {
	x := startTarget(t, "fault")
	x.ready()
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(x.p.PID(), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the child is a zombie", x.p.Exited)
	done := make(chan error, 1)
	go func() {
		x.tr.Resume()
		done <- x.tr.Suspend(t.Context())
	}()
	select {
	case err := <-done:
		if !errors.Is(err, unix.ESRCH) {
			t.Errorf("suspending it again: %v, want ESRCH", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("suspending it again takes for ever")
	}
}
