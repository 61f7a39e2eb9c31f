package port

import (
	"errors"

	"github.com/gomach/mach"
)

// takeArray takes the names of the array in descriptor i out of the message and
// releases the array's memory.
func (m *Received) takeArray(i int, want Kind) ([]mach.MachPort, error) {
	d := m.descriptor(i)
	if d == nil || kindOf(d) != want {
		return nil, m.noSuch(i, want)
	}
	addr, n := le.Uint64(d), int(le.Uint32(d[12:]))
	names := make([]mach.MachPort, 0, n)
	if addr != 0 && n > 0 {
		for b := view(addr, 4*n); len(b) > 0; b = b[4:] {
			names = append(names, mach.MachPort(le.Uint32(b)))
		}
	}
	owned := d[8] != 0
	m.taken(i, oolDescriptor)
	if owned && n > 0 {
		return names, deallocateMemory(addr, uint64(4*n))
	}
	return names, nil
}

// TakeSends takes the send rights of the array in descriptor i out of the
// message; the caller owns each, also when there is an error in releasing the
// array's memory. Elements without a right are owners of nothing. Another kind
// is [ErrKind].
//
// Mach calls: mach_vm_deallocate.
func (m *Received) TakeSends(i int) ([]*Send, error) {
	names, err := m.takeArray(i, SendArray)
	return owners(names, OwnSend), err
}

// TakeSendOnces is [Received.TakeSends] for send-once rights.
//
// Mach calls: mach_vm_deallocate.
func (m *Received) TakeSendOnces(i int) ([]*SendOnce, error) {
	names, err := m.takeArray(i, SendOnceArray)
	return owners(names, OwnSendOnce), err
}

// TakeReceives is [Received.TakeSends] for receive rights, which it guards.
//
// Mach calls: mach_vm_deallocate, mach_port_guard.
func (m *Received) TakeReceives(i int) ([]*Receive, error) {
	names, err := m.takeArray(i, ReceiveArray)
	return owners(names, func(name mach.MachPort) *Receive {
		if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
			return noReceive()
		}
		r, guardErr := OwnReceive(name)
		if guardErr != nil {
			err = errors.Join(err, guardErr, release(name, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
			return noReceive()
		}
		return r
	}), err
}

// owners makes an owner of each name.
func owners[T any](names []mach.MachPort, own func(mach.MachPort) *T) []*T {
	if names == nil {
		return nil
	}
	out := make([]*T, len(names))
	for i, name := range names {
		out[i] = own(name)
	}
	return out
}
