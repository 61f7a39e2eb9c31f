package host

// PerformanceLevel is one kind of cores that the computer has: Apple silicon has fast
// ones and economical ones, "P cores" and "E cores".
//
// A size is in bytes and 0 where the system does not tell it; so is the number of
// processors (hardware threads) that share a cache. L3 is 0 where there is none, as on
// Apple silicon.
type PerformanceLevel struct {
	Name          string // the kernel's: "Performance", "Efficiency", or "Standard" where there is one kind
	PhysicalCPUs  int    // cores that run now
	PhysicalMax   int    // cores
	LogicalCPUs   int    // hardware threads that run now
	LogicalMax    int    // hardware threads
	L1Instruction uint64 // bytes, of each core
	L1Data        uint64 // bytes, of each core
	L2            uint64 // bytes, of each group of CPUsPerL2
	L3            uint64 // bytes, of each group of CPUsPerL3
	CPUsPerL2     int
	CPUsPerL3     int
}

// PerformanceLevels lists the kinds of cores, the fastest first: the index is the N of
// Darwin's hw.perflevelN. Which numbers of processors ([Processors], [CPULoads]) are of
// which kind, Darwin does not tell in this way.
//
// On Darwin it asks sysctl, which knows since macOS 12. On Linux it reads /sys, with
// or without a Mach kernel in the program: the capacities of processors
// (cpu_capacity), or Intel's cpu_core and cpu_atom. Where the system does not tell, it
// fails with errors.ErrUnsupported.
func PerformanceLevels() ([]PerformanceLevel, error) { return performanceLevels() }
