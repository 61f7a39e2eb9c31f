package exc_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
)

func TestDetails(t *testing.T) {
	field := func(v uint64, shift int) int64 { return int64(v << shift) }
	for _, c := range []struct {
		exc.Exception
		want exc.Detail
	}{
		{exc.Exception{Type: mach.EXC_BAD_ACCESS, Codes: []int64{1, 0xdead}}, exc.BadAccess{int64(mach.KERN_INVALID_ADDRESS), 0xdead}},
		{exc.Exception{Type: mach.EXC_BREAKPOINT, Codes: []int64{2, 0x1000}}, exc.Trap{mach.EXC_I386_BPT, 0x1000}},
		{exc.Exception{Type: mach.EXC_SOFTWARE, Codes: []int64{mach.EXC_SOFT_SIGNAL, 11}}, exc.Software{mach.EXC_SOFT_SIGNAL, 11, 11}},
		{exc.Exception{Type: mach.EXC_CRASH, Codes: []int64{11<<24 | 1<<20 | 2, 0}}, exc.Crash{11, mach.EXC_BAD_ACCESS, 2, 0}},
		{exc.Exception{Type: mach.EXC_CORPSE_NOTIFY, Codes: []int64{10}}, exc.CorpseNotify{mach.EXC_CRASH, 0}},
		{exc.Exception{Type: mach.EXC_RESOURCE, Codes: []int64{field(mach.RESOURCE_TYPE_CPU, 61) | field(mach.FLAVOR_CPU_MONITOR, 58) | 180<<7 | 50, 87}},
			exc.Resource{mach.RESOURCE_TYPE_CPU, mach.FLAVOR_CPU_MONITOR, 50, 87, 180 * time.Second}},
		{exc.Exception{Type: mach.EXC_RESOURCE, Codes: []int64{field(mach.RESOURCE_TYPE_MEMORY, 61) | field(mach.FLAVOR_HIGH_WATERMARK, 58) | 1400, 0}},
			exc.Resource{Resource: mach.RESOURCE_TYPE_MEMORY, Flavor: mach.FLAVOR_HIGH_WATERMARK, Limit: 1400}},
		{exc.Exception{Type: mach.EXC_GUARD, Codes: []int64{field(mach.GUARD_TYPE_MACH_PORT, 61) | field(mach.KGUARD_EXC_MOD_REFS, 32) | 0x1203, 99}},
			exc.Guard{mach.GUARD_TYPE_MACH_PORT, mach.KGUARD_EXC_MOD_REFS, 0x1203, 99}},
		{exc.Exception{Type: 99}, exc.Other{}},
	} {
		if got := c.Detail(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %#v, want %#v", &c.Exception, got, c.want)
		}
	}
}
