//go:build linux && (amd64 || arm64)

package task_test

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/apitest"
)

// registers gives a thread's program counter and stack pointer.
func registers(th mach.MachPort) (pc, sp uint64, err error) {
	if runtime.GOARCH == "arm64" {
		var s mach.ARMThreadState64
		count := mach.ARM_THREAD_STATE64_COUNT
		err = mach.ThreadGetState(th, mach.ARM_THREAD_STATE64, mach.State(&s), &count)
		return s.PC, s.Sp, err
	}
	var s mach.X86ThreadState64
	count := mach.X86_THREAD_STATE64_COUNT
	err = mach.ThreadGetState(th, mach.X86_THREAD_STATE64, mach.State(&s), &count)
	return s.Rip, s.Rsp, err
}

func pc(t *testing.T, th mach.MachPort) (uint64, uint64) {
	t.Helper()
	pc, sp, err := registers(th)
	must(t, err)
	return pc, sp
}

// TestOwnThreads reads the registers of all threads of this process, also of
// the one that asks, while they work.
func TestOwnThreads(t *testing.T) {
	var stop atomic.Bool
	var work atomic.Int64
	for range 2 {
		go func() {
			for !stop.Load() {
				work.Add(int64(len(make([]byte, 100))))
			}
		}()
	}
	defer stop.Store(true)
	for range 3 {
		var list *mach.ThreadAct
		var count mach.MachMsgTypeNumber
		must(t, mach.TaskThreads(self(), &list, &count))
		if count < 3 {
			t.Fatalf("%d threads", count)
		}
		for _, th := range append([]mach.MachPort(nil), mach.Slice(list, count)...) {
			if at, sp, err := registers(th); err == error(mach.KERN_TERMINATED) || err == error(mach.MACH_SEND_INVALID_DEST) {
				continue // it has ended meanwhile
			} else if err != nil || at == 0 || sp == 0 {
				t.Errorf("pc %#x, sp %#x, %v", at, sp, err)
			}
			must(t, mach.MachPortDeallocate(self(), th))
		}
		must(t, mach.MachVMDeallocate(self(), mach.AddressOf(list), mach.SizeOf[mach.MachPort](count)))
	}
	before := work.Load()
	time.Sleep(time.Millisecond)
	for end := time.Now().Add(5 * time.Second); work.Load() == before; {
		if time.Now().After(end) {
			t.Fatal("the work has stopped")
		}
	}
}

// noCollector keeps the garbage collector off: it would wait for the thread
// that is held, and all else for it.
func noCollector(t *testing.T) {
	if apitest.Race {
		t.Skip("the race detector would wait for the thread that is held")
	}
	runtime.GC()
	old := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(old) })
}

// TestOwnThreadSuspended holds a thread that spins in Go code, reads its
// registers meanwhile, and lets it go.
func TestOwnThreadSuspended(t *testing.T) {
	noCollector(t)
	var beats atomic.Int64
	var stop atomic.Bool
	port := make(chan mach.MachPort)
	done := make(chan bool)
	go func() {
		runtime.LockOSThread()
		defer close(done)
		port <- mach.MachThreadSelf()
		for !stop.Load() {
			beats.Add(1)
		}
	}()
	th := <-port
	for range 20 {
		must(t, mach.ThreadSuspend(th))
		before := beats.Load()
		a, sp := pc(t, th)
		// Go's sleep would give the processor away, and the scheduler could hand
		// it to the suspended thread, for whose goroutine it is.
		for begin := time.Now(); time.Since(begin) < 100*time.Microsecond; {
		}
		b, sp2 := pc(t, th)
		if beats.Load() != before || a != b || sp != sp2 {
			t.Errorf("it runs while suspended: %d, %#x, %#x", beats.Load()-before, a, b)
		}
		must(t, mach.ThreadResume(th))
		for end := time.Now().Add(5 * time.Second); beats.Load() == before; {
			if time.Now().After(end) {
				t.Fatal("it does not run again")
			}
		}
	}
	stop.Store(true)
	<-done
	must(t, mach.MachPortDeallocate(self(), th))
}

// TestOwnVectors writes the vector registers of a suspended thread of this
// process and puts them back.
func TestOwnVectors(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("Intel's registers")
	}
	noCollector(t)
	var stop atomic.Bool
	port := make(chan mach.MachPort)
	done := make(chan bool)
	go func() {
		runtime.LockOSThread()
		defer close(done)
		port <- mach.MachThreadSelf()
		for !stop.Load() {
		}
	}()
	th := <-port
	must(t, mach.ThreadSuspend(th))
	var s, changed, got mach.X86FloatState64
	count := mach.X86_FLOAT_STATE64_COUNT
	must(t, mach.ThreadGetState(th, mach.X86_FLOAT_STATE64, mach.State(&s), &count))
	changed = s
	for i := range changed.FPUXmm9.XmmReg {
		changed.FPUXmm9.XmmReg[i] = byte(i + 1)
	}
	must(t, mach.ThreadSetState(th, mach.X86_FLOAT_STATE64, mach.State(&changed), count))
	must(t, mach.ThreadGetState(th, mach.X86_FLOAT_STATE64, mach.State(&got), &count))
	if got.FPUXmm9 != changed.FPUXmm9 || got.FPUMxcsr != s.FPUMxcsr || s.FPUMxcsr == 0 {
		t.Errorf("%v, MXCSR %#x", got.FPUXmm9, got.FPUMxcsr)
	}
	must(t, mach.ThreadSetState(th, mach.X86_FLOAT_STATE64, mach.State(&s), count))
	must(t, mach.ThreadResume(th))
	stop.Store(true)
	<-done
	must(t, mach.MachPortDeallocate(self(), th))
}

// act_get_state is the form that refuses the caller (xnu
// osfmk/kern/thread_act.c).
func TestActGetState(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	th := mach.MachThreadSelf()
	defer mach.MachPortDeallocate(self(), th)
	var room [1296]mach.Natural
	flavor := mach.X86_THREAD_STATE64
	if runtime.GOARCH == "arm64" {
		flavor = mach.ARM_THREAD_STATE64
	}
	count := mach.MachMsgTypeNumber(len(room))
	is(t, mach.ActGetState(th, flavor, &room[0], &count), mach.KERN_INVALID_ARGUMENT)
	must(t, mach.ThreadGetState(th, flavor, &room[0], &count))
}
