package main

import "github.com/gomach/mach/host"

// memoryStatistics are the figures of host.Memory by the names that JSON has.
type memoryStatistics struct {
	PageSize          uint64 `json:"page_size"`
	Free              uint64 `json:"free"`
	Active            uint64 `json:"active"`
	Inactive          uint64 `json:"inactive"`
	Wired             uint64 `json:"wired"`
	Speculative       uint64 `json:"speculative"`
	Throttled         uint64 `json:"throttled"`
	Purgeable         uint64 `json:"purgeable"`
	FileBacked        uint64 `json:"file_backed"`
	Anonymous         uint64 `json:"anonymous"`
	Compressor        uint64 `json:"compressor"`
	Compressed        uint64 `json:"compressed"`
	Swapped           uint64 `json:"swapped"`
	Faults            uint64 `json:"faults"`
	CopyOnWriteFaults uint64 `json:"copy_on_write_faults"`
	ZeroFills         uint64 `json:"zero_fills"`
	Reactivations     uint64 `json:"reactivations"`
	Pageins           uint64 `json:"pageins"`
	Pageouts          uint64 `json:"pageouts"`
	Swapins           uint64 `json:"swapins"`
	Swapouts          uint64 `json:"swapouts"`
	Compressions      uint64 `json:"compressions"`
	Decompressions    uint64 `json:"decompressions"`
	Lookups           uint64 `json:"lookups"`
	Hits              uint64 `json:"hits"`
	Purges            uint64 `json:"purges"`
	HasCompressor     bool   `json:"has_compressor"` // what the system does not tell is 0
	HasSwapped        bool   `json:"has_swapped"`
}

func newMemoryStatistics(m host.Memory) memoryStatistics {
	return memoryStatistics{
		m.PageSize, m.Free, m.Active, m.Inactive, m.Wired, m.Speculative, m.Throttled, m.Purgeable, m.FileBacked, m.Anonymous,
		m.Compressor, m.Compressed, m.Swapped, m.Faults, m.CopyOnWriteFaults, m.ZeroFills, m.Reactivations, m.Pageins, m.Pageouts,
		m.Swapins, m.Swapouts, m.Compressions, m.Decompressions, m.Lookups, m.Hits, m.Purges, m.HasCompressor(), m.HasSwapped(),
	}
}

// performanceLevel is a kind of processor.
type performanceLevel struct {
	Name          string `json:"name"`
	PhysicalCPUs  int    `json:"physical_cpus"`
	PhysicalMax   int    `json:"physical_max"`
	LogicalCPUs   int    `json:"logical_cpus"`
	LogicalMax    int    `json:"logical_max"`
	L1Instruction uint64 `json:"l1_instruction"`
	L1Data        uint64 `json:"l1_data"`
	L2            uint64 `json:"l2"`
	L3            uint64 `json:"l3"`
	CPUsPerL2     int    `json:"cpus_per_l2"`
	CPUsPerL3     int    `json:"cpus_per_l3"`
}
