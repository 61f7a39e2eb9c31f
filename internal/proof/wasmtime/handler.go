package wasmtime

import (
	"context"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// mask is what compiled code raises.
const mask = mach.EXC_MASK_BAD_ACCESS | mach.EXC_MASK_BAD_INSTRUCTION | mach.EXC_MASK_ARITHMETIC

// Handler judges the exceptions of the threads that were attached to it.
type Handler struct {
	server    *exc.Server
	behaviors []mach.ExceptionBehavior
	served    chan struct{}
	codes     registry

	mu    sync.Mutex
	calls map[uint64]uint64 // by the thread's number: the innermost call's activation
}

// New starts a handler, which the caller closes. It asks for the first of the
// behaviors that the program permits; each must tell the thread or bring its
// registers. Without any it is wasmtime's, and then the one for hardened
// programs.
func New(behaviors ...mach.ExceptionBehavior) (*Handler, error) {
	if len(behaviors) == 0 {
		behaviors = []mach.ExceptionBehavior{
			mach.EXCEPTION_DEFAULT | mach.MACH_EXCEPTION_CODES,
			mach.EXCEPTION_STATE_IDENTITY_PROTECTED | mach.MACH_EXCEPTION_CODES,
		}
	}
	h := &Handler{behaviors: behaviors, served: make(chan struct{}), calls: map[uint64]uint64{}}
	var err error
	if h.server, err = exc.NewServer(h.exception); err != nil {
		return nil, err
	}
	go func() {
		defer close(h.served)
		h.server.Serve(context.Background())
	}()
	return h, nil
}

// Close ends the handler; threads that are still attached get their former
// handlers back.
func (h *Handler) Close() error {
	err := h.server.Close()
	<-h.served
	return err
}

// Register makes traps of the code known, Unregister makes them strangers.
func (h *Handler) Register(c *Code)   { h.codes.insert(c) }
func (h *Handler) Unregister(c *Code) { h.codes.remove(c) }

// exception is told of each exception of the attached threads.
func (h *Handler) exception(_ context.Context, e *exc.Exception) error {
	faulted, fault, ours := judge(e)
	if !ours {
		return exc.Pass
	}
	th, id, err := threadOf(e)
	if err != nil {
		return exc.Pass
	}
	r, err := registers(e, th)
	if err != nil {
		return exc.Pass
	}
	trap, ok := h.codes.trapAt(r.PC())
	if !ok {
		return exc.Pass
	}
	h.mu.Lock()
	activation, ok := h.calls[id]
	h.mu.Unlock()
	if !ok {
		return exc.Pass
	}
	resume(r, task.Self(), landingPad(), trapped{r.PC(), r.FP(), faulted, fault, uint64(trap), activation})
	if setRegisters(e, th, r) != nil {
		return exc.Pass
	}
	return nil
}

// threadOf is the thread, lent, by what the behavior tells of it.
func threadOf(e *exc.Exception) (*task.Thread, uint64, error) {
	if e.Thread == nil {
		return nil, e.ThreadID, nil
	}
	id, err := e.Thread.ID()
	return e.Thread, id, err
}

// registers come with the exception or are asked for.
func registers(e *exc.Exception, th *task.Thread) (*task.Registers, error) {
	if len(e.State) == 0 {
		return th.Registers()
	}
	return fromWords(e.State)
}

func setRegisters(e *exc.Exception, th *task.Thread, r *task.Registers) error {
	if len(e.State) == 0 {
		return th.SetRegisters(r)
	}
	e.State = toWords(r)
	return nil
}
