// Package cause keeps why the hosted kernel refused to open, stop or read a
// process. Mach's codes say too little for advice: task_for_pid answers
// KERN_FAILURE for everything. The substrate reports each refusal with Report;
// whoever words the error asks Of. On Darwin nothing reports, so Of returns
// nil there.
package cause

import "sync"

// Kind is a class of causes, each of which something else helps against.
type Kind int

// The kinds. A field of Error that a kind fills is named beside it.
const (
	Unknown        Kind = iota
	NoProcess           // there is no process with this pid
	Ended               // the process has ended (a zombie counts as ended)
	ThreadEnded         // the thread has ended
	OtherTracer         // another tracer holds the process: Tracer, TracerName
	Filtered            // a seccomp filter or sandbox refuses a system call: Call
	NoDescriptors       // no file descriptor is left: RLIMIT_NOFILE, or the system's limit
	NoMemory            // no memory is left
	PtraceScope         // Yama forbids it: Scope is kernel.yama.ptrace_scope
	NoCapability        // root was refused, and lacks CAP_SYS_PTRACE
	Namespace           // root was refused, since the process belongs to an outer user namespace
	SecurityModule      // root was refused, though it has CAP_SYS_PTRACE over everything: SELinux, AppArmor, ...
	OtherUser           // the process is another user's, or has changed its user or is not dumpable
	KernelThread        // the process is one of the kernel's threads
	Hidden              // /proc hides the process: it is mounted with hidepid
	NoProc              // /proc is not mounted, or is another pid namespace's
	Busy                // it did not stop in time: it is in execve, or in a call that nothing interrupts
)

// Error is one refusal.
type Error struct {
	Kind       Kind
	PID        int
	Tracer     int    // OtherTracer: its thread's id
	TracerName string // OtherTracer: its name, or empty
	Call       string // Filtered: the system call
	Scope      int    // PtraceScope
	Err        error  // what the substrate said, with the errno in its chain
}

// Error is the text of the error that the substrate gave.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error that the substrate gave.
func (e *Error) Unwrap() error { return e.Err }

// maxKept bounds the table. The refusals of the last so many pids are kept.
const maxKept = 64

var kept struct {
	sync.Mutex
	last  map[int]*Error
	order []int // pids, the oldest report first
}

// Report keeps e as the last refusal of its pid.
func Report(e *Error) {
	kept.Lock()
	defer kept.Unlock()
	if kept.last == nil {
		kept.last = map[int]*Error{}
	}
	forget(e.PID)
	if len(kept.order) == maxKept {
		delete(kept.last, kept.order[0])
		kept.order = append(kept.order[:0], kept.order[1:]...)
	}
	kept.last[e.PID] = e
	kept.order = append(kept.order, e.PID)
}

// Clear forgets the refusal of a pid, as an operation on it succeeded.
func Clear(pid int) {
	kept.Lock()
	defer kept.Unlock()
	forget(pid)
}

func forget(pid int) {
	if kept.last[pid] == nil {
		return
	}
	delete(kept.last, pid)
	for i, p := range kept.order {
		if p == pid {
			kept.order = append(kept.order[:i], kept.order[i+1:]...)
			return
		}
	}
}

// Of returns the last refusal of a pid, or nil if there is none. It is the
// cause of the call that failed last if nobody else asks about the same process
// at the same time.
func Of(pid int) *Error {
	kept.Lock()
	defer kept.Unlock()
	return kept.last[pid]
}
