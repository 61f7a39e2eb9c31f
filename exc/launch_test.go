//go:build darwin || linux

package exc_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"reflect"
	"syscall"
	"testing"

	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// launched is start for a program that has not begun.
func launched(t *testing.T, mode string) (*process, *exc.Debugger) {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), "EXC_TEST_CHILD="+mode, "GODEBUG=asyncpreemptoff=1")
	p.in, _ = p.cmd.StdinPipe()
	out, err := p.cmd.StdoutPipe()
	ok(t, err)
	p.out = bufio.NewScanner(out)
	d, err := exc.Launch(within(t), p.cmd)
	if e := (*task.OpenError)(nil); errors.As(err, &e) || errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	ok(t, err)
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.wait()
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, d
}

// A program that is launched has one thread, which has not executed an
// instruction: a breakpoint on the first one stops it. It can be stepped, and it
// stops at breakpoints that were set before it began.
func TestLaunch(t *testing.T) {
	porttest.LeakCheck(t)
	p, d := launched(t, "count")
	ctx := within(t)
	s, err := d.Wait(ctx)
	ok(t, err)
	regs, err := s.Thread.Registers()
	ok(t, err)
	if s.Reason != exc.Launched || s.Address == 0 || s.Address != regs.PC() || s.String() == "" {
		t.Fatalf("stop %v, pc %#x", s, regs.PC())
	}
	list, err := d.Task().Threads()
	ok(t, err)
	if list.Len() != 1 {
		t.Errorf("%d threads", list.Len())
	}
	ok(t, list.Close())
	// The first instruction has a breakpoint: it is reached by going on.
	bp, err := d.SetBreakpoint(ctx, s.Address)
	ok(t, err)
	ok(t, d.Continue(ctx))
	s, err = d.Wait(ctx)
	ok(t, err)
	if s.Reason != exc.AtBreakpoint || s.Point != bp {
		t.Fatalf("first instruction: %v", s)
	}
	first := s.Address
	ok(t, bp.Clear(ctx))
	for range 3 {
		if s, err = d.Step(ctx); err != nil || s.Reason != exc.Stepped || s.Address == first {
			t.Fatal(s, err)
		}
	}
	at := uint64(reflect.ValueOf(counted).Pointer())
	if fixed(t, d, at) {
		bp, err = d.SetBreakpoint(ctx, at)
		ok(t, err)
		ok(t, d.Continue(ctx))
		p.line(t) // its own address of the function
		io.WriteString(p.in, "\n")
		s, err = d.Wait(ctx)
		ok(t, err)
		if s.Reason != exc.AtBreakpoint || s.Point != bp {
			t.Fatal(s)
		}
		ok(t, bp.Clear(ctx))
		ok(t, d.Continue(ctx))
	} else {
		ok(t, d.Continue(ctx))
		p.line(t)
		io.WriteString(p.in, "\n")
	}
	counts(t, p)
	if s, err := d.Wait(ctx); !errors.Is(err, exc.ErrExited) {
		t.Errorf("after the end: %v, %v", s, err)
	}
}

// fixed tells whether the process has our code at an address.
func fixed(t *testing.T, d *exc.Debugger, at uint64) bool {
	t.Helper()
	ours, theirs := make([]byte, 32), make([]byte, 32)
	_, err := task.Self().ReadMemory(ours, at)
	ok(t, err)
	_, err = d.Task().ReadMemory(theirs, at)
	return err == nil && bytes.Equal(ours, theirs)
}

// A debugger that goes lets the program begin; what it has of the command stays.
func TestLaunchAndDetach(t *testing.T) {
	porttest.LeakCheck(t)
	p, d := launched(t, "count")
	ok(t, d.Detach(within(t)))
	p.line(t)
	io.WriteString(p.in, "\n")
	counts(t, p)
	if p.cmd.SysProcAttr != nil {
		t.Errorf("the command has changed: %+v", p.cmd.SysProcAttr)
	}
	ok(t, p.wait())
}

// A program that cannot be launched leaves nothing behind.
func TestLaunchFails(t *testing.T) {
	porttest.LeakCheck(t)
	over, end := context.WithCancel(bg)
	end()
	if _, err := exc.Launch(over, exec.Command(os.Args[0])); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over: %v", err)
	}
	if _, err := exc.Launch(bg, nil); err == nil {
		t.Error("nothing was launched")
	}
	if _, err := exc.Launch(within(t), exec.Command("/no/such/program")); err == nil {
		t.Error("a program that is not there was launched")
	}
	// The attributes are the caller's, and one that fails is reported.
	cmd := exec.Command(os.Args[0])
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: "/no/such/folder"}
	if _, err := exc.Launch(within(t), cmd); err == nil {
		t.Error("launched in a root that is not there")
	}
}

// The stop of a program that is killed before it begins is its end.
func TestLaunchAndDeath(t *testing.T) {
	porttest.LeakCheck(t)
	p, d := launched(t, "count")
	ctx := within(t)
	p.cmd.Process.Kill()
	var err error
	for err == nil {
		if _, err = d.Wait(ctx); err == nil {
			err = d.Continue(ctx)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
