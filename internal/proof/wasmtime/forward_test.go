//go:build (linux || darwin) && (amd64 || arm64)

package wasmtime

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
)

const childVariable = "MACH_WASMTIME_CHILD"

// What is no trap of compiled code goes to the next handler, that of the task,
// with everything about it: an instruction that was not expected to trap, code
// that nobody has registered, and a type of exception that was not asked for.
func TestForwarded(t *testing.T) {
	porttest.LeakCheck(t)
	h, th, c := start(t)
	stranger, err := Load(text, traps)
	must(t, err)
	defer stranger.Close()
	var mu sync.Mutex
	var told []string
	var at uint64
	heard := func() (list []string, pc uint64) {
		mu.Lock()
		defer mu.Unlock()
		list, told = told, nil
		return list, at
	}
	reporter(t, func(e *exc.Exception) error {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, e.Type.String())
		x := e.Thread
		r, err := x.Registers()
		if err != nil {
			return exc.Pass
		}
		at = r.PC()
		if e.Type == mach.EXC_BREAKPOINT {
			r.SetPC(r.PC() + breakpointSize)
		} else { // as if the load had found 99
			r.SetPC(r.PC() + loadSize)
			r.Set(map[bool]string{true: "x0", false: "rax"}[onARM], 99)
		}
		if x.SetRegisters(r) != nil {
			return exc.Pass
		}
		return nil
	})
	for _, f := range []struct {
		name   string
		c      *Code
		offset uint64
		a      uint64
		result uint64
		typ    mach.ExceptionType
		skid   uint64
	}{
		{"an instruction without a trap", c, untold, 8, 99, mach.EXC_BAD_ACCESS, 0},
		{"code of a stranger", stranger, load, 8, 99, mach.EXC_BAD_ACCESS, 0},
		{"a breakpoint", c, breakpoint, 7, 7, mach.EXC_BREAKPOINT, 1 - breakpointSize/4},
	} {
		v, err := th.Call(f.c, f.offset, f.a, 0)
		if err != nil || v != f.result {
			t.Errorf("%s: %d, %v", f.name, v, err)
		}
		if list, pc := heard(); len(list) != 1 || list[0] != f.typ.String() || pc != f.c.Address()+f.offset+f.skid {
			t.Errorf("%s: the reporter was told of %v at %#x", f.name, list, pc)
		}
	}
	// And what is a trap does not.
	_, err = th.Call(c, load, 8, 0)
	want(t, "load", err, MemoryOutOfBounds, c, load)
	if list, _ := heard(); list != nil {
		t.Errorf("the reporter was told of a trap: %v", list)
	}
	h.Unregister(c)
	if v, err := th.Call(c, load, 8, 0); err != nil || v != 99 {
		t.Errorf("code that is registered no more: %d, %v", v, err)
	}
}

var nowhere *int

// Go's own nil pointers on such a thread stay Go's: a panic (pitfall stolen-panics). The
// collector rests meanwhile: it would wait for the thread, and the handler for
// it.
func TestGoKeepsItsPanics(t *testing.T) {
	porttest.LeakCheck(t)
	_, th, c := start(t)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for range 3 {
		func() {
			defer func() {
				if err, is := recover().(error); !is || !strings.Contains(err.Error(), "nil pointer") {
					t.Errorf("recovered %v", err)
				}
			}()
			*nowhere = 1
		}()
		_, err := th.Call(c, load, 8, 0)
		want(t, "load", err, MemoryOutOfBounds, c, load)
	}
}

// child dies of a fault that nobody wants.
func child() {
	h, err := New()
	if err == nil {
		var c *Code
		if c, err = Load(text, traps); err == nil {
			h.Register(c)
			var th *Thread
			if th, err = h.Attach(); err == nil {
				_, err = th.Call(c, load, 8, 0)
				fmt.Println(err)
				_, err = th.Call(c, untold, 8, 0)
			}
		}
	}
	fmt.Println("alive:", err)
}

// Without any other handler, what is not a trap is the signal that it would have
// been.
func TestUnhandledEndsTheProcess(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"=1", "GORACE=atexit_sleep_ms=0")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Skip("no processes here: ", err)
	}
	if err == nil || !strings.Contains(string(out), "out of bounds memory access") || strings.Contains(string(out), "alive") {
		t.Errorf("the child said %q, %v", out, err)
	}
	if !strings.Contains(errs.String(), "SIGSEGV") && !strings.Contains(errs.String(), "SIGBUS") {
		t.Errorf("its last words: %.300q", errs.String())
	}
}
