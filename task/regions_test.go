package task_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

func TestRegions(t *testing.T) {
	begin(t)
	a := spawn(t)
	for name, x := range map[string]*task.Task{"self": task.Self(), "child": a.Task} {
		for way, walk := range map[string]func(func(task.Region, error) bool){"Regions": x.Regions(), "RegionsRecurse": x.RegionsRecurse()} {
			var end uint64
			n, code, files := 0, 0, 0
			for r, err := range walk {
				must(t, err)
				n++
				if r.Size == 0 || r.Address < end || r.Address%page() != 0 || r.Size%page() != 0 {
					t.Fatalf("%s of %s: %v after %#x", way, name, &r, end)
				}
				if r.Submap && way == "RegionsRecurse" {
					t.Errorf("a submap was not descended into: %v", &r)
				}
				end = r.End()
				if r.Protection&mach.VM_PROT_EXECUTE != 0 {
					code++
				}
				if r.External {
					files++
				}
				if r.Protection&^r.MaxProtection != 0 {
					t.Errorf("%v may do more than it may ever", &r)
				}
				if s := r.String(); strings.Contains(s, "???") || r.Backing() == "" {
					t.Errorf("region is %q, of %q", s, r.Backing())
				}
			}
			if n < 5 || code == 0 || files == 0 {
				t.Errorf("%s of %s: %d regions, %d of code, %d of files", way, name, n, code, files)
			}
			n = 0
			for range walk {
				n++
				break
			}
			if n != 1 {
				t.Error("a walk goes on after break")
			}
		}
	}
	r, err := a.RegionAt(a.pattern)
	must(t, err)
	if !r.Contains(a.pattern) || r.Contains(r.End()) || r.Contains(r.Address-1) || r.Protection != mach.VM_PROT_DEFAULT {
		t.Errorf("%#x is in %v", a.pattern, &r)
	}
	_, err = a.RegionAt(8)
	wantErr(t, err, mach.KERN_INVALID_ADDRESS)
	_, err = a.RegionAt(1<<64 - 1)
	wantErr(t, err, mach.KERN_INVALID_ADDRESS)
}

// The region of memory that was made for the test has what it was made with.
func TestRegionAttributes(t *testing.T) {
	begin(t)
	s := task.Self()
	x, err := s.Allocate(4*page(), tag)
	must(t, err)
	defer x.Close()
	must(t, s.Protect(x.Address()+page(), page(), mach.VM_PROT_READ))
	must(t, s.Inherit(x.Address()+2*page(), page(), mach.VM_INHERIT_NONE))
	x.Bytes()[0] = 1
	var got []task.Region
	for r, err := range s.Regions() {
		must(t, err)
		if r.Tag == tag && r.Address >= x.Address() && r.Address < x.Address()+4*page() {
			got = append(got, r)
		}
	}
	if len(got) != 4 {
		t.Fatalf("memory of four kinds is %v", got)
	}
	for i, r := range got {
		if r.Address != x.Address()+uint64(i)*page() || r.Size != page() {
			t.Errorf("region %d is %v", i, &r)
		}
	}
	if got[1].Protection != mach.VM_PROT_READ || got[0].Protection != mach.VM_PROT_DEFAULT || got[2].Inheritance != mach.VM_INHERIT_NONE {
		t.Errorf("regions are %v", got)
	}
	if got[0].Resident != 1 {
		t.Errorf("%d pages are resident, one was touched", got[0].Resident)
	}
	if name := task.TagName(got[0].Tag); name != "application specific 1" {
		t.Errorf("tag is %q", name)
	}
	if name := task.TagName(0); name != "untagged" {
		t.Errorf("no tag is %q", name)
	}
	if p := task.Protection(mach.VM_PROT_READ | mach.VM_PROT_EXECUTE); p != "r-x" {
		t.Errorf("protection is %q", p)
	}
}

// Regions costs at most 1.3 times the calls beneath. Both take turns, as a
// machine is now faster and now slower, and the best of each counts.
func BenchmarkRegions(b *testing.B) {
	best := [2]time.Duration{1 << 62, 1 << 62}
	n := 0
	for b.Loop() {
		start := time.Now()
		n = 0
		for _, err := range task.Self().Regions() {
			must(b, err)
			n++
		}
		between := time.Now()
		rawRegions()
		best[0], best[1] = min(best[0], between.Sub(start)), min(best[1], time.Since(between))
	}
	b.ReportMetric(float64(best[0].Nanoseconds())/float64(n), "ns/region")
	b.ReportMetric(float64(best[0])/float64(best[1]), "×raw")
}

func rawRegions() (n int) {
	var addr, size uint64
	for {
		var depth mach.Natural
		var info mach.VMRegionSubmapInfo64
		count := mach.VM_REGION_SUBMAP_INFO_COUNT_64
		if mach.MachVMRegionRecurse(mach.MachTaskSelf(), &addr, &size, &depth, mach.Info(&info), &count) != nil {
			return n
		}
		n++
		addr += size
	}
}
