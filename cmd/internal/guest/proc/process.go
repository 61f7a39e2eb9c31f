//go:build linux && (amd64 || arm64)

package proc

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"unsafe"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/dyld"
	"github.com/gomach/mach/cmd/internal/guest/macho"
	"github.com/gomach/mach/cmd/internal/guest/mem"
)

// Function answers one symbol of libSystem.
type Function struct {
	// Do answers the call. It runs on the processor's goroutine, so it must not block,
	// unless Async is set: then it runs in its own and other guest threads go on.
	Do    func(c *Call)
	Async bool
}

// Config says what to run and how.
type Config struct {
	Path   string
	Name   string   // of the same file, as the guest knows it; Path if empty
	Args   []string // with the program's name
	Env    []string
	Lookup func(symbol string) *Function // without the leading underscore; nil: not known
	Data   func(p *Process, symbol string) (contents []byte, ok bool)
	// Absent answers calls of functions that Lookup does not know; nil: they end the process.
	Absent func(c *Call)
	// Syscall finds the system call of a number; those of Mach have negative ones. Without it
	// the instruction raises SIGSYS. ok is false for numbers that Darwin does not have, Do is
	// nil for calls that nobody answers.
	Syscall func(number int) (s Syscall, ok bool)
	// IsVariable says of a symbol that neither Lookup nor Data knows whether it is a variable;
	// called is whether the program has code that calls it. Variables are refused.
	IsVariable func(symbol string, called bool) bool
	// Missing, where set, is told of every imported symbol that is not known, instead.
	Missing  func(symbol string, variable, weak bool)
	Arch     *cpu.Arch // nil: whichever the file has
	Random   bool      // slide images by chance
	Trace    io.Writer // one line a call
	Describe func(c *Call, done bool) string
	Count    bool                           // count instructions
	OnCall   func(t *Thread, symbol string) // told of every call, before it is answered
	Stderr   io.Writer
	Personal any // the libSystem's own state, see Process.Personal
	// Debugger is told of a fault before FaultHook is. If it answers true the thread waits
	// until it calls Resume or Undebugged. Only the processor's goroutine may set it.
	Debugger func(t *Thread, f Fault) bool
	// FaultHook is told of a fault; if it answers true it calls Resume or Unhandled later.
	FaultHook func(t *Thread, f Fault) bool
	// SignalHook, where it is set, is told of each signal that a thread is to take, also of one
	// that would be ignored. The thread is kept from running until Judged is called. It is read and
	// changed on the processor's goroutine.
	SignalHook func(t *Thread, si SignalInfo)
	// ThreadEnded is told of a thread's end on the processor's goroutine.
	ThreadEnded func(t *Thread)
	// ThreadMade is told of a new thread, before it runs, on the processor's goroutine.
	ThreadMade func(t *Thread)
	// OnSignal is told of every signal that is sent to the process or to one of its threads, on
	// the processor's goroutine.
	OnSignal func(signal int32)
}

// Process is a running guest.
type Process struct {
	Config
	Arch    *cpu.Arch
	Machine *cpu.Machine
	Space   *mem.Space
	Main    *dyld.Image
	// Timebase is the machine's, or that of the kernel that the process is a task of. It is
	// fixed before the first instruction.
	Timebase Timebase

	stubs       []*stub
	stubAt      map[string]uint64
	stubBase    uint64
	called      map[string]bool // symbols that the program calls, while it is loaded
	knowsCalled bool
	absent      map[string]bool // functions that have been reported
	dataAt      map[string]uint64
	dataNext    uint64
	dataEnd     uint64
	returnPad   uint64 // where a called guest function returns to
	sigReturn   uint64
	threadEnd   uint64
	stackLow    uint64 // the first thread's stack, with the page below it that nobody may use
	stackTop    uint64
	stackStart  uint64 // the stack pointer at its start

	sched   scheduler
	threads []*Thread
	nextID  uint64
	Signals signalState
	child   *child // that runs since fork, or nil

	watching bool // some thread has watchpoints

	exitOnce sync.Once
	exited   bool
	exitCode int
	exitErr  error
	// Killed is the signal that ended the process, or 0.
	Killed int

	ImageInfos        uint64 // address of dyld_all_image_infos
	Argv, Envp, Apple uint64 // the vectors in guest memory
	Argc              int
}

type stub struct {
	symbol string
	fn     *Function
}

const (
	stubSize  = 16
	stubRoom  = 1 << 20
	dataRoom  = 1 << 20
	stackSize = 8 << 20
)

// New loads the program; Run starts it.
func New(c Config) (*Process, error) {
	data, err := os.ReadFile(c.Path)
	if err != nil {
		return nil, err
	}
	arch := c.Arch
	if arch == nil {
		cpus, err := macho.CPUs(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Path, err)
		}
		for _, a := range []*cpu.Arch{cpu.AMD64, cpu.ARM64} {
			for _, have := range cpus {
				if have == a.CPUType {
					arch = a
				}
			}
		}
		if arch == nil {
			return nil, fmt.Errorf("%s: neither for arm64 nor for amd64", c.Path)
		}
	}
	if err := pagesFit(arch, os.Getpagesize()); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Path, err)
	}
	file, err := macho.Parse(data, arch.CPUType)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Path, err)
	}
	if file.Type != macho.TypeExecute {
		return nil, fmt.Errorf("%s: not an executable (Mach-O file type %d)", c.Path, file.Type)
	}
	p := &Process{Config: c, Arch: arch, Timebase: TimebaseOf(arch), stubAt: map[string]uint64{}, dataAt: map[string]uint64{}}
	if p.Stderr == nil {
		p.Stderr = os.Stderr
	}
	if p.Name == "" {
		p.Name = p.Path
	}
	p.sched.init(p)
	p.Space = mem.New(arch.PageSize, nil)
	p.Space.Stopped, p.Space.OnProcessor = p.sched.stopped, p.sched.onProcessor
	if p.stubBase, err = p.Space.Map(mem.Request{Size: stubRoom, Prot: cpu.ProtRead | cpu.ProtExec, Max: 7}); err != nil {
		return nil, err
	}
	if p.dataNext, err = p.Space.Map(mem.Request{Size: dataRoom, Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7}); err != nil {
		return nil, err
	}
	p.dataEnd = p.dataNext + dataRoom
	p.Machine, err = cpu.New(cpu.Config{Arch: arch, StubStart: p.stubBase, StubEnd: p.stubBase + stubRoom, Fault: p.Space.Touch, Refuse: p.Space.Refuse, CountInstructions: c.Count})
	if err != nil {
		return nil, err
	}
	p.Space.SetProcessor(p.Machine)
	p.returnPad = p.internalStub("return to the runner")
	p.sigReturn = p.internalStub("return from a signal handler")
	p.threadEnd = p.internalStub("return from a thread")
	if err := p.mainStack(); err != nil {
		return nil, err
	}
	p.called, p.knowsCalled = file.Called()
	p.Main, err = dyld.Load(p.Space, file, c.Path, dyld.Options{RandomSlide: c.Random, Resolve: p.resolve})
	if err != nil {
		return nil, err
	}
	p.called = nil
	p.ImageInfos = p.imageInfos()
	return p, p.mainThread()
}

// pagesFit says whether a guest's pages can be mapped on a system with pages of a size.
func pagesFit(arch *cpu.Arch, host int) error {
	if uint64(host) > arch.PageSize {
		return fmt.Errorf("a program for %s has pages of %d bytes, this system's have %d: it needs a Linux kernel with smaller pages", arch.Name, arch.PageSize, host)
	}
	return nil
}

// resolve binds an imported symbol: data where it is data, else a stub. Functions that
// nobody answers get a stub too, which says so when it is called; variables are not found.
func (p *Process) resolve(symbol string, weak bool) (uint64, bool) {
	name := trimUnderscore(symbol)
	if a, ok := p.DataSymbol(name); ok {
		return a, true
	}
	if p.Lookup(name) == nil {
		variable := p.IsVariable != nil && p.IsVariable(name, !p.knowsCalled || p.called[symbol])
		switch {
		case p.Missing != nil:
			p.Missing(name, variable, weak)
		case weak:
			return 0, false
		case variable:
			return 0, false
		}
	}
	return p.StubFor(name), true
}

// trimUnderscore gives the C name of a symbol.
func trimUnderscore(s string) string {
	if len(s) > 0 && s[0] == '_' {
		return s[1:]
	}
	return s
}

// DataSymbol is the address of a variable of libSystem.
func (p *Process) DataSymbol(name string) (uint64, bool) {
	if name == "_mh_execute_header" && p.Main != nil {
		return p.Main.Base, true
	}
	if a, ok := p.dataAt[name]; ok {
		return a, true
	}
	if p.Data == nil {
		return 0, false
	}
	b, ok := p.Data(p, name)
	if !ok {
		return 0, false
	}
	a := p.Static(b)
	p.dataAt[name] = a
	return a, true
}

// Static copies bytes into guest memory that stays for ever.
func (p *Process) Static(b []byte) uint64 {
	n := (uint64(len(b)) + 31) &^ 15
	if p.dataNext+n > p.dataEnd {
		at, err := p.Space.Map(mem.Request{Size: max(n, dataRoom), Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7, Stays: true})
		if err != nil {
			return 0
		}
		p.dataNext, p.dataEnd = at, at+max(n, dataRoom)
	}
	at := p.dataNext
	p.dataNext += n
	copy(unsafe.Slice((*byte)(mem.Pointer(at)), n), b)
	return at
}

// StubFor is the address that a function of libSystem has in this guest.
func (p *Process) StubFor(name string) uint64 {
	if a, ok := p.stubAt[name]; ok {
		return a
	}
	a := p.addStub(&stub{symbol: name, fn: p.Lookup(name)})
	p.stubAt[name] = a
	return a
}

func (p *Process) internalStub(what string) uint64 { return p.addStub(&stub{symbol: what}) }

func (p *Process) addStub(s *stub) uint64 {
	at := p.stubBase + uint64(len(p.stubs))*stubSize
	if at+stubSize > p.stubBase+stubRoom {
		return p.stubBase // 65,536 imports: more than libSystem has
	}
	p.stubs = append(p.stubs, s)
	copy(unsafe.Slice((*byte)(mem.Pointer(at)), stubSize), p.Arch.Stub)
	return at
}

// SymbolAt names the stub at an address.
func (p *Process) SymbolAt(addr uint64) (string, bool) {
	if i := (addr - p.stubBase) / stubSize; addr >= p.stubBase && i < uint64(len(p.stubs)) {
		return p.stubs[i].symbol, true
	}
	return "", false
}

// ErrUnknownSymbol ends a guest that calls a function that nobody answers.
var ErrUnknownSymbol = errors.New("not implemented by darwinrun")

// Exit ends the process. It may be called by any goroutine; the first call counts.
func (p *Process) Exit(code int, err error) {
	p.exitOnce.Do(func() {
		p.sched.post(func() {
			p.exited, p.exitCode, p.exitErr = true, code, err
		})
	})
}

// Kill ends the process as a signal does, with a forked child that may run. Any goroutine may
// call it.
func (p *Process) Kill(sig int) {
	p.exitOnce.Do(func() {
		p.sched.post(func() {
			p.exited, p.exitCode, p.Killed = true, 128+sig, sig
		})
	})
}

// Run executes the program to its end.
func (p *Process) Run() (code int, err error) {
	p.sched.loop()
	return p.exitCode, p.exitErr
}

// Threads is a snapshot of the living threads; only on the processor's goroutine.
func (p *Process) Threads() []*Thread { return append([]*Thread(nil), p.threads...) }
