package exc_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
)

func init() {
	before["signals"] = func() { // it says which it gets
		got := make(chan os.Signal, 8)
		signal.Notify(got, syscall.SIGUSR1, syscall.SIGUSR2)
		go func() {
			for sig := range got {
				fmt.Println(sig)
			}
		}()
	}
	before["tracer"] = func() { // it has started a program that does not begin
		cmd := exec.Command(os.Args[0])
		cmd.Stdout = os.Stdout
		cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
		cmd.Env = append(os.Environ(), "EXC_TEST_CHILD=wait")
		if err := cmd.Start(); err != nil {
			fmt.Println(err)
			return
		}
		var status syscall.WaitStatus
		_, err := syscall.Wait4(cmd.Process.Pid, &status, 0, nil)
		fmt.Println(err == nil && status.Stopped() && status.StopSignal() == syscall.SIGTRAP)
	}
}

// Requests of ptrace (xnu bsd/sys/ptrace.h).
const (
	ptContinue  = 7
	ptDetach    = 11
	ptThUpdate  = 13
	ptAttachExc = 14
)

func ptrace(request, pid int, addr mach.MachPort, data int) error {
	_, _, e := syscall.Syscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(pid), uintptr(addr), uintptr(data), 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// The kernel makes exceptions of the signals of a process that is traced with
// PT_ATTACHEXC, first of the SIGSTOP by which it attaches; PT_THUPDATE says which
// signal the thread gets (xnu bsd/kern/kern_sig.c, issignal_locked;
// bsd/kern/mach_process.c).
func TestTracedSignals(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "signals")
	pid := p.cmd.Process.Pid
	if err := ptrace(ptDetach, pid, 1, 0); err != syscall.EPERM {
		t.Errorf("detach of what is not traced: %v", err)
	}
	if err := ptrace(ptAttachExc, syscall.Getpid(), 0, 0); err != syscall.EINVAL {
		t.Errorf("attach to oneself: %v", err)
	}
	if err := ptrace(ptAttachExc, 1<<22+5, 0, 0); err != syscall.ESRCH {
		t.Errorf("attach to nobody: %v", err)
	}
	d := debugged(t, p)
	ctx := within(t)
	ok(t, ptrace(ptAttachExc, pid, 0, 0))
	if err := ptrace(ptAttachExc, pid, 0, 0); err != syscall.EBUSY {
		t.Errorf("a second attach: %v", err)
	}
	stop := func(want exc.Signal) *exc.Stop {
		t.Helper()
		for {
			s, err := d.Wait(ctx)
			ok(t, err)
			x, is := s.Exception.Detail().(exc.Software)
			if s.Reason != exc.Signalled || !is {
				t.Fatal(s)
			}
			if x.Signal == want {
				return s
			}
			// Go's runtime sends itself signals.
			ok(t, ptrace(ptThUpdate, pid, s.Thread.Name(), int(x.Signal)))
			ok(t, d.Continue(ctx))
		}
	}
	s := stop(exc.Signal(syscall.SIGSTOP))
	ok(t, ptrace(ptThUpdate, pid, s.Thread.Name(), 0))
	if err := ptrace(ptContinue, pid, 1, 0); err != syscall.EBUSY {
		t.Errorf("continue of what is not stopped: %v", err)
	}
	ok(t, d.Continue(ctx))
	for _, x := range []struct {
		gets syscall.Signal
		says string
	}{{syscall.SIGUSR1, "user defined signal 1"}, {syscall.SIGUSR2, "user defined signal 2"}, {0, ""}} {
		ok(t, syscall.Kill(pid, syscall.SIGUSR1))
		s := stop(exc.Signal(syscall.SIGUSR1))
		ok(t, ptrace(ptThUpdate, pid, s.Thread.Name(), int(x.gets)))
		ok(t, d.Continue(ctx))
		if x.gets == 0 {
			continue
		}
		if got := p.line(t); got != x.says {
			t.Errorf("it got %q, want %q", got, x.says)
		}
	}
	// Let go, it is told nobody of.
	ok(t, syscall.Kill(pid, syscall.SIGUSR1))
	stop(exc.Signal(syscall.SIGUSR1))
	ok(t, ptrace(ptDetach, pid, 1, int(syscall.SIGUSR2)))
	ok(t, d.Continue(ctx))
	if got := p.line(t); got != "user defined signal 2" {
		t.Errorf("let go, it got %q", got)
	}
	ok(t, syscall.Kill(pid, syscall.SIGUSR1))
	if got := p.line(t); got != "user defined signal 1" {
		t.Errorf("afterwards, it got %q", got)
	}
	io.WriteString(p.in, "\n")
	if s, err := d.Wait(ctx); !errors.Is(err, exc.ErrExited) {
		t.Error(s, err)
	}
}

// A process that is traced does not outlive its tracer (xnu bsd/kern/kern_exit.c,
// proc_exit): the one that stands before its first instruction holds the other
// end of the pipe.
func TestTracerEnds(t *testing.T) {
	porttest.LeakCheck(t)
	p := &process{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), "EXC_TEST_CHILD=tracer")
	out, err := p.cmd.StdoutPipe()
	ok(t, err)
	if err := p.cmd.Start(); err != nil {
		t.Skip("no processes here:", err)
	}
	said, err := io.ReadAll(out)
	ok(t, err)
	lines := strings.Fields(string(said))
	if len(lines) != 2 || lines[0] != "true" { // and the address of its function
		t.Errorf("the tracer said %q", said)
	}
	ok(t, p.cmd.Wait())
}
