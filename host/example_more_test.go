package host_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/gomach/mach"
	"github.com/gomach/mach/host"
)

// The part of the time that a processor was busy, although a counter has
// started over.
func ExampleCPULoad_Since() {
	before := host.CPULoad{User: 100, System: 50, Idle: 1<<32 - 30}
	now := host.CPULoad{User: 115, System: 55, Idle: 50}
	l := now.Since(before)
	fmt.Println(l.User, l.System, l.Idle, l.Busy())
	fmt.Println(host.CPUTime(l.User))
	// Output:
	// 15 5 80 0.2
	// 150ms
}

// The system's clock does not go back.
func ExampleOpenClock() {
	c, err := host.OpenClock(mach.SYSTEM_CLOCK)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	a, err := c.Read()
	if err != nil {
		log.Fatal(err)
	}
	b, err := c.Read()
	fmt.Println(b >= a, err)
	// Output: true <nil>
}

// Two page sizes: the program's memory is mapped in one, the host's is counted
// in the other.
func ExampleMemoryStatistics() {
	b, err := host.Info()
	if err != nil {
		log.Fatal(err)
	}
	m, err := host.MemoryStatistics()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.PageSize == b.KernelPageSize, m.Free <= b.Memory)
	// Output: true true
}

// How much memory is in use, as Activity Monitor shows it.
func ExampleMemory_Used() {
	m, err := host.MemoryStatistics()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Used() == m.App()+m.Wired+m.Compressor)
	// Output: true
}

// P and E cores.
func ExamplePerformanceLevels() {
	levels, err := host.PerformanceLevels()
	if errors.Is(err, errors.ErrUnsupported) {
		return // this system does not tell
	}
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range levels {
		fmt.Printf("%d %s cores, %d KiB of L2 for %d\n", l.PhysicalCPUs, l.Name, l.L2>>10, l.CPUsPerL2)
	}
}
