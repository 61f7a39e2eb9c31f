//go:build linux && (amd64 || arm64)

package hosted

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// ownThread is a thread of this process. No process can trace itself, so its
// registers are had by a signal: a handler of our own, in assembly, copies
// them out of the frame that the system made for it, or into it, and can wait
// there, which suspends the thread. Go's runtime neither sees the signal nor
// minds a system call that it interrupts.
type ownThread struct {
	task  *task
	id    int
	start uint64

	mu   sync.Mutex
	held *slot // while the thread is suspended
	// late is set when the thread was suspended in an exception: it is held
	// when that is over.
	late atomic.Bool
}

// ownSignal is a real-time signal that nothing is known to use: the C library
// has 32 to 34.
const ownSignal = 62

// A slot is how a handler is told what to do, and where it answers. It stands
// in memory that Go does not know, at an address that the signal carries.
type slot struct {
	stopped atomic.Uint32 // the handler has begun
	proceed atomic.Uint32 // it may end
	left    atomic.Uint32 // it has ended, and uses the slot no more
	op      uint32
	context uint64         // address of the frame's ucontext
	extra   [5]uint64      // of faults: address of the siginfo; thread id and signal
	regs    [960]byte      // the frame's general registers, as ucontext has them
	float   [15 << 10]byte // its vector registers
}

// What a handler does, in this order.
const (
	opCopyOut = 1
	opCopyIn  = 2
	opHold    = 4
)

var slots struct {
	mu      sync.Mutex
	free    []*slot
	install sync.Once
	err     error
}

func takeSlot() (*slot, error) {
	slots.mu.Lock()
	defer slots.mu.Unlock()
	slots.install.Do(func() { slots.err = installHandler() })
	if slots.err != nil {
		return nil, slots.err
	}
	if n := len(slots.free); n > 0 {
		s := slots.free[n-1]
		slots.free = slots.free[:n-1]
		return s, nil
	}
	return newSlot()
}

func (s *slot) giveBack() {
	s.stopped.Store(0)
	s.proceed.Store(0)
	s.left.Store(0)
	slots.mu.Lock()
	slots.free = append(slots.free, s)
	slots.mu.Unlock()
}

func openOwnThread(t *task, id int) (*ownThread, error) {
	s, err := t.p.ThreadStat(id)
	if err != nil {
		return nil, err
	}
	return &ownThread{task: t, id: id, start: s.StartTime}, nil
}

func (t *ownThread) same() error {
	if !t.task.p.HasThread(t.id, t.start) {
		return linux.ErrThreadGone
	}
	return nil
}

const ownPatience = 5 * time.Second

// visit has the handler run in the thread, and waits until word says that it
// has come so far. A slot whose signal is still out is lost: the handler may
// run at any later time.
func (t *ownThread) visit(s *slot, op uint32, word *atomic.Uint32) error {
	if err := t.same(); err != nil {
		s.giveBack()
		return err
	}
	s.op = op
	if err := sendSlot(t.id, s); err != nil {
		s.giveBack()
		if err == unix.ESRCH {
			return linux.ErrThreadGone
		}
		return err
	}
	begin := time.Now()
	for round := 0; word.Load() == 0; round++ {
		switch {
		case round < 100:
			_, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
		default:
			keepSleeping()
		}
		if round%100 == 99 {
			if err := t.same(); err != nil {
				return err
			}
			if time.Since(begin) > ownPatience {
				return linux.ErrBusy
			}
		}
	}
	return nil
}

// deaf tells whether the thread has the signal blocked for good. Go parks the
// main thread so when the goroutine that was locked to it has ended; all
// threads are so for a moment around a fork.
func (t *ownThread) deaf() bool {
	for range 20 {
		s, err := t.task.p.ThreadStatus(t.id)
		if err != nil || s.SigBlk>>(ownSignal-1)&1 == 0 {
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}

// fromProc gives what the system tells of a thread that waits in a system
// call: the call's arguments, stack pointer and program counter. The other
// registers are 0.
func (t *ownThread) fromProc(flavor mach.ThreadStateFlavor) ([]uint32, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/syscall", t.id))
	if err != nil {
		return nil, t.same()
	}
	var number int64
	var r [8]uint64 // six arguments, stack pointer, program counter
	n, _ := fmt.Sscanf(string(b), "%d 0x%x 0x%x 0x%x 0x%x 0x%x 0x%x 0x%x 0x%x", &number,
		&r[0], &r[1], &r[2], &r[3], &r[4], &r[5], &r[6], &r[7])
	if n != 9 {
		return nil, linux.ErrBusy
	}
	return callState(flavor, r)
}

// look copies the registers out.
func (t *ownThread) look() (*slot, error) {
	s, err := takeSlot()
	if err != nil {
		return nil, err
	}
	if err := t.visit(s, opCopyOut, &s.left); err != nil {
		return nil, err
	}
	return s, nil
}

// Suspend holds the thread in the handler. Whoever suspends threads of a Go
// program had better know that they hold no lock of its runtime.
func (t *ownThread) Suspend() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held != nil {
		return nil
	}
	if faulted(t.id) != nil {
		t.late.Store(true)
		late.Store(t.id, t)
		return nil
	}
	if t.deaf() {
		return linux.ErrBusy
	}
	s, err := takeSlot()
	if err != nil {
		return err
	}
	if t.id == unix.Gettid() {
		// The caller itself: the signal comes before the call returns, and
		// nobody is there to note that it is held.
		t.held = s
		t.mu.Unlock()
		err = t.visit(s, opHold, &s.left)
		t.mu.Lock()
		return err
	}
	if err := t.visit(s, opHold, &s.stopped); err != nil {
		return err
	}
	t.held = s
	return nil
}

// late are the threads that were suspended in an exception.
var late sync.Map // of *ownThread, by id

func (t *task) wantsHeld(tid int) bool {
	_, ok := late.Load(tid)
	return ok
}

// standing gives the slot of a thread that stands still, suspended or in an
// exception.
func (t *ownThread) standing() *slot {
	if t.held != nil {
		return t.held
	}
	return faulted(t.id)
}

func (t *ownThread) Resume() error {
	t.mu.Lock()
	s := t.held
	t.held = nil
	t.mu.Unlock()
	if t.late.CompareAndSwap(true, false) {
		late.Delete(t.id)
		return nil
	}
	if s == nil {
		return t.same()
	}
	s.proceed.Store(1)
	s.wake()
	for s.left.Load() == 0 {
		time.Sleep(20 * time.Microsecond)
		if err := t.same(); err != nil {
			return err
		}
	}
	if t.id != unix.Gettid() {
		s.giveBack()
	}
	return nil
}

func (t *ownThread) GetState(flavor mach.ThreadStateFlavor) ([]uint32, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.standing(); s != nil {
		s.copyOut()
		if f, ok := t.task.faultState(t.id, flavor); ok {
			return f, nil
		}
		return s.state(flavor)
	}
	if t.deaf() {
		return t.fromProc(flavor)
	}
	s, err := t.look()
	if err != nil {
		return nil, err
	}
	defer s.giveBack()
	return s.state(flavor)
}

func (t *ownThread) SetState(flavor mach.ThreadStateFlavor, words []uint32) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.standing(); s != nil {
		s.copyOut()
		if err := s.setState(flavor, words); err != nil {
			return err
		}
		s.copyIn()
		return nil
	}
	if t.deaf() {
		return linux.ErrBusy
	}
	s, err := t.look()
	if err != nil {
		return err
	}
	if err := s.setState(flavor, words); err != nil {
		s.giveBack()
		return err
	}
	s.left.Store(0)
	s.stopped.Store(0)
	if err := t.visit(s, opCopyIn, &s.left); err != nil {
		return err
	}
	s.giveBack()
	return nil
}

// Abort does nothing: the kernel's own waits end otherwise, and Go's runtime
// starts interrupted system calls again.
func (t *ownThread) Abort() error {
	if err := t.same(); err != nil {
		return err
	}
	return errors.ErrUnsupported
}

func (t *ownThread) Terminate() error { return t.Abort() }

// u64 and setU64 are registers in the frame.
func (s *slot) u64(at int) uint64       { return binary.LittleEndian.Uint64(s.regs[at:]) }
func (s *slot) setU64(at int, v uint64) { binary.LittleEndian.PutUint64(s.regs[at:], v) }

var _ core.ThreadSub = (*ownThread)(nil)
