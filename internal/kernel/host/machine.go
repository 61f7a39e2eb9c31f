package host

import "github.com/gomach/mach"

// Machine are the figures of the machine at one moment, in the units of the
// system that keeps them: translating them to Darwin's is this package's work.
type Machine interface {
	PageSize() uint64
	Memory() (MemoryFigures, error)
	CPUs() ([]CPU, error) // those on line, in order of number
	Topology() (Topology, error)
	Load() (Load, error)
	// Version is the kernel's version in one line.
	Version() (string, error)
	// BootArgs is what the kernel was started with.
	BootArgs() (string, error)
	// Expired is the processor time of processes that have ended.
	Expired() (user, system Ticks, err error)
	// Interrupts are a processor's since boot.
	Interrupts(cpu int) (Interrupts, error)
	// TimeSlice is the scheduler's time slice in milliseconds.
	TimeSlice() (int, error)
	// Processes counts the processes that there are.
	Processes() (int, error)
	// ClockSet waits until somebody sets the calendar clock, or until stop is
	// closed; then it returns false.
	ClockSet(stop <-chan struct{}) bool
	// Zones lists the kernel's object caches. The error is an fs.ErrPermission
	// for those who may not know.
	Zones() ([]Zone, error)
}

// Ticks count time in 1/100 s, Darwin's unit for processor time.
type Ticks uint64

// CPU is a processor's time by use.
type CPU struct {
	Number                   int
	User, System, Idle, Nice Ticks
}

// Interrupts are counts of a processor's interrupts: all of them, those of its
// clock and those that other processors sent.
type Interrupts struct{ All, Timer, Others uint64 }

// MemoryFigures are counts of pages, and of events with pages since boot.
type MemoryFigures struct {
	Total, Free, Active, Inactive uint64
	External, Internal            uint64 // active and inactive pages of files, of anonymous memory
	Faults, Reactivations         uint64
	Pageins, Pageouts             uint64 // pages read from and written to disks
	Swapins, Swapouts, Swapped    uint64
	Purges                        uint64 // pages that were given back as not needed
	Compressions, Decompressions  uint64
	Compressor, Uncompressed      uint64 // pages that compressed memory takes, and that it stands for
}

// Topology is what the machine has.
type Topology struct {
	Logical, Physical int // processors that run, and their cores
	Possible          int // processors that could ever run
	CPUType           mach.CPUType
	CPUSubtype        mach.CPUSubtype
	Memory            uint64 // bytes
}

// Load holds averages in thousandths, and what there is to run.
type Load struct {
	One, Five, Fifteen uint64
	Threads            int
}

// Zone is a cache of objects of one size in the kernel.
type Zone struct {
	Name                 string
	Count, Active        uint64 // objects, and those in use
	ElemSize, AllocBytes uint64 // size of one, and of the slab they are cut from
}
