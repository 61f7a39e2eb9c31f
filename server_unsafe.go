package mach

import (
	"unsafe"

	"github.com/gomach/mach/internal/libsystem"
)

// headerAt is the message at an address of memory from VMAllocate.
func headerAt(a VMAddress) *MachMsgHeader {
	return (*MachMsgHeader)(libsystem.ValuePointer(a))
}

// replyCode is the result in a reply that holds no descriptors. The reply is
// one of a server's buffers, which have room for it.
func replyCode(reply *MachMsgHeader) KernReturn {
	return (*MIGReplyError)(unsafe.Pointer(reply)).RetCode
}
