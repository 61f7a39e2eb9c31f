package libsystem

import (
	"sync/atomic"
	"unsafe"
)

// A message to the own task's port or to the host port goes to the kernel,
// which answers at once. Any other port may be one that a slow peer serves, or
// this program itself.
//
// Both names stay what they are for the life of the program: the task's is
// pinned, and of the host's a reference is kept. They are 0 until the first
// call of their kind, which is told to the scheduler for that reason;
// MACH_PORT_NULL is refused at once.
var ownTask, ownHost uint32

// OwnTask reports whether port is the calling task's. It is norace, as the
// variable changes once, from 0, by an atomic write.
//
//go:norace
func OwnTask(port uint32) bool { return port == ownTask }

// OwnHost reports whether port is the host port.
//
//go:norace
func OwnHost(port uint32) bool { return port == ownHost }

// LearnTask tells OwnTask the name, which mach_task_self_ holds.
//
//go:noinline
func LearnTask() {
	if atomic.LoadUint32(&ownTask) == 0 {
		atomic.StoreUint32(&ownTask, *(*uint32)(Addr_mach_task_self_()))
	}
}

// LearnHost tells OwnHost the name, which mach_host_self gives.
//
//go:noinline
func LearnHost() {
	if atomic.LoadUint32(&ownHost) == 0 {
		var f struct{ Head }
		atomic.StoreUint32(&ownHost, uint32(Call(Sym_mach_host_self, unsafe.Pointer(&f))))
	}
}
