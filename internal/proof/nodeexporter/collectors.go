// Package nodeexporter collects what node_exporter's cpu and meminfo collectors
// do on Darwin, by package host.
//
// The original needs cgo, and frees the processors' figures with their number as
// the size.
package nodeexporter

import (
	"strconv"

	"github.com/gomach/mach/host"
)

// Metric is a figure with its labels.
type Metric struct {
	Name    string
	Counter bool // or a gauge
	CPU     string
	Mode    string
	Value   float64
}

// CPU collects how many seconds each processor has spent in each mode.
func CPU() ([]Metric, error) {
	loads, err := host.CPULoads(nil)
	if err != nil {
		return nil, err
	}
	var list []Metric
	for i, l := range loads {
		for _, m := range []struct {
			mode string
			n    uint32
		}{{"user", l.User}, {"system", l.System}, {"nice", l.Nice}, {"idle", l.Idle}} {
			list = append(list, Metric{"node_cpu_seconds_total", true, strconv.Itoa(i), m.mode, host.CPUTime(m.n).Seconds()})
		}
	}
	return list, nil
}

// Memory collects how the memory is used, without swap files, which are not
// Mach's.
func Memory() ([]Metric, error) {
	b, err := host.Info()
	if err != nil {
		return nil, err
	}
	m, err := host.MemoryStatistics()
	if err != nil {
		return nil, err
	}
	gauge := func(name string, n uint64) Metric {
		return Metric{Name: "node_memory_" + name, Value: float64(n)}
	}
	counter := func(name string, pages uint64) Metric {
		return Metric{Name: "node_memory_" + name, Counter: true, Value: float64(pages * m.PageSize)}
	}
	return []Metric{
		gauge("active_bytes", m.Active),
		gauge("compressed_bytes", m.Compressor),
		gauge("inactive_bytes", m.Inactive),
		gauge("wired_bytes", m.Wired),
		gauge("free_bytes", m.Free),
		gauge("internal_bytes", m.Anonymous),
		gauge("purgeable_bytes", m.Purgeable),
		gauge("total_bytes", b.Memory),
		counter("swapped_in_bytes_total", m.Pageins),
		counter("swapped_out_bytes_total", m.Pageouts),
	}, nil
}
