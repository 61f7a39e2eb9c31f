package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gomach/mach"
)

// Every prototype of more than six arguments, which is where they leave the
// registers of one of the two ABIs, is called by some test, with values of
// which each has an effect of its own.
func TestWidePrototypesAreCalled(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join("..", "zfunc_*.go"))
	tests, _ := filepath.Glob("*_test.go")
	if len(files) == 0 || len(tests) == 0 {
		t.Skip("the sources are not at hand")
	}
	var suite strings.Builder
	for _, name := range tests {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Skip("the sources are not at hand: ", err)
		}
		suite.Write(b)
	}
	all, wide := suite.String(), 0
	prototype := regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(([^)]*)\)`)
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range prototype.FindAllStringSubmatch(string(b), -1) {
			if strings.Count(m[2], ",") < 6 {
				continue
			}
			wide++
			called := false
			for _, end := range []string{"(", ",", "}", ")"} {
				called = called || strings.Contains(all, "mach."+m[1]+end)
			}
			if !called {
				t.Errorf("mach.%s has %d arguments, and no test calls it", m[1], strings.Count(m[2], ",")+1)
			}
		}
	}
	if wide < 20 {
		t.Errorf("only %d prototypes of more than six arguments", wide)
	}
}

// mach/vm_statistics.h of the 26.4 SDK, VM_REALLOCATE_*: the pages move.
func TestReallocate(t *testing.T) {
	begin(t)
	src := alloc(t, 2*page())
	fill(src, int(2*page()), 5)
	var dst uint64
	err := mach.VMReallocate(self(), src, 2*page(), &dst, 3*page(), 0, mach.VM_REALLOCATE_ZERO_FILL_SOURCE, anywhere)
	if codeOf(err) == mach.KERN_NOT_SUPPORTED || codeOf(err) == mach.MIG_BAD_ID {
		t.Skip("this system has no vm_reallocate")
	}
	ok(t, "vm_reallocate", err)
	filled(t, "the pages", view(dst, int(2*page())), 5)
	equal(t, "a byte behind them", view(dst, int(3*page()))[2*page()], 0)
	equal(t, "a byte of the source", view(src, 1)[0], 0)
	ok(t, "vm_deallocate", mach.VMDeallocate(self(), dst, 3*page()))
}

// xnu osfmk/kern/zalloc.c, mach_memory_info: three arrays at once.
func TestMemoryInfo(t *testing.T) {
	begin(t)
	for fn, call := range map[string]func(mach.MachPort, **mach.MachZoneName, *uint32, **mach.MachZoneInfo_t, *uint32, **mach.MachMemoryInfo_t, *uint32) error{
		"mach_memory_info": mach.MachMemoryInfo, "mach_memory_info_redacted": mach.MachMemoryInfoRedacted,
	} {
		t.Run(fn, func(t *testing.T) {
			var names *mach.MachZoneName
			var zones *mach.MachZoneInfo_t
			var mem *mach.MachMemoryInfo_t
			var n, m, k mach.MachMsgTypeNumber
			err := call(host(t), &names, &n, &zones, &m, &mem, &k)
			switch codeOf(err) {
			case mach.KERN_NO_ACCESS, mach.KERN_DENIED, mach.KERN_NOT_SUPPORTED:
				t.Skip("not for this caller: ", err)
			}
			ok(t, fn, err)
			equal(t, "elements", m, n)
			take(t, names, n)
			take(t, zones, m)
			take(t, mem, k)
		})
	}
}

// xnu osfmk/kern/host.c, host_swap_exception_ports.
func TestHostSwapExceptionPorts(t *testing.T) {
	h := privileged(t)
	begin(t)
	p := sendPort(t)
	o := &excOwner{"host", h, mach.HostGetExceptionPorts, mach.HostSetExceptionPorts, mach.HostSwapExceptionPorts}
	ok(t, "host_set_exception_ports", o.set(h, rpcAlert, p, mach.EXCEPTION_STATE, nativeFlavor))
	old := &handlers{n: mach.EXC_TYPES_COUNT}
	ok(t, "host_swap_exception_ports", o.swap(h, rpcAlert, none, mach.EXCEPTION_DEFAULT, 0, &old.masks[0], &old.n, &old.ports[0], &old.behaviors[0], &old.flavors[0]))
	equal(t, "elements", old.n, 1)
	equal(t, "mask", old.masks[0], rpcAlert)
	equal(t, "handler", old.ports[0], p)
	equal(t, "behavior", old.behaviors[0], mach.EXCEPTION_STATE)
	equal(t, "flavor", old.flavors[0], nativeFlavor)
	old.release()
}
