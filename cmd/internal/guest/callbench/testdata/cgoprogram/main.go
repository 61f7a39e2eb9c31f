//go:build darwin && cgo

// Command cgoprogram is program's row for cgo.
package main

/*
#include <mach/mach.h>
#include <mach/mach_time.h>
kern_return_t mach_vm_allocate(vm_map_t, mach_vm_address_t *, mach_vm_size_t, int);
kern_return_t mach_vm_msync(vm_map_t, mach_vm_address_t, mach_vm_size_t, vm_sync_t);
kern_return_t mach_vm_map(vm_map_t, mach_vm_address_t *, mach_vm_size_t, mach_vm_offset_t, int, mem_entry_name_port_t, memory_object_offset_t, boolean_t, vm_prot_t, vm_prot_t, vm_inherit_t);
static mach_port_t self(void) { return mach_task_self(); }
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
)

const rounds = 40

var (
	self    = C.self()
	address C.mach_vm_address_t
	size    = C.mach_vm_size_t(C.vm_page_size)
	port    C.mach_port_t
	message struct {
		head C.mach_msg_header_t
		room [64]byte // for the trailer
	}
)

func main() {
	runtime.LockOSThread()
	C.mach_port_allocate(self, C.MACH_PORT_RIGHT_RECEIVE, &port)
	loop := functions[os.Args[2]]
	loop(3)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	loop(rounds)
	runtime.ReadMemStats(&after)
	fmt.Println("allocations", (after.Mallocs-before.Mallocs)/rounds)
}

var functions = map[string]func(n int){
	"mach_absolute_time": func(n int) {
		for range n {
			C.mach_absolute_time()
		}
	},
	"mach_vm_allocate": func(n int) {
		for range n {
			C.mach_vm_allocate(self, &address, size, 1)
		}
	},
	"mach_vm_msync": func(n int) {
		for range n {
			C.mach_vm_msync(self, address, size, C.VM_SYNC_ASYNCHRONOUS)
		}
	},
	"mach_msg": func(n int) {
		m := &message.head
		for range n {
			m.msgh_bits, m.msgh_remote_port, m.msgh_local_port = C.MACH_MSG_TYPE_MAKE_SEND, port, 0
			C.mach_msg(m, C.MACH_SEND_MSG|C.MACH_RCV_MSG, 24, 24+64, port, 0, 0)
		}
	},
	"mach_vm_map": func(n int) {
		for range n {
			C.mach_vm_map(self, &address, size, 0, 1, 0, 0, 0, 3, 7, 1)
		}
	},
}
