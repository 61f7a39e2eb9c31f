//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"
	"sort"
	"strings"
	"sync"

	"github.com/gomach/mach/internal/guest/proc"
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
	// Function is nil for a symbol that the kernel does not know.
	Function(symbol string) *proc.Function
	// Data is the contents of a variable.
	Data(p *proc.Process, symbol string) ([]byte, bool)
	// Describe prints a call for a trace; ok is false for other functions.
	Describe(c *proc.Call) (line string, ok bool)
	// Starting gives more flags for the runner of a program that the guest starts, Started
	// tells of its process.
	Starting() (flags []string)
	Started(p *proc.Process, pid int)
	// Replacing tells that another program is about to take the guest's place, or with not
	// that nothing has come of it.
	Replacing(p *proc.Process, not bool)
}

// State is one guest's libSystem.
type State struct {
	Policy Policy
	Kernel MachKernel

	process *proc.Process
	mu      sync.Mutex // guards what calls in goroutines share
	fds     fdTable
	cwd     string
	cwdFD   int // the same as a host descriptor; -1 at first
	umask   uint32
	keys    [proc.MaxKeys]keyState
	sync    syncState
	dirs    map[uint64]*directory
	heap    heap
	stdio   stdio
	atexit  []exitHandler
	child   *forkState
	procs   map[int]bool   // children that are processes of the host
	exits   map[int]uint32 // statuses of children that are not
	guest   map[uint64]any // objects that have an address in the guest
	rand    uint64
	timers  [3]intervalTimer
	limits  map[int][2]uint64
	statics map[string]uint64
	dlError uint64
	oids    []string // names that sysctl has given numbers
	token   uint64   // where strtok goes on
}

// New makes the state of a guest that starts in a directory.
func New(policy Policy, kernel MachKernel) *State {
	s := &State{Policy: policy, Kernel: kernel, umask: 0o22, cwdFD: -1, dirs: map[uint64]*directory{}, procs: map[int]bool{}, exits: map[int]uint32{}, guest: map[uint64]any{}, limits: map[int][2]uint64{}, statics: map[string]uint64{}}
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
func (s *State) Attach(p *proc.Process) { s.process = p }

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
