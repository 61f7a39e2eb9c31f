package calls_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/gomach/mach"
)

// inUse are the names of the task and the bytes of Go's heap.
func inUse(t testing.TB) (names uint32, heap uint64) {
	t.Helper()
	var info mach.IPCInfoSpaceBasic
	if err := mach.MachPortSpaceBasicInfo(mach.MachTaskSelf(), &info); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.GC() // what a pool keeps goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return info.IisbTableInuse, m.HeapAlloc
}

// same runs f until the heap is no larger than it was after an earlier run: the first grows
// tables for good, and the collector may hold what is being replaced. What f leaves
// behind makes the heap larger by it each time.
func same(t *testing.T, slack uint64, f func()) {
	t.Helper()
	f()
	names, heap := inUse(t)
	heaps := []uint64{heap}
	for range 6 {
		f()
		nowNames, heap := inUse(t)
		if nowNames != names {
			t.Errorf("%d names, %d before", nowNames, names)
			return
		}
		heaps = append(heaps, heap)
		if heap <= slices.Max(heaps[:len(heaps)-1])+slack {
			return
		}
	}
	t.Errorf("the heap grows with each run: %d bytes", heaps)
}

// 100,000 ports with send rights, a request each and a message in transit.
func TestPortsLeaveNothing(t *testing.T) {
	same(t, 1<<20, func() {
		self := mach.MachTaskSelf()
		notify := newPort(t)
		ports := make([]mach.MachPort, 0, 100_000)
		for range cap(ports) {
			var p, previous mach.MachPort
			if err := mach.MachPortConstruct(self, &mach.MachPortOptions{Flags: mach.MPO_INSERT_SEND_RIGHT}, 0, &p); err != nil {
				t.Fatal(err)
			}
			if err := mach.MachPortRequestNotification(self, p, mach.MACH_NOTIFY_DEAD_NAME, 0, notify, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, &previous); err != nil {
				t.Fatal(err)
			}
			m := mach.MachMsgHeader{MsghBits: uint32(mach.MACH_MSG_TYPE_COPY_SEND), MsghRemotePort: p}
			if err := mach.MachMsg(&m, mach.MACH_SEND_MSG, 24, 0, 0, 0, 0); err != nil {
				t.Fatal(err)
			}
			ports = append(ports, p)
		}
		for _, p := range ports {
			if err := mach.MachPortDestruct(self, p, -1, 0); err != nil {
				t.Fatal(err)
			}
		}
		if err := mach.MachPortModRefs(self, notify, mach.MACH_PORT_RIGHT_RECEIVE, -1); err != nil {
			t.Fatal(err)
		}
	})
}

// A million messages to oneself, one in a hundred with memory and a right.
func TestMessagesLeaveNothing(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 50_000
	}
	p := newPort(t)
	page := make([]byte, 4096)
	same(t, 1<<20, func() {
		var m struct {
			mach.MachMsgBase
			memory  mach.MachMsgOOLDescriptor64
			right   mach.MachMsgPortDescriptor
			trailer [17]uint32
		}
		for i := range n {
			m.Header = mach.MachMsgHeader{MsghBits: uint32(mach.MACH_MSG_TYPE_MAKE_SEND), MsghRemotePort: p}
			size := uint32(24)
			if i%100 == 0 {
				m.Header.MsghBits |= mach.MACH_MSGH_BITS_COMPLEX
				m.Body.MsghDescriptorCount = 2
				m.memory = mach.MachMsgOOLDescriptor64{Size: uint32(len(page)), Type: uint8(mach.MACH_MSG_OOL_DESCRIPTOR)}
				m.memory.Address.Set(uint64(mach.AddressOf(&page[0])))
				m.right = mach.MachMsgPortDescriptor{Name: p, Disposition: uint8(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)}
				size = 56
			}
			if err := mach.MachMsg(&m.Header, mach.MACH_SEND_MSG|mach.MACH_RCV_MSG, size, 56+68, p, 0, 0); err != nil {
				t.Fatal(err)
			}
			if i%100 == 0 {
				mach.MachMsgDestroy(&m.Header)
				// The right that was given up unused is told.
				if err := mach.MachMsg(&m.Header, mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, 56+68, p, 0, 0); err != nil || m.Header.MsghID != mach.MACH_NOTIFY_SEND_ONCE {
					t.Fatalf("id %d, %v", m.Header.MsghID, err)
				}
			}
		}
	})
	runtime.KeepAlive(page)
}
