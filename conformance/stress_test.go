package conformance_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/apitest"
)

func stress(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("long")
	}
	begin(t)
}

// many is how often something is done: less where each instruction is emulated
// or watched by the race detector.
func many(n int) int {
	if apitest.Race || runtime.GOOS == "darwin" && !realMac() {
		return n / 50
	}
	return n
}

// A million round trips between two threads leave no right, no memory and no
// message.
func TestMillionRoundTrips(t *testing.T) {
	stress(t)
	p := sendPort(t)
	trips := many(1_000_000)
	wait := make(chan error, 2)
	go func() {
		var err error
		b := newBuffer(64)
		for i := 0; i < trips && err == nil; i++ {
			if err = mach.MachMsg(b.head(), mach.MACH_RCV_MSG, 0, b.size(), p, 0, none); err != nil {
				break
			}
			h := b.head()
			h.MsghBits, h.MsghLocalPort = h.MsghBits&0x1f, none
			err = mach.MachMsg(h, mach.MACH_SEND_MSG, headerSize, 0, none, 0, none)
		}
		wait <- err
	}()
	r := newPort(t)
	go func() { // the test's own goroutine is locked to a thread, which costs
		b := newBuffer(64)
		for i := 0; i < trips; i++ {
			*b.head() = mach.MachMsgHeader{
				MsghBits:       bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE),
				MsghRemotePort: p, MsghLocalPort: r, MsghID: int32(i),
			}
			if err := mach.MachMsg(b.head(), mach.MACH_SEND_MSG|mach.MACH_RCV_MSG, headerSize, b.size(), r, 0, none); err != nil {
				wait <- fmt.Errorf("trip %d: %w", i, err)
				return
			}
			if b.head().MsghID != int32(i) {
				wait <- fmt.Errorf("trip %d came back as %d", i, b.head().MsghID)
				return
			}
		}
		wait <- nil
	}()
	for range 2 {
		if err := <-wait; err != nil {
			t.Fatal(err)
		}
	}
	s := status(t, r)
	equal(t, "send-once rights", s.MpsSorights, 0)
	equal(t, "messages", s.MpsMsgcount, 0)
	equal(t, "sequence number", int(s.MpsSeqno), trips)
}

// 100,000 ports at once, in a set, with a message each.
func TestHundredThousandPorts(t *testing.T) {
	stress(t)
	count := many(100_000)
	var before, after mach.IPCInfoSpaceBasic
	ok(t, "mach_port_space_basic_info", mach.MachPortSpaceBasicInfo(self(), &before))
	set := newSet(t)
	ports := make([]mach.MachPort, count)
	seen := make(map[mach.MachPort]bool, count)
	for i := range ports {
		ok(t, "mach_port_allocate", mach.MachPortAllocate(self(), mach.MACH_PORT_RIGHT_RECEIVE, &ports[i]))
		ok(t, "mach_port_insert_member", mach.MachPortInsertMember(self(), ports[i], set))
		seen[ports[i]] = true
	}
	equal(t, "different names", len(seen), count)
	for i, p := range ports {
		ok(t, "mach_msg", send(p, none, bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0), int32(i)))
	}
	for range ports {
		b := receive(t, set, 0)
		if ports[b.head().MsghID] != b.head().MsghLocalPort {
			t.Fatalf("message %d came to %#x", b.head().MsghID, uint32(b.head().MsghLocalPort))
		}
	}
	empty(t, set)
	for _, p := range ports {
		ok(t, "mach_port_mod_refs", mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_RECEIVE, -1))
	}
	ok(t, "mach_port_space_basic_info", mach.MachPortSpaceBasicInfo(self(), &after))
	if after.IisbTableInuse > before.IisbTableInuse+20 {
		t.Errorf("names in use go from %d to %d", before.IisbTableInuse, after.IisbTableInuse)
	}
}

// Many goroutines send to, receive from, make, move and destroy ports at once.
func TestConcurrentPorts(t *testing.T) {
	stress(t)
	var wg sync.WaitGroup
	shared := sendPort(t)
	l := mach.MachPortLimits{MplQlimit: mach.MACH_PORT_QLIMIT_MAX}
	ok(t, "mach_port_set_attributes", mach.MachPortSetAttributes(self(), shared, mach.MACH_PORT_LIMITS_INFO, mach.Info(&l), 1))
	const workers = 8
	rounds := many(2000)
	for w := 0; w < workers; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < rounds; i++ {
				var p mach.MachPort
				if err := mach.MachPortAllocate(self(), mach.MACH_PORT_RIGHT_RECEIVE, &p); err != nil {
					t.Error(err)
					return
				}
				// A right to p goes through the shared port to whoever takes it.
				b, n := complexMessage(shared, mach.MACH_MSG_TYPE_COPY_SEND, int32(i), 1)
				if err := post(b, place(b, n, portDescriptor(p, mach.MACH_MSG_TYPE_MAKE_SEND))); err != nil {
					t.Error(err)
				}
				in := newBuffer(256)
				if err := mach.MachMsg(in.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, in.size(), shared, 5000, none); err != nil {
					t.Error(err)
				}
				got := pick[mach.MachMsgPortDescriptor](in, 28).Name
				if got != mach.MACH_PORT_DEAD && got != none {
					if err := mach.MachPortDeallocate(self(), got); err != nil {
						t.Errorf("release of %#x: %v", uint32(got), err)
					}
				}
				if err := mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_RECEIVE, -1); err != nil {
					t.Errorf("destruction of %#x: %v", uint32(p), err)
				}
			}
		}()
	}
	wg.Wait()
	empty(t, shared)
}

// Threads that wait on semaphores, and as many that signal.
func TestConcurrentSemaphores(t *testing.T) {
	stress(t)
	a, b := semaphore(t, 0), semaphore(t, 0)
	rounds := many(20000)
	wait := onThread(t, func() {
		for i := 0; i < rounds; i++ {
			if err := retry(func() error { return mach.SemaphoreWait(a) }); err != nil {
				t.Error(err)
			}
			if err := mach.SemaphoreSignal(b); err != nil {
				t.Error(err)
			}
		}
	})
	for i := 0; i < rounds; i++ {
		ok(t, "semaphore_signal", mach.SemaphoreSignal(a))
		ok(t, "semaphore_wait", retry(func() error { return mach.SemaphoreWait(b) }))
	}
	wait()
}

// The calls that hand over memory, again and again: address space does not
// grow.
func TestNoMemoryLeak(t *testing.T) {
	begin(t)
	src := alloc(t, 16*page())
	fill(src, int(16*page()), 1)
	p := newPort(t)
	h := host(t)
	virtual := func() uint64 {
		info, _ := taskInfo[mach.MachTaskBasicInfo](t, self(), mach.MACH_TASK_BASIC_INFO)
		return info.VirtualSize
	}
	for name, once := range map[string]func(){
		"mach_vm_read": func() {
			var data uint64
			var n uint32
			ok(t, "mach_vm_read", mach.MachVMRead(self(), src, 16*page(), &data, &n))
			ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), data, uint64(n)))
		},
		"mach_msg": func() {
			b, n := complexMessage(p, mach.MACH_MSG_TYPE_MAKE_SEND, 1, 1)
			n = place(b, n, mach.MachMsgOOLDescriptor{Address: mach.PackUint64(src), Size: mach.MachMsgSize(16 * page()), Copy: 1, Type: 1})
			ok(t, "mach_msg", post(b, n))
			discard(receive(t, p, 0))
		},
		"mach_port_names": func() { rights(t) },
		"host_processor_info": func() {
			var cpus, n uint32
			var info *mach.Integer
			ok(t, "host_processor_info", mach.HostProcessorInfo(h, mach.PROCESSOR_CPU_LOAD_INFO, &cpus, &info, &n))
			take(t, info, n)
		},
		"mach_vm_map": func() {
			var a uint64
			ok(t, "mach_vm_map", mach.MachVMMap(self(), &a, 16*page(), 0, anywhere, none, 0, 0, 3, 7, 1))
			ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a, 16*page()))
		},
		"mach_make_memory_entry_64": func() {
			size := 16 * page()
			var e mach.MachPort
			ok(t, "mach_make_memory_entry_64", mach.MachMakeMemoryEntry64(self(), &size, 0, mach.VMProt(mach.MAP_MEM_NAMED_CREATE)|3, &e, none))
			var a uint64
			ok(t, "mach_vm_map", mach.MachVMMap(self(), &a, size, 0, anywhere, e, 0, 0, 3, 3, 1))
			ok(t, "mach_vm_deallocate", mach.MachVMDeallocate(self(), a, size))
			dropSend(t, e)
		},
	} {
		const rounds = 100
		for try := 0; ; try++ { // Go's heap may grow meanwhile
			once()
			before := virtual()
			for i := 0; i < rounds; i++ {
				once()
			}
			if virtual() < before+rounds/2*page() {
				break
			}
			if try == 4 {
				t.Errorf("%s: %d times, and the address space grows by %d bytes", name, rounds, virtual()-before)
				break
			}
		}
	}
}
