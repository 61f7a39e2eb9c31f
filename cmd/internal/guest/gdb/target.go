package gdb

import "github.com/gomach/mach/cmd/internal/guest/cpu"

// Target is a guest as a debugger sees it. The server calls all methods but Interrupt only
// while the guest is stopped: from Attach on, but for the time of a Resume.
type Target interface {
	Arch() *cpu.Arch
	Path() string // of the executable, on the host
	Slide() uint64
	Image() Image
	Threads() []Thread
	Registers(thread uint64) (cpu.Regs, error)
	SetRegisters(thread uint64, r cpu.Regs) error
	ReadMemory(b []byte, address uint64) (int, error)
	// WriteMemory writes whatever the protection says; the processor forgets what it has
	// translated of the range.
	WriteMemory(b []byte, address uint64) error
	// Attach stops the guest and takes its faults from then on.
	Attach() Stop
	// Detach gives them back and lets the guest go on, with a signal or 0.
	Detach(signal int)
	// Resume lets the guest go on, and returns when it has stopped again or ended.
	Resume(Resumption) Stop
	// Interrupt makes a Resume in progress come back; any goroutine may call it.
	Interrupt()
	Kill()
}

// Thread is one thread of a target.
type Thread struct {
	ID   uint64
	Name string
}

// Resumption says how a guest goes on.
type Resumption struct {
	// Step is the thread that executes one instruction while the others stand still; 0: all
	// run.
	Step uint64
	// Signal goes to the thread Thread: the fault that it stopped for, if it is that one's.
	Signal int
	Thread uint64
}

// Stop says why a guest stopped.
type Stop struct {
	Thread     uint64
	Signal     int // in Darwin's numbers, which are GDB's
	Breakpoint bool
	Exited     bool // with Code
	Killed     bool // by Signal
	Code       int
}
