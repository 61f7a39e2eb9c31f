package exc

import (
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
)

// Action is one handler: for which types, to which port, and how it is told.
type Action struct {
	Mask     mach.ExceptionMask
	Port     *port.Send // its name is MACH_PORT_NULL where there is no handler
	Behavior mach.ExceptionBehavior
	Flavor   mach.ThreadStateFlavor
}

// Actions owns copies of handlers' send rights.
type Actions []Action

// Close gives the rights back. A second Close does nothing.
//
// Mach calls: mach_port_deallocate.
func (a Actions) Close() error {
	var errs []error
	for _, x := range a {
		errs = append(errs, x.Port.Close())
	}
	return errors.Join(errs...)
}

// Find is the handler of a type of exception; ok is false if there is none.
func (a Actions) Find(t mach.ExceptionType) (x Action, ok bool) {
	if t < 0 || t > 31 {
		return x, false
	}
	for _, x := range a {
		if x.Mask&(1<<t) != 0 && valid(x.Port.Name()) {
			return x, true
		}
	}
	return Action{}, false
}

// Restore makes the handlers those of the target again.
//
// Mach calls: those of [Target.Set].
func (a Actions) Restore(t Target) error {
	var errs []error
	for _, x := range a {
		if x.Port.Name() == mach.MACH_PORT_DEAD {
			errs = append(errs, t.Clear(x.Mask))
			continue
		}
		errs = append(errs, t.set(x.Mask, x.Port.Name(), x.Behavior, x.Flavor))
	}
	return errors.Join(errs...)
}

func valid(name mach.MachPort) bool {
	return name != mach.MACH_PORT_NULL && name != mach.MACH_PORT_DEAD
}

// room is the length of MIG's arrays of handlers.
const room = 32

// lists are the arrays that handlers come in.
type lists struct {
	n         mach.MachMsgTypeNumber
	masks     [room]mach.ExceptionMask
	ports     [room]mach.ExceptionHandler
	behaviors [room]mach.ExceptionBehavior
	flavors   [room]mach.ThreadStateFlavor
}

func (l *lists) actions() Actions {
	a := make(Actions, 0, l.n)
	for i := range min(int(l.n), room) {
		a = append(a, Action{l.masks[i], port.OwnSend(l.ports[i]), l.behaviors[i], l.flavors[i]})
	}
	return a
}

var calls = [...]struct{ get, set, swap string }{
	threadLevel: {"thread_get_exception_ports", "thread_set_exception_ports", "thread_swap_exception_ports"},
	taskLevel:   {"task_get_exception_ports", "task_set_exception_ports", "task_swap_exception_ports"},
	hostLevel:   {"host_get_exception_ports", "host_set_exception_ports", "host_swap_exception_ports"},
}

func failed(call string, err error) error {
	if err == nil {
		return nil
	}
	return &port.Error{Call: call, Err: err}
}

// Get returns the handlers of the types in mask; the caller owns them. Types
// that have the same one come together. New systems hide handlers of other
// tasks: [mach.KERN_DENIED] or names of nothing.
//
// Mach calls: thread_get_exception_ports, task_get_exception_ports or
// host_get_exception_ports.
func (t Target) Get(mask mach.ExceptionMask) (Actions, error) {
	name, err := t.name()
	if err != nil {
		return nil, err
	}
	l := &lists{n: room}
	get := mach.ThreadGetExceptionPorts
	switch t.level {
	case taskLevel:
		get = mach.TaskGetExceptionPorts
	case hostLevel:
		get = mach.HostGetExceptionPorts
	}
	err = get(name, mask, &l.masks[0], &l.n, &l.ports[0], &l.behaviors[0], &l.flavors[0])
	if err != nil {
		return nil, failed(calls[t.level].get, err)
	}
	return l.actions(), nil
}

// Set makes s, of which the kernel takes a copy, the handler of the types in
// mask. flavor counts where the behavior brings a state, and is 0 otherwise.
//
// It fails with [mach.KERN_INVALID_ARGUMENT] for a behavior or flavor that does
// not exist here, and with [mach.KERN_DENIED] where the target lets only
// identity-protected handlers in.
//
// Mach calls: thread_set_exception_ports, task_set_exception_ports or
// host_set_exception_ports.
func (t Target) Set(mask mach.ExceptionMask, s *port.Send, behavior mach.ExceptionBehavior, flavor mach.ThreadStateFlavor) error {
	name := s.Name()
	if name == mach.MACH_PORT_NULL {
		return port.ErrClosed
	}
	return t.set(mask, name, behavior, flavor)
}

// Clear leaves the types in mask without a handler. It fails like [Target.Set].
//
// Mach calls: those of [Target.Set].
func (t Target) Clear(mask mach.ExceptionMask) error {
	return t.set(mask, mach.MACH_PORT_NULL, mach.EXCEPTION_DEFAULT|codesFlag, 0)
}

func (t Target) set(mask mach.ExceptionMask, name mach.MachPort, behavior mach.ExceptionBehavior, flavor mach.ThreadStateFlavor) error {
	of, err := t.name()
	if err != nil {
		return err
	}
	set := mach.ThreadSetExceptionPorts
	switch t.level {
	case taskLevel:
		set = mach.TaskSetExceptionPorts
	case hostLevel:
		set = mach.HostSetExceptionPorts
	}
	return failed(calls[t.level].set, set(of, mask, name, behavior, flavor))
}

// Swap is [Target.Set] that returns what was there before; the caller owns it,
// and closes it. It fails like Set, and with [port.ErrClosed] without a port.
//
// Mach calls: thread_swap_exception_ports, task_swap_exception_ports or
// host_swap_exception_ports.
func (t Target) Swap(mask mach.ExceptionMask, s *port.Send, behavior mach.ExceptionBehavior, flavor mach.ThreadStateFlavor) (Actions, error) {
	name := s.Name()
	if name == mach.MACH_PORT_NULL {
		return nil, port.ErrClosed
	}
	of, err := t.name()
	if err != nil {
		return nil, err
	}
	l := &lists{n: room}
	swap := mach.ThreadSwapExceptionPorts
	switch t.level {
	case taskLevel:
		swap = mach.TaskSwapExceptionPorts
	case hostLevel:
		swap = mach.HostSwapExceptionPorts
	}
	err = swap(of, mask, name, behavior, flavor, &l.masks[0], &l.n, &l.ports[0], &l.behaviors[0], &l.flavors[0])
	if err != nil {
		return nil, failed(calls[t.level].swap, err)
	}
	return l.actions(), nil
}
