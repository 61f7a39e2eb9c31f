package task

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"runtime"
	"sync"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/kernel/vm"
)

func controlTable() core.Table {
	return core.Table{
		"task_terminate": full(onTask(core.Control, func(*core.Ctx, *core.Task) mach.KernReturn {
			return mach.KERN_FAILURE // every task that a program can name has a process
		})),
		"thread_terminate": full(onThread(core.Control, threadTerminate)),
		"thread_abort":     fullNote(onThread(core.Control, threadAbort), "a Linux system call ends with EINTR; a page fault is not broken off"),
		"thread_abort_safely": fullNote(onThread(core.Control, threadAbortSafely),
			"a Linux system call that can be restarted goes on when the thread does"),
		"thread_depress_abort":        full(onThread(core.Control, depressAbort)),
		"thread_switch":               full(core.K(threadSwitch)),
		"swtch":                       full(swtch),
		"swtch_pri":                   full(swtch),
		"thread_convert_thread_state": full(onThread(core.Control, convertState)),
		"task_get_state":              full(onTask(core.Read, taskGetState)),
		"task_set_state":              fullNote(onTask(core.Control, taskSetState), "where the machine's debug registers stop no thread, a state with one that is on is refused with KERN_NOT_SUPPORTED; new threads of a hosted process itself begin without"),
		"task_purgable_info":          full(onTask(core.Inspect, purgableInfo)),
		"task_get_exc_guard_behavior": full(onTaskOr(mach.KERN_INVALID_TASK, core.Inspect, getGuard)),
		"task_set_exc_guard_behavior": full(onTaskOr(mach.KERN_INVALID_TASK, core.Control, setGuard)),
		"task_get_mach_voucher": full(onTaskOr(mach.KERN_INVALID_TASK, core.Read, func(c *core.Ctx, _ *core.Task) mach.KernReturn {
			return c.Put32(2, uint32(mach.MACH_PORT_NULL))
		})),
		"task_set_mach_voucher":   full(onTaskOr(mach.KERN_INVALID_TASK, core.Control, taskSetVoucher)),
		"task_swap_mach_voucher":  full(onTask(core.Control, func(*core.Ctx, *core.Task) mach.KernReturn { return mach.KERN_NOT_SUPPORTED })),
		"thread_get_mach_voucher": full(onThread(core.Read, threadGetVoucher)),
		"thread_set_mach_voucher": full(onThread(core.Control, threadSetVoucher)),
		"thread_swap_mach_voucher": full(onThread(core.Control, func(*core.Ctx, *core.Thread) mach.KernReturn {
			return mach.KERN_NOT_SUPPORTED
		})),
	}
}

// threadTerminate: threads of a process's library are not ended from outside
// (xnu osfmk/kern/thread_act.c); all of Linux's are such.
func threadTerminate(_ *core.Ctx, th *core.Thread) mach.KernReturn {
	err := th.Sub.Terminate()
	if errors.Is(err, errors.ErrUnsupported) {
		return mach.KERN_DENIED
	}
	if err == nil {
		th.End()
	}
	return threadFailure(th, err)
}

func threadAbort(_ *core.Ctx, th *core.Thread) mach.KernReturn {
	// First the look whether there is a thread: one whose wait is broken off
	// may end at once.
	if _, err := th.Sub.Usage(); err != nil {
		return threadFailure(th, err)
	}
	th.Interrupt()
	raisePriority(th)
	return aborted(th, th.Sub.Abort())
}

func threadAbortSafely(_ *core.Ctx, th *core.Thread) mach.KernReturn {
	if _, err := th.Sub.Usage(); err != nil {
		return threadFailure(th, err)
	}
	th.Interrupt()
	return mach.KERN_SUCCESS
}

func aborted(th *core.Thread, err error) mach.KernReturn {
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrNotExist) {
		return mach.KERN_SUCCESS // there was no call that could be broken off, or its thread has ended with it
	}
	return threadFailure(th, err)
}

// raisePriority ends a depression; it reports whether there was one.
func raisePriority(th *core.Thread) bool {
	p := policiesOf(th)
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.depress
	p.depress = false
	return was
}

func depressAbort(_ *core.Ctx, th *core.Thread) mach.KernReturn {
	if !raisePriority(th) {
		return mach.KERN_NOT_DEPRESSED
	}
	return mach.KERN_SUCCESS
}

// Options of thread_switch that only xnu's private headers name: libdispatch's
// wait, in microseconds, and what locks do that wait for the named thread.
const (
	switchContention  = 3 // SWITCH_OPTION_DISPATCH_CONTENTION
	switchLockDepress = 4 // SWITCH_OPTION_OSLOCK_DEPRESS
	switchLockWait    = 5 // SWITCH_OPTION_OSLOCK_WAIT
)

// threadSwitch gives the processor away (xnu osfmk/kern/syscall_subr.c). A
// name that is no thread's is no error.
func threadSwitch(c *core.Ctx) mach.KernReturn {
	option, unit := c.I32(1), time.Millisecond
	if option == switchContention {
		unit = time.Microsecond
	}
	d := time.Duration(c.U32(2)) * unit
	switch option {
	case mach.SWITCH_OPTION_NONE:
		runtime.Gosched()
	case mach.SWITCH_OPTION_DEPRESS, switchLockDepress:
		if th := c.Caller(); th != nil {
			p := policiesOf(th)
			p.mu.Lock()
			p.depress = true
			p.mu.Unlock()
			defer raisePriority(th) // the depression ends when the thread runs again
		}
		runtime.Gosched()
	case mach.SWITCH_OPTION_WAIT, switchContention, switchLockWait:
		wait := time.NewTimer(d)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-c.Interrupt():
		}
	default:
		return mach.KERN_INVALID_ARGUMENT
	}
	return mach.KERN_SUCCESS
}

// swtch offers the processor. Whether others wait for it is not known to a
// program, so the answer is that none does.
func swtch(*core.Ctx) uint64 {
	runtime.Gosched()
	return 0
}

// convertState copies: no pointers are signed here.
func convertState(c *core.Ctx, th *core.Thread) mach.KernReturn {
	direction := c.I32(1)
	if direction != mach.THREAD_CONVERT_THREAD_STATE_TO_SELF && direction != mach.THREAD_CONVERT_THREAD_STATE_FROM_SELF {
		return mach.KERN_INVALID_ARGUMENT
	}
	in, kr := c.TakeInfo(3, 4, mach.THREAD_STATE_MAX)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	room, kr := c.Get32(6)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if int64(room) < int64(len(in)) {
		return mach.KERN_INSUFFICIENT_BUFFER_SIZE
	}
	return c.PutInfo(5, 6, in, len(in))
}

// debugFlavor is the one flavor that a task as a whole has
// (osfmk/i386/pcb.c, osfmk/arm64/pcb.c machine_task_get_state).
func debugFlavor(t *core.Task) (mach.ThreadStateFlavor, int) {
	if t.Sub.CPU() == mach.CPU_TYPE_ARM64 {
		return mach.ARM_DEBUG_STATE64, int(mach.ARM_DEBUG_STATE64_COUNT)
	}
	return mach.X86_DEBUG_STATE64, int(mach.X86_DEBUG_STATE64_COUNT)
}

// taskDebug are the debug registers for new threads.
type taskDebug struct {
	mu    sync.Mutex
	words []uint32
}

type taskDebugKey struct{}

func taskDebugOf(t *core.Task) *taskDebug {
	return t.State(taskDebugKey{}, func() any { return &taskDebug{} }).(*taskDebug)
}

func taskGetState(c *core.Ctx, t *core.Task) mach.KernReturn {
	flavor, count := debugFlavor(t)
	room, kr := c.Get32(3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if mach.ThreadStateFlavor(c.I32(1)) != flavor || int64(room) != int64(count) {
		return mach.KERN_INVALID_ARGUMENT
	}
	w := make([]uint32, count)
	d := taskDebugOf(t)
	d.mu.Lock()
	copy(w, d.words)
	d.mu.Unlock()
	return c.PutInfo(2, 3, w, count)
}

// newThreads has the task's new threads begin with debug registers
// (osfmk/kern/thread.c, thread_create_internal; machine_thread_inherit_taskwide in
// osfmk/i386/machine_task.c and osfmk/arm64/machine_task.c).
func newThreads(t *core.Task, flavor mach.ThreadStateFlavor, words []uint32) mach.KernReturn {
	x, ok := t.Sub.(core.Beginner)
	if !ok {
		return mach.KERN_SUCCESS
	}
	err := x.NewThreads(flavor, words)
	switch {
	case err == nil, errors.Is(err, errors.ErrUnsupported):
		return mach.KERN_SUCCESS
	case errors.Is(err, core.ErrInvalidState):
		return mach.KERN_INVALID_ARGUMENT
	case errors.Is(err, core.ErrNoDebugRegisters):
		return mach.KERN_NOT_SUPPORTED
	}
	return taskFailure(err)
}

func taskSetState(c *core.Ctx, t *core.Task) mach.KernReturn {
	flavor, count := debugFlavor(t)
	d := taskDebugOf(t)
	none := mach.ThreadStateFlavor(13)
	if t.Sub.CPU() == mach.CPU_TYPE_ARM64 {
		none = 5
	}
	switch mach.ThreadStateFlavor(c.I32(1)) {
	case flavor:
		w, kr := c.TakeInfo(2, 3, mach.THREAD_STATE_MAX)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		if len(w) != count {
			return mach.KERN_INVALID_ARGUMENT
		}
		if kr := newThreads(t, flavor, w); kr != mach.KERN_SUCCESS {
			return kr
		}
		d.mu.Lock()
		d.words = w
		d.mu.Unlock()
		return mach.KERN_SUCCESS
	case none:
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.words == nil {
			return mach.KERN_FAILURE
		}
		d.words = nil
		return newThreads(t, flavor, nil)
	}
	return mach.KERN_INVALID_ARGUMENT
}

func purgableInfo(c *core.Ctx, t *core.Task) mach.KernReturn {
	info := vm.Volatile(c.Kernel, t)
	w := words(&info)
	b := make([]byte, 4*len(w))
	for i, v := range w {
		binary.LittleEndian.PutUint32(b[4*i:], v)
	}
	return c.Write(1, b)
}

// voucherPort keeps a thread's voucher.
type voucherPort struct {
	mu    sync.Mutex
	right ipc.Right
	over  bool // the thread has ended
}

// End implements core.Ender.
func (v *voucherPort) End() {
	v.mu.Lock()
	old := v.right
	v.right, v.over = ipc.Right{}, true
	v.mu.Unlock()
	old.Release()
}

func (v *voucherPort) set(r ipc.Right) {
	v.mu.Lock()
	old := r
	if !v.over {
		old, v.right = v.right, r
	}
	v.mu.Unlock()
	old.Release()
}

type voucherKey struct{}

func voucherOf(th *core.Thread) *voucherPort {
	return th.State(voucherKey{}, func() any { return &voucherPort{} }).(*voucherPort)
}

func threadGetVoucher(c *core.Ctx, th *core.Thread) mach.KernReturn {
	v := voucherOf(th)
	v.mu.Lock()
	r := ipc.NewSendRight(v.right.Port)
	v.mu.Unlock()
	return c.GiveRight(2, r)
}

// threadSetVoucher: only the caller's own thread, and only a voucher.
func threadSetVoucher(c *core.Ctx, th *core.Thread) mach.KernReturn {
	if c.Caller() != th {
		return mach.KERN_INVALID_ARGUMENT
	}
	r, kr := takeSend(c, 1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if kind, _ := r.Port.KObject(); r.Valid() && kind != mach.IPC_OTYPE_VOUCHER {
		r.Release()
		r = ipc.Right{}
	}
	voucherOf(th).set(r)
	return mach.KERN_SUCCESS
}

// taskSetVoucher does nothing with the voucher.
func taskSetVoucher(c *core.Ctx, _ *core.Task) mach.KernReturn {
	r, kr := takeSend(c, 1)
	r.Release()
	return kr
}
