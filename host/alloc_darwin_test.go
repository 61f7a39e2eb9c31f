package host_test

import (
	"testing"

	"github.com/gomach/mach/host"
)

// Who samples often leaves nothing for the collector. (The hosted kernel is in
// the program itself, and does.)
func TestNoAllocations(t *testing.T) {
	loads, err := host.CPULoads(nil)
	must(t, err)
	for name, f := range map[string]func() error{
		"CPULoads":         func() (err error) { loads, err = host.CPULoads(loads[:0]); return err },
		"TotalCPULoad":     func() error { _, err := host.TotalCPULoad(); return err },
		"MemoryStatistics": func() error { _, err := host.MemoryStatistics(); return err },
		"LoadAverage":      func() error { _, err := host.LoadAverage(); return err },
		"Now":              func() error { host.Now(); return nil },
	} {
		must(t, f())
		if n := testing.AllocsPerRun(100, func() { f() }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
