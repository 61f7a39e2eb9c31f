package port

import (
	"context"

	"github.com/gomach/mach"
)

// Set owns a port set. Its members' receive rights stay with their owners; a
// member that is closed leaves the set by itself.
type Set struct {
	_     setKind
	owner right
}

// NewSet makes an empty set, which the caller owns. It does not wait if the
// kernel serves the own task's port.
//
// Mach calls: mach_port_allocate.
func NewSet() (*Set, error) {
	var name mach.MachPort
	err := mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_PORT_SET, &name)
	if err != nil {
		return nil, failed("mach_port_allocate", err)
	}
	return OwnSet(name), nil
}

// OwnSet takes over the port set name, which the caller must own. It does not
// check the name.
func OwnSet(name mach.MachPort) *Set {
	s := new(Set)
	s.right().init(set, name, 0)
	return s
}

// Close destroys the set, not its members. Receivers that wait on it return
// [ErrClosed]. A second Close does nothing.
//
// Mach calls: mach_port_mod_refs.
func (s *Set) Close() error { return s.right().close() }

// Name borrows the set's name: MACH_PORT_NULL once it is closed. Do not release
// it.
func (s *Set) Name() mach.MachPort { return s.right().name() }

// Relinquish hands the set over to the caller, who has to release it by
// mach_port_mod_refs. The name is MACH_PORT_NULL if there is nothing to hand
// over.
func (s *Set) Relinquish() mach.MachPort {
	name, _ := s.right().take()
	return name
}

// Insert adds a port to the set. A port may be in several sets, and adding it
// twice changes nothing.
//
// Mach calls: mach_port_insert_member.
func (s *Set) Insert(r *Receive) error {
	return s.member(r, "mach_port_insert_member", mach.MachPortInsertMember)
}

// Remove takes a port out of the set: [mach.KERN_NOT_IN_SET] if it is not in
// it.
//
// Mach calls: mach_port_extract_member.
func (s *Set) Remove(r *Receive) error {
	return s.member(r, "mach_port_extract_member", mach.MachPortExtractMember)
}

func (s *Set) member(r *Receive, call string, f func(task mach.IPCSpace, name, pset mach.MachPortName) error) error {
	in, ok := s.right().use()
	if !ok {
		return notUsable(s)
	}
	defer s.right().unuse()
	name, ok := r.right().use()
	if !ok {
		return notUsable(r)
	}
	defer r.right().unuse()
	return failed(call, f(mach.MachTaskSelf(), name, in))
}

// Receive waits for a message on any member, as [Receive.Receive] does for one
// port; [Received.Port] tells which.
//
// Mach calls: mach_msg; at the first wait mach_port_construct and
// mach_port_insert_member for the port that wakes it.
func (s *Set) Receive(ctx context.Context, m *Received) error {
	return named(s, s.right().receive(background(ctx), m))
}

// TryReceive is Receive without waiting: without a message it fails with
// [mach.MACH_RCV_TIMED_OUT].
//
// Mach calls: mach_msg.
func (s *Set) TryReceive(m *Received) error { return named(s, s.right().tryReceive(m)) }
