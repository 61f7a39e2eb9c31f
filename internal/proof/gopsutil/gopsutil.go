// Package gopsutil does what gopsutil's cpu.Times and mem.VirtualMemory do on
// Darwin, by package host.
//
// What differs from the original is what the original gets wrong: it frees the
// processors' figures with their number as the size in bytes, takes a reference
// to the host port at each call, and counts memory in 32 bits of pages.
package gopsutil

import (
	"fmt"

	"github.com/gomach/mach/host"
)

// TimesStat is how much time a processor has spent, in seconds.
type TimesStat struct {
	CPU    string  `json:"cpu"`
	User   float64 `json:"user"`
	System float64 `json:"system"`
	Idle   float64 `json:"idle"`
	Nice   float64 `json:"nice"`
}

// Times reads the processors' times, together or one by one.
func Times(percpu bool) ([]TimesStat, error) {
	if !percpu {
		l, err := host.TotalCPULoad()
		if err != nil {
			return nil, err
		}
		return []TimesStat{stat("cpu-total", l)}, nil
	}
	var room [64]host.CPULoad
	loads, err := host.CPULoads(room[:0])
	if err != nil {
		return nil, err
	}
	list := make([]TimesStat, len(loads))
	for i, l := range loads {
		list[i] = stat(name(i), l)
	}
	return list, nil
}

// names of the first processors, which need not be put together.
var names = [...]string{"cpu0", "cpu1", "cpu2", "cpu3", "cpu4", "cpu5", "cpu6", "cpu7",
	"cpu8", "cpu9", "cpu10", "cpu11", "cpu12", "cpu13", "cpu14", "cpu15"}

func name(i int) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprint("cpu", i)
}

func stat(name string, l host.CPULoad) TimesStat {
	seconds := func(n uint32) float64 { return host.CPUTime(n).Seconds() }
	return TimesStat{name, seconds(l.User), seconds(l.System), seconds(l.Idle), seconds(l.Nice)}
}

// VirtualMemoryStat is how the memory is used, in bytes.
type VirtualMemoryStat struct {
	Total       uint64  `json:"total"`
	Available   uint64  `json:"available"`
	Used        uint64  `json:"used"`
	UsedPercent float64 `json:"usedPercent"`
	Free        uint64  `json:"free"`
	Active      uint64  `json:"active"`
	Inactive    uint64  `json:"inactive"`
	Wired       uint64  `json:"wired"`
}

// VirtualMemory reads how the memory is used.
func VirtualMemory() (*VirtualMemoryStat, error) {
	b, err := host.Info()
	if err != nil {
		return nil, err
	}
	m, err := host.MemoryStatistics()
	if err != nil {
		return nil, err
	}
	v := &VirtualMemoryStat{Total: b.Memory, Free: m.Free, Active: m.Active, Inactive: m.Inactive, Wired: m.Wired}
	v.Available = min(m.Free+m.Inactive, b.Memory)
	v.Used = b.Memory - v.Available
	if b.Memory > 0 {
		v.UsedPercent = 100 * float64(v.Used) / float64(b.Memory)
	}
	return v, nil
}
