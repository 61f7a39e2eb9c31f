//go:build linux && (amd64 || arm64)

package linux

import (
	"runtime"
	"testing"
)

func TestHost(t *testing.T) {
	s, err := ReadHostStat()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.CPUs) != runtime.NumCPU() || s.BootTime == 0 || s.Total.User == 0 {
		t.Errorf("%+v", s)
	}
	topo, err := ReadTopology()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d packages %d cores %d possible %+v", topo.Packages, topo.Cores, topo.Possible, topo.Processors[0].Model)
	l, err := ReadLoadavg()
	t.Log(l, err)
	u, err := ReadUname()
	t.Log(u, err)
	m, err := ReadMeminfo()
	t.Log(m["MemTotal"], err)
	v, err := ReadVmstat()
	t.Log(v["pgfault"], err)
}
