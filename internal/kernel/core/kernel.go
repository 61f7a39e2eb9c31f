package core

import (
	"sync"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/proto"
)

// Kernel is the state that all tasks share.
type Kernel struct {
	Table    Table
	handlers []Handler

	mu    sync.Mutex
	tasks map[int]*Task // by pid
	self  *Task

	// Sub opens tasks that are not of this kernel: Linux processes, or other
	// guests.
	Sub Substrate

	// Policy says which messages may go to which ports. It is fixed before the
	// first call.
	Policy ipc.Policy

	// Stub performs the function of a Ctx by a message, as its first argument
	// is a port that a task serves; false: the function sends none. nil: none
	// does.
	Stub func(*Ctx) (mach.KernReturn, bool)

	// VM makes and frees the memory that calls and messages hand over; nil:
	// the substrate does it alone.
	VM VM

	// Ticks is a time in the unit of mach_absolute_time, fixed before the first
	// call. nil: nanoseconds.
	Ticks func(time.Duration) uint64

	// Guard deals with a guard that a call broke, before the call returns; nil:
	// nobody does.
	Guard func(*Ctx, ipc.Violation)
	// Unguarded, unless nil, says that broken guards are to have no
	// consequences but the call's result.
	Unguarded func() bool
	// Ends, unless nil, hears why the kernel is about to end a process.
	Ends func(pid int, why string)

	// Opened is told of each task that the substrate has opened, before anybody
	// else sees it.
	Opened func(*Task)

	// state of the subsystems, by their keys: see State.
	state sync.Map
}

// VM is the part of the vm subsystem that other subsystems need: it knows of a
// mapping what the substrate does not.
type VM interface {
	// HandOut makes fresh memory for messages in a task.
	HandOut(t *Task, size uint64) (uint64, mach.KernReturn)
	// TakeBack unmaps memory of a task.
	TakeBack(t *Task, addr, size uint64) mach.KernReturn
}

// Substrate finds and opens tasks.
type Substrate interface {
	// OpenTask attaches to a process. The error wraps fs.ErrNotExist or
	// fs.ErrPermission where that is the cause.
	OpenTask(pid int) (TaskSub, error)
	// PIDs lists the processes that can be seen.
	PIDs() ([]int, error)
}

// New makes a kernel that answers by the table.
func New(t Table, sub Substrate) *Kernel {
	return &Kernel{Table: t, handlers: t.index(), tasks: map[int]*Task{}, Sub: sub}
}

// Call performs function number sym (position in proto.Functions plus one).
func (k *Kernel) Call(c *Ctx, sym int) uint64 {
	r := k.Begin(c, sym)
	for c.Wake != nil {
		<-c.Wake
		r = c.Resume()
	}
	return r
}

// Begin is Call but for a wait that the handler leaves to its caller: as long
// as c.Wake is not nil, something is to be received from it, and Resume goes on.
// Like XNU's continuations that saves frames: the processor foresees no return
// that follows a switch of goroutines, and each costs as much as a lock.
func (k *Kernel) Begin(c *Ctx, sym int) uint64 {
	if uint(sym-1) >= uint(len(proto.Functions)) {
		return unknown
	}
	c.Kernel, c.Fn, c.waited = k, &proto.Functions[sym-1], false
	return k.handlers[sym](c)
}

const unknown = uint64(mach.KERN_NOT_SUPPORTED)

// Number is the symbol number of a C name, or 0.
func Number(name string) int {
	lo, hi := 0, len(proto.Functions)
	for lo < hi {
		mid := (lo + hi) / 2
		if proto.Functions[mid].Name < name {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(proto.Functions) && proto.Functions[lo].Name == name {
		return lo + 1
	}
	return 0
}

// State returns the kernel-wide state of a subsystem under key, made by mk at
// first use.
func (k *Kernel) State(key any, mk func() any) any {
	if v, ok := k.state.Load(key); ok {
		return v
	}
	v, _ := k.state.LoadOrStore(key, mk())
	return v
}
