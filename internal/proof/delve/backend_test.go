package delve

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"reflect"
	"testing"
	"time"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

const role = "PROOF_DELVE_TARGET"

func TestMain(m *testing.M) {
	if os.Getenv(role) != "" {
		target()
		return
	}
	os.Exit(m.Run())
}

var data = []byte("what the target has in its memory")

func target() {
	go func() { io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
	sleepers()
	fmt.Println(mach.AddressOf(&data[0]), reflect.ValueOf(answer).Pointer(), reflect.ValueOf(landing).Pointer())
	for n := 0; ; n++ {
		fmt.Println(n)
		time.Sleep(2 * time.Millisecond)
	}
}

type debuggee struct {
	*Process
	cmd   *exec.Cmd
	data  uint64
	code  struct{ answer, landing uint64 }
	lines chan bool
}

func attach(t *testing.T) *debuggee {
	t.Helper()
	porttest.LeakCheck(t)
	d := &debuggee{cmd: exec.Command(os.Args[0]), lines: make(chan bool, 1<<16)}
	d.cmd.Env = append(os.Environ(), role+"=1", "GORACE=atexit_sleep_ms=0")
	in, err := d.cmd.StdinPipe()
	must(t, err)
	out, err := d.cmd.StdoutPipe()
	must(t, err)
	if err := d.cmd.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { in.Close(); d.cmd.Wait() })
	r := bufio.NewReader(out)
	_, err = fmt.Fscanln(r, &d.data, &d.code.answer, &d.code.landing)
	must(t, err)
	go func() {
		for {
			if _, err := r.ReadString('\n'); err != nil {
				return
			}
			d.lines <- true
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	d.Process, err = Attach(ctx, d.cmd.Process.Pid)
	if e := (*task.OpenError)(nil); errors.As(err, &e) {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { must(t, d.Detach()) })
	return d
}

func (d *debuggee) runs() bool {
	for calm := 0; calm < 3; calm++ { // what it said before may still be on its way
		time.Sleep(10 * time.Millisecond)
		for len(d.lines) > 0 {
			<-d.lines
		}
	}
	time.Sleep(50 * time.Millisecond)
	return len(d.lines) > 0
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMemory(t *testing.T) {
	d := attach(t)
	got := make([]byte, len(data))
	_, err := d.ReadMemory(got, d.data)
	must(t, err)
	if !bytes.Equal(got, data) {
		t.Errorf("memory is %q", got)
	}
	// What the system itself shows of the process.
	if f, err := os.Open(fmt.Sprintf("/proc/%d/mem", d.cmd.Process.Pid)); err == nil {
		defer f.Close()
		for _, th := range d.Threads() {
			r, err := th.Registers()
			must(t, err)
			ours, theirs := make([]byte, 64), make([]byte, 64)
			_, err = d.ReadMemory(ours, r.PC())
			must(t, err)
			_, err = f.ReadAt(theirs, int64(r.PC()))
			must(t, err)
			if !bytes.Equal(ours, theirs) {
				t.Errorf("code at %#x is %x, by /proc %x", r.PC(), ours, theirs)
			}
		}
	}
	_, err = d.WriteMemory(d.data, []byte("WHAT"))
	must(t, err)
	if _, err = d.ReadMemory(got[:4], d.data); err != nil || string(got[:4]) != "WHAT" {
		t.Errorf("memory is %q, %v", got[:4], err)
	}
}

// A breakpoint goes into code, and out again.
func TestBreakpoint(t *testing.T) {
	d := attach(t)
	var pc uint64
	must(t, d.Stop(t.Context(), func() error {
		for _, th := range d.Threads() {
			r, err := th.Registers()
			must(t, err)
			pc = r.PC()
		}
		was := make([]byte, 4)
		_, err := d.ReadMemory(was, pc)
		must(t, err)
		before, err := d.task.RegionAt(pc)
		must(t, err)
		trap := []byte{0xcc, 0xcc, 0xcc, 0xcc}
		_, err = d.WriteMemory(pc, trap)
		must(t, err)
		now := make([]byte, 4)
		if _, err := d.ReadMemory(now, pc); err != nil || !bytes.Equal(now, trap) {
			t.Errorf("code is %x, %v", now, err)
		}
		_, err = d.WriteMemory(pc, was)
		must(t, err)
		after, err := d.task.RegionAt(pc)
		must(t, err)
		if after.Protection != before.Protection {
			t.Errorf("code is %s now, and was %s", task.Protection(after.Protection), task.Protection(before.Protection))
		}
		return nil
	}))
	if !d.runs() {
		t.Error("the target does not run on")
	}
}

func TestRegisters(t *testing.T) {
	d := attach(t)
	must(t, d.Stop(t.Context(), func() error {
		if d.runs() {
			t.Error("the target runs while it is stopped")
		}
		must(t, d.UpdateThreads())
		for id, th := range d.Threads() {
			was, err := th.Registers()
			must(t, err)
			must(t, th.SetPC(was.PC()))
			must(t, th.SetSingleStep(true))
			must(t, th.SetSingleStep(false))
			now, err := th.Registers()
			must(t, err)
			// The resume flag is not for users (xnu osfmk/i386/eflags.h,
			// EFL_USER_CLEAR).
			const resume = 1 << 16
			now.X86.Rflags, was.X86.Rflags = now.X86.Rflags&^resume, was.X86.Rflags&^resume
			if *now != *was {
				t.Errorf("thread %d: registers are %+v, were %+v", id, now, was)
			}
		}
		return nil
	}))
	if !d.runs() {
		t.Error("the target does not run on")
	}
}

// Threads go back to where they were, and into the calls that they were in.
func TestSetPC(t *testing.T) {
	d := attach(t)
	must(t, d.Stop(t.Context(), func() error {
		for id, th := range d.Threads() {
			was, err := th.Registers()
			must(t, err)
			must(t, th.SetPC(was.PC()+16))
			now, err := th.Registers()
			must(t, err)
			if now.PC() != was.PC()+16 || now.SP() != was.SP() {
				t.Errorf("thread %d: pc %#x, want %#x", id, now.PC(), was.PC()+16)
			}
			must(t, th.SetRegisters(was))
		}
		return nil
	}))
	for range 5 { // a thread whose call ended wrongly takes a moment to say so
		if !d.runs() {
			t.Fatal("the target does not run on")
		}
	}
}

func TestThreads(t *testing.T) {
	d := attach(t)
	before := len(d.Threads())
	for range 50 {
		must(t, d.UpdateThreads())
	}
	if n := len(d.Threads()); n < before {
		t.Errorf("%d threads, and %d before", n, before)
	}
	blocked := 0
	for id, th := range d.Threads() {
		if id != th.ID {
			t.Errorf("thread %d is %d", id, th.ID)
		}
		if b, err := th.Blocked(); err != nil {
			t.Error(err)
		} else if b {
			blocked++
		}
	}
	if blocked == 0 {
		t.Error("no thread of a target that sleeps is blocked")
	}
	if !d.Valid() {
		t.Error("the target is not valid")
	}
	must(t, d.cmd.Process.Kill())
	for end := time.Now().Add(10 * time.Second); d.Valid(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the target is valid after its end")
		}
	}
	if _, err := d.ReadMemory(make([]byte, 4), d.data); err == nil {
		t.Error("memory of a target that has ended")
	}
}
