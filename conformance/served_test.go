package conformance_test

import (
	"runtime"
	"testing"

	"github.com/gomach/mach"
)

// Routines of each class that looks at the port, called on one that the program serves.
// (xnu osfmk/mach/host_priv.defs and the like; the message is sent by the stub that MIG
// writes, which waits for the reply.)
var servedCalls = map[string]func(p mach.MachPort) error{
	"host_info": func(p mach.MachPort) error {
		var i mach.HostBasicInfo
		n := mach.HOST_BASIC_INFO_COUNT
		return mach.HostInfo(p, mach.HOST_BASIC_INFO, mach.Info(&i), &n)
	},
	"task_info": func(p mach.MachPort) error {
		var i mach.MachTaskBasicInfo
		n := mach.MACH_TASK_BASIC_INFO_COUNT
		return mach.TaskInfo(p, mach.MACH_TASK_BASIC_INFO, mach.Info(&i), &n)
	},
	"thread_info": func(p mach.MachPort) error {
		var i mach.ThreadBasicInfo
		n := mach.CountOf[mach.ThreadBasicInfo]()
		return mach.ThreadInfo(p, mach.THREAD_BASIC_INFO, mach.Info(&i), &n)
	},
	"mach_vm_allocate": func(p mach.MachPort) error {
		var addr mach.MachVMAddress
		return mach.MachVMAllocate(p, &addr, 1, anywhere)
	},
	"task_suspend": func(p mach.MachPort) error { return mach.TaskSuspend(p) },
}

// A caller that nobody answers keeps nothing waiting: the collector, which stops all
// goroutines, goes through, and other goroutines run, with one processor as well. A server
// that ends without an answer ends the call (osfmk/ipc/mig: MIG_SERVER_DIED).
func TestUnansweredCallKeepsNothingWaiting(t *testing.T) {
	kobjectCall(t)
	for name, call := range servedCalls {
		t.Run(name, func(t *testing.T) {
			begin(t)
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			p := sendPort(t)
			result := make(chan error, 1)
			go func() { result <- call(p) }()
			waits := func() bool {
				var s mach.MachPortStatus
				n := mach.CountOf[mach.MachPortStatus]()
				ok(t, "mach_port_get_attributes", mach.MachPortGetAttributes(self(), p, mach.MACH_PORT_RECEIVE_STATUS, mach.Info(&s), &n))
				return s.MpsMsgcount == 1
			}
			for !waits() {
				runtime.Gosched()
			}
			runtime.GC()
			other := make(chan bool)
			go close(other)
			<-other
			select {
			case err := <-result:
				t.Fatalf("nobody has answered: %v", err)
			default:
			}
			in := newBuffer(8192)
			ok(t, "mach_msg", mach.MachMsg(in.head(), mach.MACH_RCV_MSG, 0, in.size(), p, 0, none))
			mach.MachMsgDestroy(in.head())
			want(t, name, <-result, mach.MIG_SERVER_DIED)
		})
	}
}

// The same program serves the port, on a goroutine that needs the processor that the caller
// has: it answers.
func TestProgramServesItsOwnCall(t *testing.T) {
	kobjectCall(t)
	for name, call := range servedCalls {
		t.Run(name, func(t *testing.T) {
			begin(t)
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			p := sendPort(t)
			wait := answer(t, p, func(in, out buffer) int { return place(out, 32, mach.MIG_BAD_ID) })
			want(t, name, call(p), mach.MIG_BAD_ID)
			wait()
		})
	}
}
