package delve

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// answer is what the debugger calls. It needs neither a stack nor a goroutine.
//
//go:noinline
//go:nosplit
//go:norace
func answer(a, b uint64) uint64 { return a*b + 7 }

// landing is where it returns to: the debugger puts a trap there, and nobody
// else comes along.
//
//go:noinline
func landing() { panic("landed") }

// sleepers are threads that sleep in system calls which never end: whose call
// ends was disturbed.
func sleepers() {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		panic(err)
	}
	for range 2 {
		go func() {
			runtime.LockOSThread()
			n, err := syscall.Read(pipe[0], make([]byte, 1))
			fmt.Fprintln(os.Stderr, "read has ended:", n, err)
			os.Exit(3)
		}()
	}
	go func() {
		runtime.LockOSThread()
		err := longSleep()
		fmt.Fprintln(os.Stderr, "the sleep has ended:", err)
		os.Exit(4)
	}()
	time.Sleep(20 * time.Millisecond)
}

// caller has threads run answer, and puts their registers back where it ends.
type caller struct {
	d    *debuggee
	was  *task.Registers
	ends chan error
}

func (c *caller) exception(_ context.Context, e *exc.Exception) error {
	th := e.Thread
	r, err := th.Registers()
	if err == nil {
		name := map[string]string{"amd64": "rax", "arm64": "x0"}[runtime.GOARCH]
		if got, _ := r.Get(name); got != 6*7+7 {
			err = fmt.Errorf("answer is %d at %#x", got, r.PC())
		}
	}
	if err == nil {
		err = th.SetRegisters(c.was)
	}
	c.ends <- err
	if err != nil {
		return exc.Pass
	}
	return nil
}

// begin makes a stopped thread go into answer, as delve's function calls do.
func (c *caller) begin(th *Thread) error {
	was, err := th.Registers()
	if err != nil {
		return err
	}
	c.was = was
	r := *was
	r.SetPC(c.d.code.answer)
	switch runtime.GOARCH {
	case "amd64":
		sp := (was.SP()-64)&^15 - 8
		if _, err := c.d.WriteMemory(sp, binary.LittleEndian.AppendUint64(nil, c.d.code.landing)); err != nil {
			return err
		}
		r.Set("rsp", sp)
		r.Set("rax", 6)
		r.Set("rbx", 7)
	case "arm64":
		r.Set("lr", c.d.code.landing)
		r.Set("x0", 6)
		r.Set("x1", 7)
	}
	return th.SetRegisters(&r)
}

// A thread that sleeps in a system call runs a function for the debugger, and
// sleeps on.
func TestCall(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("there the registers of a thread that waits count when its call ends")
	}
	d := attach(t)
	c := &caller{d: d, ends: make(chan error, 1)}
	server, err := exc.NewServer(c.exception)
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	defer func() { must(t, server.Close()); <-served }()
	a, err := server.Attach(exc.Task(d.task), mach.EXC_MASK_BREAKPOINT, 0, mach.EXCEPTION_DEFAULT|mach.MACH_EXCEPTION_CODES)
	must(t, err)
	defer func() { must(t, a.Close()) }()
	trap := map[string][]byte{"amd64": {0xcc}, "arm64": {0, 0, 0x20, 0xd4}}[runtime.GOARCH]
	_, err = d.WriteMemory(d.code.landing, trap)
	must(t, err)
	calls := 0
	for range 3 {
		must(t, d.UpdateThreads())
		for id, th := range d.Threads() {
			if blocked, err := th.Blocked(); err != nil || !blocked {
				continue
			}
			begun := false
			must(t, d.Stop(t.Context(), func() error {
				r, err := th.Registers()
				if err == nil && interrupted(r) {
					begun = true
					err = c.begin(th)
				}
				return err
			}))
			if !begun {
				continue
			}
			select {
			case err := <-c.ends:
				if err != nil {
					t.Fatalf("thread %d: %v", id, err)
				}
				calls++
			case <-time.After(10 * time.Second):
				t.Fatalf("thread %d has not come back", id)
			}
		}
	}
	if calls < 3*3 {
		t.Errorf("%d calls", calls)
	}
	if !d.runs() {
		t.Error("the target does not run on")
	}
	must(t, d.cmd.Process.Signal(syscall.Signal(0)))
}
