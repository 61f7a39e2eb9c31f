//go:build linux && (amd64 || arm64)

package task_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
	targets "github.com/gomach/mach/internal/substrate/target"
)

func TestMain(m *testing.M) { targets.Main(m) }

// target is a running testdata/target.c.
type target struct {
	*targets.Target
	t          testing.TB
	skip, spin uint64
	task       mach.MachPort
}

func start(t testing.TB, args ...string) *target {
	t.Helper()
	x := &target{t: t, Target: targets.Start(t, args...)}
	line := x.Line()
	if n, _ := fmt.Sscanf(line, "ready 0x%x 0x%x", &x.skip, &x.spin); n != 2 {
		t.Fatalf("target said %q", line)
	}
	must(t, mach.TaskForPID(self(), int32(x.PID()), &x.task))
	t.Cleanup(func() { mach.MachPortDeallocate(self(), x.task) })
	return x
}

func self() mach.MachPort { return mach.MachTaskSelf() }

// still is memory that does not move: what a call knows only by its address
// may not stand on a goroutine's stack.
var still struct{ count int64 }

// count reads the target's ever growing number.
func (x *target) count() int64 {
	x.t.Helper()
	var n mach.MachVMSize
	must(x.t, mach.MachVMReadOverwrite(x.task, x.spin, 8, mach.AddressOf(&still.count), &n))
	return still.count
}

// runs tells whether the number grows within a while.
func (x *target) runs() bool {
	before := x.count()
	for range 100 {
		time.Sleep(2 * time.Millisecond)
		if x.count() != before {
			return true
		}
	}
	return false
}

func (x *target) threads() []mach.MachPort {
	x.t.Helper()
	var list *mach.ThreadAct
	var count mach.MachMsgTypeNumber
	must(x.t, mach.TaskThreads(x.task, &list, &count))
	threads := append([]mach.MachPort(nil), mach.Slice(list, count)...)
	must(x.t, mach.MachVMDeallocate(self(), mach.AddressOf(list), mach.SizeOf[mach.MachPort](count)))
	x.t.Cleanup(func() {
		for _, th := range threads {
			mach.MachPortDeallocate(self(), th)
		}
	})
	return threads
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t testing.TB, err error, want mach.KernReturn) {
	t.Helper()
	if err == nil && want == mach.KERN_SUCCESS || err == error(want) {
		return
	}
	t.Errorf("%v, want %v", err, want)
}
