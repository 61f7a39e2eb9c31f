package host_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/gomach/mach/host"
	"github.com/gomach/mach/port/porttest"
)

// The kinds make up the machine: the counts of all are those of host_info
// (HOST_BASIC_INFO and hw.perflevelN both count by ml_get_cpu_number_type and its sums,
// xnu bsd/kern/kern_mib.c). In a guest the emulated computer has each thread for a core.
func TestPerformanceLevels(t *testing.T) {
	porttest.LeakCheck(t)
	list, err := host.PerformanceLevels()
	if runtime.GOOS != "darwin" && errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	must(t, err)
	b, err := host.Info()
	must(t, err)
	var sum host.PerformanceLevel
	for i, l := range list {
		if l.LogicalCPUs < 0 || l.LogicalCPUs > l.LogicalMax || l.PhysicalCPUs > l.LogicalCPUs || l.PhysicalMax > l.LogicalMax || l.PhysicalMax < 1 {
			t.Errorf("level %d: %+v", i, l)
		}
		switch {
		case len(list) == 1 && l.Name != "Standard", len(list) > 1 && i == 0 && l.Name != "Performance",
			len(list) > 1 && i == len(list)-1 && l.Name != "Efficiency":
			t.Errorf("level %d of %d is called %q", i, len(list), l.Name)
		}
		if runtime.GOARCH == "amd64" && runtime.GOOS == "darwin" && len(list) != 1 {
			t.Errorf("%d levels: XNU for x86 has one (osfmk/i386/machine_routines.c, ml_get_cpu_types)", len(list))
		}
		sum.LogicalCPUs += l.LogicalCPUs
		sum.PhysicalCPUs += l.PhysicalCPUs
	}
	if sum.LogicalCPUs != b.LogicalCPUs {
		t.Errorf("levels have %d hardware threads, the host %d", sum.LogicalCPUs, b.LogicalCPUs)
	}
	if sum.PhysicalCPUs < 1 || sum.PhysicalCPUs > sum.LogicalCPUs {
		t.Errorf("%d cores with %d threads", sum.PhysicalCPUs, sum.LogicalCPUs)
	}
}
