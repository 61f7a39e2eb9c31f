// Package cpu runs guest machine code in Unicorn, the CPU emulator library.
//
// The library is opened at run time through purego, so nothing here needs cgo. One Machine
// is one emulated processor; threads are made by exchanging its registers. Guest addresses
// are host addresses: a page of the guest is mapped in this process at the same place, so
// what the guest hands over as a pointer is one. See internal/guest/mem for who may use it.
package cpu

// Prot says what a guest may do with memory, in the bits that Darwin and Unicorn share.
type Prot uint8

// The protection bits.
const (
	ProtRead  Prot = 1
	ProtWrite Prot = 2
	ProtExec  Prot = 4
)

// Regs is the general register file of a stopped thread, in the order of Arch.Registers.
type Regs [40]uint64

// Arch describes one guest architecture to the machine and to the code that calls and
// answers guest functions. The descriptions are in the folders arm64 and amd64.
type Arch struct {
	Name     string // GOARCH's word for it
	CPUType  uint32 // cputype in a Mach-O header
	ucArch   uintptr
	ucMode   uintptr
	ucModel  uintptr
	PageSize uint64

	Registers []int32 // Unicorn's number of each word of Regs
	Names     []string
	PC        int // indexes into Regs
	SP        int
	FP        int
	LR        int // -1 where calls push the return address
	Flags     int
	Result    int
	Result2   int
	IntArgs   []int

	Vector0  int32 // Unicorn's number of the first vector register
	Vectors  int   // how many there are
	Stub     []byte
	Trap     []byte // the breakpoint instruction
	Setup    []RegisterValue
	Thread   int32 // Unicorn's number of the register that holds the thread pointer
	Classify func(intno uint32) Stop
}

// RegisterValue is one register to be set before the first instruction.
type RegisterValue struct {
	Register int32
	Value    uint64
}

// Stop says why Run came back.
type Stop int

// The reasons.
const (
	StopCall       Stop = iota // the guest entered a stub; Event.Address is its address
	StopBudget                 // the budget of basic blocks is used up
	StopMemory                 // an access that the address space does not allow
	StopBreakpoint             // a breakpoint instruction
	StopUndefined              // an instruction that the processor does not know
	StopArithmetic             // integer division fault
	StopSyscall                // a direct system call
	StopOther                  // any other trap; Event.Code is Unicorn's number for it
	StopStep                   // one instruction was executed, as Step was asked to
	StopWatch                  // an access to memory that is watched; Event.Code says by what
)

func (s Stop) String() string {
	names := [...]string{"call", "budget", "memory fault", "breakpoint", "undefined instruction", "arithmetic fault", "system call", "trap", "step", "watchpoint"}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown"
}

// Event is what Run reports.
type Event struct {
	Stop    Stop
	Address uint64 // the stub or the faulting address
	Access  Prot   // what a faulting access wanted
	Code    uint32
	Host    bool // the memory is the guest's, but the host has nothing there: a file that became shorter
}

// Config is what a Machine is made from.
type Config struct {
	Arch *Arch
	// Stubs is the range of guest addresses whose execution stops the machine.
	StubStart, StubEnd uint64
	// Fault is asked for memory that is not mapped. It maps what belongs there and
	// answers true, or answers false to make the access a fault.
	Fault func(address, size uint64, access Prot) bool
	// Refuse is called when an access to an address is a fault. It takes all writable memory
	// from the machine, and what is at the address; Fault gives it back. It answers whether the address is
	// the guest's at all.
	Refuse func(address uint64) (guests bool)
	// CountInstructions keeps Instructions up to date, at some cost.
	CountInstructions bool
}
