package host

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
)

// Error is the failure of a Mach call: it has the call's C name and wraps its
// error, usually a [mach.KernReturn]. It is the same type as in package port.
type Error = port.Error

// failed names the call in an error.
func failed(call string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Call: call, Err: err}
}

var hostPort struct {
	sync.Mutex
	name mach.MachPort
}

// Port borrows the host port, which the program keeps for good: do not release
// it. It is MACH_PORT_NULL where there is none.
//
// Mach calls: mach_host_self, once.
func Port() mach.MachPort {
	hostPort.Lock()
	defer hostPort.Unlock()
	if hostPort.name == mach.MACH_PORT_NULL {
		hostPort.name = mach.MachHostSelf()
	}
	return hostPort.name
}
