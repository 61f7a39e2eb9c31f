//go:build (linux || darwin) && (amd64 || arm64)

package wasmtime

import (
	"errors"
	"runtime"

	"github.com/ebitengine/purego"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// activation is a call of compiled code. The assembly knows its layout. It is
// in Go's heap, which does not move.
type activation struct {
	entry  uint64
	stack  uint64 // the first address behind the stack, aligned to 16
	a, b   uint64
	result uint64
	saved  uint64 // the stack pointer of enter
	// What the landing pad was told.
	trapped                        uint64
	pc, fp, faulted, fault, number uint64
}

// Thread is a thread of the system that may run compiled code. It belongs to the
// goroutine that has made it, and keeps that on the thread.
type Thread struct {
	h          *Handler
	id         uint64
	thread     *task.Thread
	attachment *exc.Attachment
	stack      *task.Allocation
	guard      uint64
}

// stackSize is the compiled code's own stack.
const stackSize = 64 << 10

// Attach makes the handler responsible for the current thread. The caller closes
// it, in the same goroutine.
func (h *Handler) Attach() (_ *Thread, err error) {
	runtime.LockOSThread()
	t := &Thread{h: h, thread: task.CurrentThread()}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	if t.id, err = t.thread.ID(); err != nil {
		return nil, err
	}
	t.guard = uint64(mach.VMPageSize())
	if t.stack, err = task.Self().Allocate(t.guard+stackSize, 0); err != nil {
		return nil, err
	}
	if err = task.Self().Protect(t.stack.Address(), t.guard, mach.VM_PROT_NONE); err != nil {
		return nil, err
	}
	t.attachment, err = h.server.Attach(exc.Thread(t.thread), mask, flavor, h.behaviors...)
	return t, err
}

// Close gives the thread its former handlers back, and the goroutine its
// freedom.
func (t *Thread) Close() error {
	err := errors.Join(t.attachment.Close(), t.stack.Close(), t.thread.Close())
	runtime.UnlockOSThread()
	return err
}

// Guard is the range below the stack that must not be touched.
func (t *Thread) Guard() (start, end uint64) {
	return t.stack.Address(), t.stack.Address() + t.guard
}

// Call calls the function at an offset of the code, with two arguments in the
// registers of the C ABI. A trap is a [*Trap].
func (t *Thread) Call(c *Code, offset, a, b uint64) (uint64, error) {
	f := &activation{entry: c.start + offset, stack: t.stack.Address() + t.stack.Size(), a: a, b: b}
	at := mach.AddressOf(f)
	h := t.h
	h.mu.Lock()
	before, nested := h.calls[t.id]
	h.calls[t.id] = at
	h.mu.Unlock()
	purego.SyscallN(enterPC, uintptr(at))
	h.mu.Lock()
	if nested {
		h.calls[t.id] = before
	} else {
		delete(h.calls, t.id)
	}
	h.mu.Unlock()
	runtime.KeepAlive(f)
	if f.trapped != 0 {
		return 0, &Trap{Code: TrapCode(f.number), PC: f.pc, FP: f.fp, Fault: f.fault, Faulted: f.faulted != 0}
	}
	return f.result, nil
}

// The addresses of the assembly's functions.
var enterPC, leavePC uintptr

func landingPad() uint64 { return uint64(leavePC) }
