package nodeexporter

import (
	"math"
	"testing"

	"github.com/gomach/mach/host"
	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/port/porttest"
)

func TestCPU(t *testing.T) {
	host.Port() // kept for good
	porttest.LeakCheck(t)
	list, err := CPU()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	for _, m := range list {
		if m.Name != "node_cpu_seconds_total" || !m.Counter || m.CPU == "" || m.Value < 0 {
			t.Errorf("metric is %+v", m)
		}
		sums[m.Mode] += m.Value
	}
	total, err := host.TotalCPULoad()
	if err != nil {
		t.Fatal(err)
	}
	for mode, n := range map[string]uint32{"user": total.User, "system": total.System, "nice": total.Nice, "idle": total.Idle} {
		if want := host.CPUTime(n).Seconds(); math.Abs(sums[mode]-want) > 5 {
			t.Errorf("%s is %v, want %v", mode, sums[mode], want)
		}
	}
	if len(sums) != 4 || len(list)%4 != 0 {
		t.Errorf("%d metrics of modes %v", len(list), sums)
	}
}

func TestMemory(t *testing.T) {
	host.Port()
	porttest.LeakCheck(t)
	list, err := Memory()
	if err != nil {
		t.Fatal(err)
	}
	v := map[string]float64{}
	for _, m := range list {
		v[m.Name] = m.Value
		if m.Counter != (m.Name == "node_memory_swapped_in_bytes_total" || m.Name == "node_memory_swapped_out_bytes_total") {
			t.Errorf("metric is %+v", m)
		}
	}
	total := v["node_memory_total_bytes"]
	if len(v) != 10 || total <= 0 || v["node_memory_free_bytes"]+v["node_memory_wired_bytes"] > total || v["node_memory_active_bytes"] <= 0 {
		t.Errorf("metrics are %v", v)
	}
}
