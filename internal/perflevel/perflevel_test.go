package perflevel

import (
	"fmt"
	"reflect"
	"testing"
	"testing/fstest"
)

func files(list map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range list {
		m[name] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	return m
}

// A hybrid Intel processor: two fast cores of two threads, four slow ones that share a
// second-level cache (the layout is that of Documentation/ABI/testing/sysfs-devices-system-cpu).
func TestHybrid(t *testing.T) {
	l := map[string]string{
		cpus + "present": "0-7", cpus + "online": "0-7",
		"devices/cpu_core/cpus": "0-3", "devices/cpu_atom/cpus": "4-7",
		// The capacities of favoured cores differ; the devices say more.
		cpus + "cpu0/cpu_capacity": "1024", cpus + "cpu1/cpu_capacity": "1024", cpus + "cpu2/cpu_capacity": "1000",
	}
	for n, core := range []string{"0-1", "0-1", "2-3", "2-3", "4", "5", "6", "7"} {
		l[fmt.Sprint(cpus, "cpu", n, "/topology/core_cpus_list")] = core
	}
	for n, c := range map[int][4][4]string{
		0: {{"1", "Data", "48K", "0-1"}, {"1", "Instruction", "32K", "0-1"}, {"2", "Unified", "1280K", "0-1"}, {"3", "Unified", "12M", "0-7"}},
		4: {{"1", "Data", "32K", "4"}, {"1", "Instruction", "64K", "4"}, {"2", "Unified", "2048K", "4-7"}, {"3", "Unified", "12288K", "0-7"}},
	} {
		for i, f := range c {
			dir := fmt.Sprint(cpus, "cpu", n, "/cache/index", i, "/")
			l[dir+"level"], l[dir+"type"], l[dir+"size"], l[dir+"shared_cpu_list"] = f[0], f[1], f[2], f[3]
		}
	}
	want := []Level{
		{Name: Performance, Physical: 2, PhysicalMax: 2, Logical: 4, LogicalMax: 4,
			L1I: 32 << 10, L1D: 48 << 10, L2: 1280 << 10, L3: 12 << 20, CPUsPerL2: 2, CPUsPerL3: 8, Numbers: []int{0, 1, 2, 3}},
		{Name: Efficiency, Physical: 4, PhysicalMax: 4, Logical: 4, LogicalMax: 4,
			L1I: 64 << 10, L1D: 32 << 10, L2: 2 << 20, L3: 12 << 20, CPUsPerL2: 4, CPUsPerL3: 8, Numbers: []int{4, 5, 6, 7}},
	}
	if got := Read(files(l)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// An arm64 machine with three kinds, one core of which is offline.
func TestCapacity(t *testing.T) {
	l := map[string]string{cpus + "present": "0-5", cpus + "online": "0-2,4-5"}
	for n, c := range []string{"250", "250", "250", "250", "700", "1024"} {
		l[fmt.Sprint(cpus, "cpu", n, "/cpu_capacity")] = c
	}
	got := Read(files(l))
	want := []Level{
		{Name: Performance, Physical: 1, PhysicalMax: 1, Logical: 1, LogicalMax: 1, Numbers: []int{5}},
		{Name: Performance, Physical: 1, PhysicalMax: 1, Logical: 1, LogicalMax: 1, Numbers: []int{4}},
		{Name: Efficiency, Physical: 3, PhysicalMax: 4, Logical: 3, LogicalMax: 4, Numbers: []int{0, 1, 2, 3}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	delete(l, cpus+"cpu3/cpu_capacity")
	if got := Read(files(l)); len(got) != 0 {
		t.Errorf("the capacity of one is not known: %+v", got)
	}
}

func TestOneKind(t *testing.T) {
	l := map[string]string{cpus + "present": "0-1", cpus + "online": "0-1", "devices/cpu/type": "4"}
	if got := Read(files(l)); len(got) != 1 || got[0].Name != Standard || got[0].Logical != 2 || got[0].Physical != 2 {
		t.Errorf("one device for all: %+v", got)
	}
	delete(l, "devices/cpu/type")
	if got := Read(files(l)); len(got) != 0 {
		t.Errorf("nothing tells the kind: %+v", got)
	}
	if got := Read(files(nil)); len(got) != 0 {
		t.Errorf("no processor: %+v", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("0-3", "0-1", "2-3", "12K")
	f.Add("0-65535", "3-1", ",-,", "99999999999K")
	f.Fuzz(func(t *testing.T, online, core, atom, size string) {
		got := Read(files(map[string]string{cpus + "online": online, "devices/cpu_core/cpus": core, "devices/cpu_atom/cpus": atom,
			cpus + "cpu0/cache/index0/level": "2", cpus + "cpu0/cache/index0/type": "Unified", cpus + "cpu0/cache/index0/size": size}))
		for _, l := range got {
			if l.Logical > l.LogicalMax || l.Physical > l.Logical || l.LogicalMax != len(l.Numbers) {
				t.Errorf("%+v", l)
			}
		}
	})
}
