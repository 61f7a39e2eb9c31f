package core

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Task is a Mach task: a name space, an address space and threads.
type Task struct {
	Kernel *Kernel
	Sub    TaskSub
	Space  *ipc.Space // its port names; made for every task, used by those of this kernel

	mu      sync.Mutex
	threads map[int]*Thread // by the substrate's thread id
	state   states
	dead    chan struct{}
	once    sync.Once
	ports   flavoredPorts
	ported  atomic.Bool // a port to one of its threads exists
	// watching: somebody looks for threads that have ended.
	watching atomic.Bool
	// selfName is the control port's name in Space, 0 until it is made.
	selfName atomic.Uint32
}

// Lock and Unlock guard the task's thread table and suspend counts.
func (t *Task) Lock()   { t.mu.Lock() }
func (t *Task) Unlock() { t.mu.Unlock() }

// State returns the task's state of a subsystem under key, made by mk at first
// use.
func (t *Task) State(key any, mk func() any) any {
	return t.state.get(key, mk, func() bool { return !t.Alive() })
}

// Dead is closed when the task has ended.
func (t *Task) Dead() <-chan struct{} { return t.dead }

// Alive reports whether the task has not ended.
func (t *Task) Alive() bool {
	select {
	case <-t.dead:
		return false
	default:
		return true
	}
}

// Thread is a Mach thread.
type Thread struct {
	Task  *Task
	Sub   ThreadSub
	ID    int // the substrate's thread id
	state states
	ports flavoredPorts
	ended atomic.Bool

	ported  atomic.Bool // a port to it exists
	abortMu sync.Mutex
	abort   chan struct{} // closed by Interrupt; made when somebody waits
	over    bool          // abort is closed for good
}

// State is Task.State for a thread.
func (t *Thread) State(key any, mk func() any) any {
	return t.state.get(key, mk, t.ended.Load)
}

// TaskSub is a task as its substrate has it.
type TaskSub interface {
	PID() int
	Self() bool // this process, or the calling guest: registers only of other threads
	CPU() mach.CPUType
	// Control says whether the caller may do more with the task than learn its
	// figures: nil, or an error that wraps fs.ErrPermission or fs.ErrNotExist.
	Control() error
	Memory() AddressSpace
	// Threads lists the ids of the live threads in creation order.
	Threads() ([]int, error)
	OpenThread(id int) (ThreadSub, error)
	// Suspend stops all threads, also ones that appear while it works, and
	// returns when they stand; Resume lets them run. The kernel counts: they
	// are called in turn.
	Suspend() error
	Resume() error
	Terminate() error
	// Wait returns when the process has ended.
	Wait(done <-chan struct{})
	Usage() (Usage, error)
	Close() error
}

// ThreadSub is a thread as its substrate has it. All calls fail with an error
// that wraps fs.ErrNotExist once the thread has ended.
type ThreadSub interface {
	Suspend() error
	Resume() error
	// GetState returns the thread's state of a Darwin flavor, in 32-bit words
	// as Darwin lays them out. A thread that runs is stopped for the moment.
	// errors.ErrUnsupported: a flavor that the CPU or the substrate lacks, or
	// one of the other width than the thread's. The substrate knows only the
	// flavors of one width (X86_THREAD_STATE64, ARM_NEON_STATE64, ...): the
	// kernel makes the unified ones and the flavor lists of them.
	GetState(flavor mach.ThreadStateFlavor) ([]uint32, error)
	SetState(flavor mach.ThreadStateFlavor, words []uint32) error
	Usage() (ThreadUsage, error)
	Abort() error     // interrupts the system call that the thread waits in
	Terminate() error // errors.ErrUnsupported where a thread cannot be ended alone
}

// Identifier is a ThreadSub that can tell its UniqueID, Handle and DispatchQ
// for less than all figures cost.
type Identifier interface {
	Identity() (ThreadUsage, error)
}

// Usage are the figures of a task.
type Usage struct {
	Name              string
	PPID, UID, GID    int
	RUID, RGID        int
	Start             time.Time
	User, System      time.Duration // of live threads
	DeadUser, DeadSys time.Duration // of threads that ended
	Virtual           uint64        // bytes
	Resident          uint64
	ResidentPeak      uint64
	Anonymous, File   uint64 // resident, by kind
	Swapped           uint64
	MinorFaults       uint64
	MajorFaults       uint64
	CtxSwitches       uint64
	Syscalls          uint64
	Threads           int
	Nice              int
	SixtyFour         bool
}

// ThreadUsage are the figures of a thread.
type ThreadUsage struct {
	Name         string
	User, System time.Duration
	CPUPercent   float64      // 0 to 100, recent
	State        mach.Integer // TH_STATE_*
	Idle         bool
	Swapped      bool
	Priority     int
	BasePriority int
	Nice         int
	Policy       int // Linux or POSIX scheduling policy number
	Sleep        time.Duration
	Handle       uint64 // thread-local storage register, where known
	DispatchQ    uint64
	UniqueID     uint64
}
