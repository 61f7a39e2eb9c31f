//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"
	"sort"
	"strings"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// table has every function by its C name.
var table = map[string]*proc.Function{}

// on registers a function that answers at once (or blocks by Call.Block).
func on(names string, f func(c *proc.Call)) {
	for name := range strings.FieldsSeq(names) {
		table[name] = &proc.Function{Do: f}
	}
}

// onAsync registers a function with a goroutine of its own: one that calls guest functions.
func onAsync(names string, f func(c *proc.Call)) {
	for name := range strings.FieldsSeq(names) {
		table[name] = &proc.Function{Do: f, Async: true}
	}
}

// suffixes are variants of a symbol that Darwin keeps for the sake of old programs. What
// they select is what we implement: 64-bit inodes, Unix 2003 conformance.
var suffixes = []string{"$NOCANCEL", "$UNIX2003", "$INODE64", "$DARWIN_EXTSN", "$1050"}

// plain strips them.
func plain(symbol string) string {
	for {
		old := symbol
		for _, s := range suffixes {
			symbol = strings.TrimSuffix(symbol, s)
		}
		if symbol == old {
			return symbol
		}
	}
}

// Symbols lists what is implemented, sorted.
func Symbols() []string {
	var names []string
	for name := range table {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Policy is what a guest may reach outside of itself.
type Policy struct {
	Root     string   // the guest's file system root; "" is the host's
	Writable []string // trees that it may change; nil: all
	ReadOnly []string // trees that it may not, even inside Writable
	Network  bool
	// Runner is the command that runs a darwin program: programs that the guest starts go
	// through it. Empty: the guest cannot start programs.
	Runner []string
	// HostPrograms lets the guest start programs of the host, which nothing limits.
	HostPrograms bool
}

// MachKernel answers the Mach functions; see internal/guest/machkern.
type MachKernel interface {
	// Attach makes the guest a task, unless it is one.
	Attach(p *proc.Process)
	// Function is nil for a symbol that the kernel does not know.
	Function(symbol string) *proc.Function
	// Data is the contents of a variable.
	Data(p *proc.Process, symbol string) ([]byte, bool)
	// Describe prints a call for a trace; ok is false for other functions.
	Describe(c *proc.Call) (line string, ok bool)
	// Pthread is the pthread_t of the thread that a port of the guest's names, or 0.
	Pthread(c *proc.Call, port uint32) uint64
	// Starting makes what the runner of a program that the guest starts joins the guest's kernel
	// by, Replacing for a program that takes the guest's place. nil: the program gets a kernel of
	// its own.
	Starting(p *proc.Process) (Joining, error)
	Replacing(p *proc.Process) (Joining, error)
	// WatchPort has woken called when there may be a message for a port or a port set, until the
	// watch is stopped. woken must not wait.
	WatchPort(p *proc.Process, name uint32, woken func()) (PortWatch, proc.Errno)
	// Receive is mach_msg with MACH_RCV_MSG for a thread, without waiting.
	Receive(t *proc.Thread, buffer uint64, option mach.MachMsgOption, size, name uint32) mach.KernReturn
	// Unmap is mach_vm_deallocate of the guest's own memory, for a thread. Replace says that the
	// guest itself puts a mapping in the place of what is there: with KERN_NO_SPACE it must not.
	// Inherit and Behavior are mach_vm_inherit and mach_vm_behavior_set. All may take their time.
	Unmap(t *proc.Thread, address, size uint64) mach.KernReturn
	Replace(p *proc.Process, address, size uint64) mach.KernReturn
	Inherit(t *proc.Thread, address, size uint64, inherit uint32) mach.KernReturn
	Behavior(t *proc.Thread, address, size uint64, behavior int32) mach.KernReturn
	// Ptrace is ptrace of another process: a request with its thread and signal, where it has
	// them. It may take its time.
	Ptrace(p *proc.Process, pid, request int, thread uint32, sig int32) proc.Errno
	// Tracing is how the guest itself is traced.
	Tracing() Tracing
	// TraceExceptions makes exceptions of the signals of the guest, if it is traced. Only on the
	// processor's goroutine.
	TraceExceptions() bool
}

// Joining is one way into a kernel, for one process.
type Joining interface {
	// File is what the process inherits; it stays the Joining's.
	File() *os.File
	// Started says which process it is, and how it is traced.
	Started(pid int, how Tracing)
	// Close ends this process's part in it. If nobody has inherited the file, nothing comes of it.
	Close()
}

// State is one guest's libSystem. Calls run on the processor's goroutine or in their own: mu
// guards atexit, refused, procs, exits, stops, statics; fds, heap, stdio and its streams, vnodes and
// mounts have locks of their own, selfMu guards selfNotes; the rest is the processor's
// goroutine's alone, and what is set before the guest runs (Policy, Kernel, process, rootFD)
// does not change.
type State struct {
	Policy Policy
	Kernel MachKernel

	process *proc.Process
	mu      sync.Mutex
	fds     fdTable
	cwd     string
	cwdFD   int // the same as a host descriptor; -1 at first
	rootFD  int // of Policy.Root
	umask   uint32
	keys    [proc.MaxKeys]keyState
	sync    syncState
	dirs    map[uint64]*directory
	heap    heap
	stdio   stdio
	atexit  []exitHandler
	child   *forkState
	forks   int             // children that fork has made
	refused map[string]bool // programs of the host that were not started
	procs   map[int]bool    // children that are processes of the host
	exits   map[int]uint32  // statuses of children that are not
	stops   map[int]uint32  // statuses of traced children that have stopped
	guest   map[uint64]any  // objects that have an address in the guest
	rand    uint64
	timers  [3]*intervalTimer // nil: never set
	limits  map[int][2]uint64
	statics map[string]uint64
	dlError uint64
	oids    []string // names that sysctl has given numbers
	token   uint64   // where strtok goes on
	vnodes  vnodes
	mounts  mounts

	selfMu    sync.Mutex         // taken after a kqueue's
	selfNotes map[*knote]*kqueue // knotes about the guest itself
}

// New makes the state of a guest that starts in a directory.
func New(policy Policy, kernel MachKernel) *State {
	s := &State{Policy: policy, Kernel: kernel, umask: 0o22, cwdFD: -1, rootFD: openRoot(policy.Root), dirs: map[uint64]*directory{}, procs: map[int]bool{}, exits: map[int]uint32{}, stops: map[int]uint32{}, guest: map[uint64]any{}, limits: map[int][2]uint64{}, statics: map[string]uint64{}}
	s.cwd, _ = os.Getwd()
	if r := policy.Root; r != "" {
		if s.cwd = s.GuestPath(s.cwd); !inside(r+s.cwd, []string{hostCwd()}) {
			s.cwd = "/" // the runner's own is outside
		}
	}
	s.fds.init()
	s.sync.init()
	return s
}

// Lookup finds the implementation of a symbol for proc.Config.
func (s *State) Lookup(symbol string) *proc.Function {
	if f := table[plain(symbol)]; f != nil || s.Kernel == nil {
		return f
	}
	return s.Kernel.Function(symbol)
}

// Attach connects the state to its process; before it runs.
func (s *State) Attach(p *proc.Process) {
	s.process = p
	p.OnSignal = s.tellSelf
	if s.Kernel != nil {
		s.Kernel.Attach(p)
	}
	mapCommPage(p)
}

// of is the state of the guest that calls.
func of(c *proc.Call) *State { return c.Process.Personal.(*State) }

// result returns a host call's outcome: -1 and errno, or the value.
func result(c *proc.Call, v uint64, err error) {
	if err != nil {
		c.Fail(proc.FromHost(err))
		return
	}
	c.Return(v)
}
