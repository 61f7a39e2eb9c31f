//go:build (linux || darwin) && (amd64 || arm64)

package wasmtime

import (
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// want checks the trap of a call.
func want(t *testing.T, what string, err error, code TrapCode, c *Code, offset uint64) *Trap {
	t.Helper()
	var trap *Trap
	if !errors.As(err, &trap) {
		t.Fatalf("%s: %v, want a trap", what, err)
	}
	if trap.Code != code || trap.PC != c.Address()+offset {
		t.Errorf("%s: %v, want %v at %#x", what, trap, code, c.Address()+offset)
	}
	return trap
}

const wide = mach.MACH_EXCEPTION_CODES

// What the processor objects to in compiled code is an error of the call, in
// each form in which the kernel can tell of it.
func TestTraps(t *testing.T) {
	for _, behavior := range []mach.ExceptionBehavior{
		mach.EXCEPTION_DEFAULT | wide, mach.EXCEPTION_DEFAULT, mach.EXCEPTION_STATE_IDENTITY | wide, mach.EXCEPTION_STATE_IDENTITY_PROTECTED | wide,
	} {
		t.Run(behavior.String(), func(t *testing.T) {
			porttest.LeakCheck(t)
			_, th, c := start(t, behavior)
			if v, err := th.Call(c, add, 20, 22); err != nil || v != 42 {
				t.Fatalf("20+22 is %d, %v", v, err)
			}
			low, _ := th.Guard()
			cut := func(v uint64) uint64 { // codes of 32 bits are the lower halves
				if behavior&wide == 0 {
					return uint64(int64(int32(v)))
				}
				return v
			}
			for range 3 {
				for _, f := range []struct {
					name          string
					offset, a, at uint64
					code          TrapCode
					faults        bool
				}{
					{"load of nothing", load, 0x10, load, MemoryOutOfBounds, true},
					{"load out of bounds", load, low + 24, load, MemoryOutOfBounds, true},
					{"store out of bounds", store, low + 32, store, MemoryOutOfBounds, true},
					{"store to code", store, c.Address(), store, MemoryOutOfBounds, true},
					{"load in a frame", framed, low, framedTraps, MemoryOutOfBounds, true},
					{"unreachable", unreachable, 0, unreachable, UnreachableCodeReached, false},
					{"division by zero", divide, 7, divideTraps, IntegerDivisionByZero, false},
				} {
					_, err := th.Call(c, f.offset, f.a, 0)
					trap := want(t, f.name, err, f.code, c, f.at)
					if trap.Faulted != f.faults || f.faults && trap.Fault != cut(f.a) {
						t.Errorf("%s: %v, want the address %#x", f.name, trap, f.a)
					}
				}
			}
			if v, err := th.Call(c, divide, 84, 2); err != nil || v != 42 {
				t.Errorf("84/2 is %d, %v", v, err)
			}
		})
	}
}

// The stack can be walked from where it trapped, as nothing has run on it
// since.
func TestBacktrace(t *testing.T) {
	porttest.LeakCheck(t)
	_, th, c := start(t)
	_, err := th.Call(c, nested, 8, 0)
	trap := want(t, "nested", err, MemoryOutOfBounds, c, load)
	r := new(task.Registers)
	state(r)
	r.SetPC(trap.PC)
	if onARM {
		r.ARM.Fp = trap.FP
	} else {
		r.X86.Rbp = trap.FP
	}
	// The innermost function has no frame of its own: its caller is in the
	// register or on the stack that only its unwind table knows.
	frames := r.Stack(task.Self(), 10)
	if len(frames) < 2 || frames[0].PC != c.Address()+load {
		t.Fatalf("frames are %x", frames)
	}
	start, end := th.Guard()
	if trap.FP < end || trap.FP > start+stackSize+th.guard {
		t.Errorf("the frame at %#x is not on the stack from %#x", trap.FP, end)
	}
	if back, err := task.Self().Pointer(trap.FP + 8); err != nil || frames[1].PC != back {
		t.Errorf("frames are %x, the stack has %#x, %v", frames, back, err)
	}
}

// Compiled code that calls itself for ever meets the page below its stack.
func TestStackOverflow(t *testing.T) {
	porttest.LeakCheck(t)
	_, th, c := start(t)
	for range 3 {
		_, err := th.Call(c, recurse, 0, 0)
		var trap *Trap
		if !errors.As(err, &trap) || trap.Code != StackOverflow || !trap.Faulted {
			t.Fatalf("recursion: %v", err)
		}
		if low, high := th.Guard(); trap.Fault < low || trap.Fault >= high {
			t.Errorf("%v, not between %#x and %#x", trap, low, high)
		}
	}
}

// Many threads trap at once, and Go's collector works meanwhile.
func TestManyThreads(t *testing.T) {
	porttest.LeakCheck(t)
	h, err := New()
	must(t, err)
	c, err := Load(text, traps)
	must(t, err)
	h.Register(c)
	var wg sync.WaitGroup
	rounds := 100
	if testing.Short() {
		rounds = 10
	}
	for i := range 4 {
		wg.Go(func() {
			th, err := h.Attach()
			if err != nil {
				t.Error(err)
				return
			}
			defer th.Close()
			for k := range rounds {
				a := uint64(16 + 8*i + 64*k)
				_, err := th.Call(c, load, a, 0)
				var trap *Trap
				if !errors.As(err, &trap) || trap.Fault != a && a < 4096 {
					t.Errorf("load at %#x: %v", a, err)
					return
				}
				if v, err := th.Call(c, add, a, 1); err != nil || v != a+1 {
					t.Errorf("%d+1 is %d, %v", a, v, err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for {
		select {
		case <-done:
			h.Unregister(c)
			must(t, c.Close())
			must(t, h.Close())
			return
		default:
			runtime.GC()
		}
	}
}

// After Close, the thread's handlers are what they were.
func TestCloseGivesBack(t *testing.T) {
	porttest.LeakCheck(t)
	h, err := New()
	must(t, err)
	th, err := h.Attach()
	must(t, err)
	must(t, th.Close())
	must(t, h.Close())
	must(t, h.Close())
	me := task.CurrentThread()
	defer me.Close()
	if id, err := me.ID(); err != nil || id == 0 {
		t.Error(id, err)
	}
}
