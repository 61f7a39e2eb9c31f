//go:build linux && (amd64 || arm64)

package hosted

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// The exceptions of the own process's threads. While somebody wants them, a
// handler in assembly stands before Go's for the signals that a CPU's faults
// raise. It holds the thread, with its registers in the frame of the signal,
// and rings; a goroutine has the exception delivered and tells the handler the
// verdict: go on with the registers that the frame has now, or be a signal,
// which Go's handler gets as if nothing had been.
//
// A thread that is held so cannot be collected for the garbage collector, as
// on Darwin: a server in the same process should answer soon.

// faultSlotCount is how many threads can be in an exception at a time; further
// ones have a signal.
const faultSlotCount = 16

// The states of a fault's slot: its field stopped. The handler takes a free
// one, and frees it.
const (
	faultFree = iota
	faultTaken
	faultPosted
	faultSeen
)

// The verdicts: the field proceed.
const (
	faultHandled = 1
	faultSignal  = 2
)

// info, tid and signal of a fault's slot; see newSlot's layout.
func (s *slot) info() uint64        { return s.extra[0] }
func (s *slot) tid() int            { return int(uint32(s.extra[1])) }
func (s *slot) signal() unix.Signal { return unix.Signal(s.extra[1] >> 32) }

var faultSignals = []unix.Signal{unix.SIGILL, unix.SIGTRAP, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV}

// ownFaults is the watch over the own process.
var ownFaults struct {
	mu   sync.Mutex
	f    func(core.Exception) bool
	task *task
	on   bool
	held sync.Map // of *slot, by thread id
	once sync.Once
	err  error
}

// copying counts the copies between the kernel and the program's memory that
// are under way while exceptions are watched; a fault of one is an error of
// the call, and no exception.
var (
	watched atomic.Bool
	copying atomic.Int32
)

func (t *task) ownExceptions(f func(core.Exception) bool) error {
	o := &ownFaults
	o.mu.Lock()
	defer o.mu.Unlock()
	o.f, o.task = f, t
	if (f != nil) == o.on {
		return nil
	}
	o.once.Do(func() {
		if o.err = newFaultSlots(); o.err == nil {
			go watchFaults()
		}
	})
	if o.err != nil {
		return o.err
	}
	var err error
	if f != nil {
		err = standBefore()
	} else {
		err = standBack()
	}
	if err == nil {
		o.on = f != nil
		watched.Store(o.on)
	}
	return err
}

// watchFaults waits for rings and deals with what was posted, each in a
// goroutine of its own.
func watchFaults() {
	for {
		rung := bellRings()
		for i := range faultSlotCount {
			s := faultSlotAt(i)
			if s.stopped.CompareAndSwap(faultPosted, faultSeen) {
				go settleFault(s)
			}
		}
		waitForRing(rung)
	}
}

func settleFault(s *slot) {
	o := &ownFaults
	tid := s.tid()
	o.mu.Lock()
	f, t := o.f, o.task
	o.mu.Unlock()
	verdict := uint32(faultSignal)
	if f != nil && !ofACopy(s) {
		e := linux.Event{Kind: linux.EventSignal, TID: tid, Signal: s.signal()}
		copy(e.Info[:], bytesAt(s.info(), len(e.Info)))
		if x, last, ok := translate(t, e); ok {
			// The frame is read after this: who held the thread at its last
			// fault, and wrote to a frame at this place, has given it up before.
			o.held.Store(tid, s)
			x, last = refine(x, last, s.inFrame(ucPCAt), s.inFrame(ucSPAt))
			t.setFault(tid, last.ofFrame(s))
			x.Thread = tid
			if f(x) {
				verdict = faultHandled
			}
			o.held.Delete(tid)
			for t.wantsHeld(tid) { // it was suspended meanwhile
				time.Sleep(time.Millisecond)
			}
		}
	}
	s.proceed.Store(verdict)
	s.wake()
}

// ofACopy tells whether the fault is one of the kernel's copies.
func ofACopy(s *slot) bool {
	if copying.Load() == 0 {
		return false
	}
	s.copyOut()
	f := runtime.FuncForPC(uintptr(s.u64(ucPCAt)))
	return f != nil && (f.Name() == "runtime.memmove" || strings.HasSuffix(f.Name(), "hosted.move"))
}

// faulted gives the slot of a thread that is in an exception.
func faulted(tid int) *slot {
	if v, ok := ownFaults.held.Load(tid); ok {
		return v.(*slot)
	}
	return nil
}
