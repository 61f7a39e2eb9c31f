//go:build linux && (amd64 || arm64)

package bench

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/apitest"
)

// use is what a process can leak.
type use struct {
	names      uint32 // of its name space
	heap       uint64 // bytes of Go's
	mapped     uint64 // bytes that can be touched, without what Go's runtime took
	files      int
	goroutines int
	threads    int
}

func inUse(t testing.TB) (u use) {
	t.Helper()
	var space mach.IPCInfoSpaceBasic
	must(t, mach.MachPortSpaceBasicInfo(mach.MachTaskSelf(), &space))
	runtime.GC()
	runtime.GC() // what a pool keeps goes with the second
	u = use{names: space.IisbTableInuse, goroutines: runtime.NumGoroutine()}
	u.heap, u.mapped = memory(t)
	u.files, u.threads = entries(t, "/proc/self/fd"), entries(t, "/proc/self/task")
	return u
}

func entries(t testing.TB, dir string) int {
	t.Helper()
	list, err := os.ReadDir(dir)
	must(t, err)
	return len(list)
}

// memory gives the bytes of Go's heap in use, and those of all regions of this
// task that can be touched, less all that Go's runtime has from the system: its
// heap, stacks and tables grow when they like. What it only reserved cannot be
// touched. Both are read again if the runtime took more in between.
func memory(t testing.TB) (heap, others uint64) {
	t.Helper()
	var before, after runtime.MemStats
	for {
		runtime.ReadMemStats(&before)
		all := touchable(t)
		runtime.ReadMemStats(&after)
		if before.Sys == after.Sys {
			return after.HeapAlloc, all - after.Sys
		}
	}
}

func touchable(t testing.TB) (bytes uint64) {
	t.Helper()
	for addr, size := uint64(0), uint64(0); ; addr += size {
		var depth mach.Natural
		var info mach.VMRegionSubmapShortInfo64
		words := mach.VM_REGION_SUBMAP_SHORT_INFO_COUNT_64
		if mach.MachVMRegionRecurse(mach.MachTaskSelf(), &addr, &size, &depth, mach.Info(&info), &words) != nil {
			return bytes
		}
		if info.Protection != mach.VM_PROT_NONE {
			bytes += size
		}
	}
}

// leavesNothing wants nothing in use after f that was not before. The first
// time grows tables for good, and Go's own memory grows when it likes; so f
// gets four times in all: what leaks, leaks at each.
func leavesNothing(t *testing.T, f func()) {
	t.Helper()
	f()
	var before, after use
	for range 3 {
		before = inUse(t)
		f()
		if after = settled(t, before); after.atMost(before) {
			return
		}
		t.Logf("in use before: %+v\nand after:      %+v", before, after)
	}
	t.Fatal("each time more is in use afterwards")
}

func (u use) atMost(o use) bool {
	const slack = 1 << 20 // of garbage that pools keep
	const spare = 2       // Go starts threads as it likes
	return u.names <= o.names && u.heap <= o.heap+slack && (u.mapped <= o.mapped || apitest.Race) &&
		u.files <= o.files && u.goroutines <= o.goroutines && u.threads <= o.threads+spare
}

// settled waits, for a while, for what goes in its own time, as the ports of
// threads that ended do.
func settled(t *testing.T, before use) (now use) {
	t.Helper()
	for range 30 {
		if now = inUse(t); now.atMost(before) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return now
}

// scaled is n, or a twentieth of it with -short.
func scaled(n int) int {
	if testing.Short() {
		return n / 20
	}
	return n
}

func TestRoundTripsLeaveNothing(t *testing.T) {
	n := scaled(1_000_000)
	leavesNothing(t, func() {
		var server, client mach.MachPort
		for _, p := range []*mach.MachPort{&server, &client} {
			must(t, mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_RECEIVE, p))
		}
		answered := make(chan error)
		go func() { answered <- answer(server) }()
		m := new(message)
		for i := range n {
			if m.MsghID = 0; i == n-1 {
				m.MsghID = 1
			}
			if err := request(m, server, client); err != nil {
				t.Fatalf("round trip %d: %v", i, err)
			}
		}
		must(t, <-answered)
		must(t, mach.MachPortModRefs(mach.MachTaskSelf(), server, mach.MACH_PORT_RIGHT_RECEIVE, -1))
		must(t, mach.MachPortModRefs(mach.MachTaskSelf(), client, mach.MACH_PORT_RIGHT_RECEIVE, -1))
	})
}

func TestPortsLeaveNothing(t *testing.T) {
	self, n := mach.MachTaskSelf(), scaled(100_000)
	leavesNothing(t, func() {
		var set mach.MachPort
		must(t, mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_PORT_SET, &set))
		ports := make([]mach.MachPort, n)
		for i := range ports {
			must(t, mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &ports[i]))
			must(t, mach.MachPortInsertRight(self, ports[i], ports[i], mach.MACH_MSG_TYPE_MAKE_SEND))
			must(t, mach.MachPortInsertMember(self, ports[i], set))
			// A message stays in the queue, and goes with the port.
			m := &mach.MachMsgHeader{MsghBits: uint32(mach.MACH_MSG_TYPE_COPY_SEND), MsghSize: 24, MsghRemotePort: ports[i]}
			must(t, mach.MachMsg(m, mach.MACH_SEND_MSG, 24, 0, 0, 0, 0))
		}
		for _, p := range ports {
			must(t, mach.MachPortDestruct(self, p, -1, 0))
		}
		must(t, mach.MachPortModRefs(self, set, mach.MACH_PORT_RIGHT_PORT_SET, -1))
	})
}

// 10,000 threads' worth of dumps: a fifth of them of a process that is opened
// and ends each time.
func TestDumpsLeaveNothing(t *testing.T) {
	threads := scaled(1000)
	x := startTarget(t, "threads", threads)
	task := x.port()
	once := func(task mach.MachPort) {
		n, err := dump(task)
		must(t, err)
		if n < threads {
			t.Fatalf("%d threads of %d", n, threads)
		}
	}
	leavesNothing(t, func() {
		for range 8 {
			once(task)
		}
		for range 2 {
			y := startTarget(t, "threads", threads)
			var short mach.MachPort
			must(t, mach.TaskForPID(mach.MachTaskSelf(), int32(y.pid()), &short))
			once(short)
			y.cmd.Process.Kill()
			y.cmd.Wait()
			dies(t, short)
			must(t, mach.MachPortModRefs(mach.MachTaskSelf(), short, mach.MACH_PORT_RIGHT_DEAD_NAME, -1))
		}
	})
	x.stood() // it lives
}

// dies waits for a task port to become a dead name.
func dies(t testing.TB, task mach.MachPort) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var kind mach.MachPortType_t
		must(t, mach.MachPortType(mach.MachTaskSelf(), task, &kind))
		if kind&mach.MACH_PORT_TYPE_DEAD_NAME != 0 {
			return
		}
	}
	t.Fatal("the port of a process that ended lives")
}
