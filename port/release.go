package port

import (
	"errors"

	"github.com/gomach/mach"
)

// releaseBody releases what the descriptors of a message own: rights to be
// moved, and memory to be deallocated. What is only referred to stays.
func releaseBody(b []byte) error {
	var errs []error
	at := bodyOffset
	for range le.Uint32(b[headerSize:]) {
		n, ok := descriptorSize(b[at:])
		if !ok || n > len(b)-at {
			break
		}
		if err := releaseDescriptor(b[at : at+n]); err != nil {
			errs = append(errs, err)
		}
		at += n
	}
	return errors.Join(errs...)
}

func releaseDescriptor(d []byte) error {
	as := mach.MachMsgTypeName(d[10])
	switch mach.MachMsgDescriptorType(d[11]) {
	case mach.MACH_MSG_PORT_DESCRIPTOR:
		return release(mach.MachPort(le.Uint32(d)), as)
	case mach.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
		return releaseGuarded(d)
	case mach.MACH_MSG_OOL_PORTS_DESCRIPTOR:
		return releaseArray(d, as)
	}
	if d[8] != 0 {
		return deallocateMemory(le.Uint64(d), uint64(le.Uint32(d[12:])))
	}
	return nil
}

// release gives up a right that a message holds with that disposition.
func release(name mach.MachPort, as mach.MachMsgTypeName) error {
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return nil
	}
	switch as {
	case mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE:
		return deallocate(name)
	case mach.MACH_MSG_TYPE_MOVE_RECEIVE:
		return failed("mach_port_mod_refs",
			mach.MachPortModRefs(mach.MachTaskSelf(), name, mach.MACH_PORT_RIGHT_RECEIVE, -1))
	}
	return nil
}

// releaseGuarded destroys a receive right with the guard that came with it.
func releaseGuarded(d []byte) error {
	name := mach.MachPort(le.Uint32(d[12:]))
	if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
		return nil
	}
	return failed("mach_port_destruct", mach.MachPortDestruct(mach.MachTaskSelf(), name, 0, le.Uint64(d)))
}

func releaseArray(d []byte, as mach.MachMsgTypeName) error {
	addr, n := le.Uint64(d), int(le.Uint32(d[12:]))
	if addr == 0 || n == 0 {
		return nil
	}
	var errs []error
	for b := view(addr, 4*n); len(b) > 0; b = b[4:] {
		if err := release(mach.MachPort(le.Uint32(b)), as); err != nil {
			errs = append(errs, err)
		}
	}
	if d[8] != 0 {
		errs = append(errs, deallocateMemory(addr, uint64(4*n)))
	}
	return errors.Join(errs...)
}
