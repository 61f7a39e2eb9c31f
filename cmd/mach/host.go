package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach/host"
)

// hostInfo is what hostinfo(8) tells.
type hostInfo struct {
	Kernel    string             `json:"kernel"`
	CPU       string             `json:"cpu"`
	Physical  int                `json:"physical_cpus"`
	Logical   int                `json:"logical_cpus"`
	Available int                `json:"available_cpus"`
	Memory    uint64             `json:"memory"`
	PageSize  uint64             `json:"page_size"`
	Uptime    time.Duration      `json:"uptime_ns"`
	Load      []float64          `json:"load,omitempty"`
	Kinds     []performanceLevel `json:"performance_levels,omitempty"`
}

func hostCommand() *cobra.Command {
	var exact *bool
	c := &cobra.Command{
		Use:   "host",
		Short: "The computer and its kernel",
		Long:  "host tells the kernel's version, the processors and their kinds, the memory, how long\nthe system has been running, and its load.",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			x, err := newHostInfo()
			if err != nil {
				return err
			}
			return emit(cmd, x, func(w *printer) { x.print(w, *exact) })
		},
	}
	exact = bytesFlag(c)
	return c
}

func newHostInfo() (x hostInfo, err error) {
	b, err := host.Info()
	if err != nil {
		return x, err
	}
	x = hostInfo{
		CPU: strings.TrimPrefix(b.CPU.String(), "CPU_TYPE_"), Physical: b.PhysicalMax, Logical: b.LogicalMax,
		Available: b.AvailableCPUs, Memory: b.Memory, PageSize: b.PageSize,
	}
	if x.Kernel, err = host.KernelVersion(); err != nil {
		return x, err
	}
	if x.Uptime, err = host.Uptime(); err != nil {
		return x, err
	}
	if l, err := host.LoadAverage(); err == nil {
		x.Load = l.Average[:]
	}
	if k, err := host.PerformanceLevels(); err == nil && len(k) > 1 {
		for _, l := range k {
			x.Kinds = append(x.Kinds, performanceLevel(l))
		}
	}
	return x, nil
}

func (x hostInfo) print(w *printer, exact bool) {
	rows := [][]string{
		{"kernel", x.Kernel},
		{"processor", x.CPU},
		{"cores", fmt.Sprintf("%d, with %d hardware threads, %d of them in use", x.Physical, x.Logical, x.Available)},
		{"memory", size(x.Memory, exact) + ", in pages of " + size(x.PageSize, exact)},
		{"up for", x.Uptime.Round(time.Second).String()},
	}
	for _, k := range x.Kinds {
		rows = append(rows, []string{strings.ToLower(k.Name), fmt.Sprintf("%d cores", k.PhysicalMax)})
	}
	if len(x.Load) > 0 {
		rows = append(rows, []string{"load", fmt.Sprintf("%.2f in 1 minute, %.2f in 5, %.2f in 15", x.Load[0], x.Load[1], x.Load[2])})
	}
	w.table([]string{"", ""}, rows)
}

func usedCommand() *cobra.Command {
	var exact *bool
	c := &cobra.Command{
		Use:   "used",
		Short: "The memory that is in use, as Activity Monitor counts it",
		Long:  "used tells how much of the computer's memory is in use, as Activity Monitor counts it,\nevery term explained.",
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := host.MemoryStatistics()
			if err != nil {
				return err
			}
			terms := []term{
				{"used", m.Used(), "app + wired + compressor"},
				{"app", m.App(), "memory of programs that no file stands behind, less what may be purged"},
				{"wired", m.Wired, "cannot be moved out of memory"},
				{"compressor", m.Compressor, "taken by the compressor"},
				{"cached", m.Cached(), "copies of files, and what may be purged: given up when it is needed"},
				{"free", m.Free, "nothing is in it"},
			}
			if !m.HasCompressor() {
				terms = append(terms[:3], terms[4:]...)
				terms[0].Meaning = "app + wired"
			}
			return emit(cmd, struct {
				Terms []term           `json:"terms"`
				All   memoryStatistics `json:"statistics"`
			}{terms, newMemoryStatistics(m)}, func(w *printer) { printTerms(w, terms, *exact) })
		},
	}
	exact = bytesFlag(c)
	return c
}
