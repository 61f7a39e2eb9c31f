// Command program calls one function of libSystem in one way, again and again, for the call
// benchmark: darwinrun counts the instructions from call to call.
package main

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"

	"github.com/gomach/mach"
)

const rounds = 40

// The operands of the calls.
var (
	self    = mach.MachTaskSelf()
	address uint64
	message struct {
		mach.MachMsgHeader
		room [64]byte // for the trailer
	}
	port mach.MachPort
	size = uint64(mach.VMPageSize())
)

// A message to a port of one's own, sent and received in one call.
const (
	both     = mach.MACH_SEND_MSG | mach.MACH_RCV_MSG
	header   = 24
	makeSend = mach.MachMsgBits(mach.MACH_MSG_TYPE_MAKE_SEND)
)

// again makes the header what it was before it was received.
func again() *mach.MachMsgHeader {
	m := &message.MachMsgHeader
	m.MsghBits, m.MsghRemotePort, m.MsghLocalPort = makeSend, port, 0
	return m
}

func main() {
	runtime.LockOSThread()
	if err := mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &port); err != nil {
		panic(err)
	}
	loop := ways[os.Args[1]][os.Args[2]]
	if loop == nil {
		fmt.Println("none")
		return
	}
	loop(3) // what is done once is done
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	loop(rounds)
	runtime.ReadMemStats(&after)
	fmt.Println("allocations", (after.Mallocs-before.Mallocs)/rounds)
	for range rounds / 2 {
		calm()
		loop(2)
	}
}

// calm lasts some milliseconds. Once Go's monitor thread has taken the P of a call that lasted,
// as calls do beside a busy machine, it looks for another every 20 µs; after a thousandth of a
// second without one it looks ever less often. So the calls that follow keep their P.
func calm() {
	for range 100_000 {
		spun++
	}
}

var spun int

var ways = map[string]map[string]func(n int){
	"mach": {
		"mach_absolute_time": func(n int) {
			for range n {
				mach.MachAbsoluteTime()
			}
		},
		"mach_vm_allocate": func(n int) {
			self, size, at := self, size, &address
			for range n {
				mach.MachVMAllocate(self, at, size, 1)
			}
		},
		"mach_vm_msync": func(n int) {
			for range n {
				mach.MachVMMsync(self, address, size, mach.VM_SYNC_ASYNCHRONOUS)
			}
		},
		"mach_msg": func(n int) {
			for range n {
				mach.MachMsg(again(), both, header, header+64, port, 0, 0)
			}
		},
		"mach_vm_map": func(n int) {
			for range n {
				mach.MachVMMap(self, &address, size, 0, 1, 0, 0, 0, 3, 7, 1)
			}
		},
	},
	"syscall6": {
		"mach_absolute_time": func(n int) {
			for range n {
				syscall6(absoluteTimeAddr, 0, 0, 0, 0, 0, 0)
			}
		},
		"mach_vm_allocate": func(n int) {
			self, size, at := self, size, &address
			for range n {
				syscall6(vmAllocateAddr, uintptr(self), uintptr(unsafe.Pointer(at)), uintptr(size), 1, 0, 0)
			}
		},
		"mach_vm_msync": func(n int) {
			for range n {
				syscall6(vmMsyncAddr, uintptr(self), uintptr(address), uintptr(size), uintptr(mach.VM_SYNC_ASYNCHRONOUS), 0, 0)
			}
		},
	},
	"SyscallN": {
		"mach_absolute_time": func(n int) {
			f := symbol("mach_absolute_time")
			for range n {
				purego.SyscallN(f)
			}
		},
		"mach_vm_allocate": func(n int) {
			f := symbol("mach_vm_allocate")
			for range n {
				purego.SyscallN(f, uintptr(self), uintptr(unsafe.Pointer(&address)), uintptr(size), 1)
			}
		},
		"mach_vm_msync": func(n int) {
			f := symbol("mach_vm_msync")
			for range n {
				purego.SyscallN(f, uintptr(self), uintptr(address), uintptr(size), uintptr(mach.VM_SYNC_ASYNCHRONOUS))
			}
		},
		"mach_msg": func(n int) {
			f := symbol("mach_msg")
			for range n {
				purego.SyscallN(f, uintptr(unsafe.Pointer(again())), uintptr(both), header, header+64, uintptr(port), 0, 0)
			}
		},
		"mach_vm_map": func(n int) { // counted only: the slots are not where arm64 wants them
			f := symbol("mach_vm_map")
			for range n {
				purego.SyscallN(f, uintptr(self), uintptr(unsafe.Pointer(&address)), uintptr(size), 0, 1, 0, 0, 0, 3, 7, 1)
			}
		},
	},
	"RegisterLibFunc": {
		"mach_absolute_time": func(n int) {
			var f func() uint64
			register(&f, "mach_absolute_time")
			for range n {
				f()
			}
		},
		"mach_vm_allocate": func(n int) {
			var f func(uint32, *uint64, uint64, int32) int32
			register(&f, "mach_vm_allocate")
			for range n {
				f(uint32(self), &address, size, 1)
			}
		},
		"mach_vm_msync": func(n int) {
			var f func(uint32, uint64, uint64, uint32) int32
			register(&f, "mach_vm_msync")
			for range n {
				f(uint32(self), address, size, uint32(mach.VM_SYNC_ASYNCHRONOUS))
			}
		},
		"mach_msg": func(n int) {
			var f func(*mach.MachMsgHeader, int32, uint32, uint32, uint32, uint32, uint32) int32
			register(&f, "mach_msg")
			for range n {
				f(again(), int32(both), header, header+64, uint32(port), 0, 0)
			}
		},
		"mach_vm_map": func(n int) {
			var f func(uint32, *uint64, uint64, uint64, int32, uint32, uint64, int32, int32, int32, uint32) int32
			register(&f, "mach_vm_map")
			for range n {
				f(uint32(self), &address, size, 0, 1, 0, 0, 0, 3, 7, 1)
			}
		},
	},
}

func symbol(name string) uintptr {
	f, err := purego.Dlsym(purego.RTLD_DEFAULT, name)
	if err != nil {
		panic(err)
	}
	return f
}

func register(f any, name string) { purego.RegisterLibFunc(f, purego.RTLD_DEFAULT, name) }
