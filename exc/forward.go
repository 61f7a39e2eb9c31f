package exc

import (
	"context"
	"slices"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// forward asks the handler that was there before about an exception, in the
// form in which that handler wants to be told. nil says that it has dealt with
// it; the state in e is what it answered then.
func (s *Server) forward(ctx context.Context, at mach.MachPort, e *Exception) error {
	s.mu.Lock()
	a := s.attached[at]
	var to *port.Send
	var old Action
	if a != nil {
		if x, ok := a.before.Find(e.Type); ok {
			// A copy lives on if the attachment is closed meanwhile.
			old = x
			to, _ = x.Port.Copy()
		}
	}
	s.mu.Unlock()
	if to == nil {
		return Refuse
	}
	defer to.Close()
	return Forward(ctx, e, Action{Port: to, Behavior: old.Behavior, Flavor: old.Flavor})
}

// Forward sends an exception to another handler and waits for its verdict: nil
// when it has dealt with the exception. Registers that the handler wants and
// the exception does not bring are read from the thread; registers that it
// answers go to e.State if e has the same flavor, and to the thread otherwise.
// e may be made by hand: its rights are its maker's then.
//
// It fails with [mach.KERN_FAILURE], or what the handler says, when that
// declines; with [port.ErrKind] when e lacks what the handler's behavior needs
// to be told; and with the errors of [port.Send.Call].
//
// Mach calls: mach_msg, thread_get_state, thread_set_state.
func Forward(ctx context.Context, e *Exception, to Action) error {
	request := requestFor(to.Behavior)
	if request == 0 || e == nil {
		return failed("mach_msg", mach.KERN_INVALID_ARGUMENT)
	}
	told := *e
	told.State = slices.Clone(e.State)
	f := forms[request]
	brings := len(e.State) > 0
	if f.state && (!brings || e.Flavor != to.Flavor) {
		var err error
		if told.State, err = readState(e.Thread, to.Flavor); err != nil {
			return err
		}
		told.Flavor = to.Flavor
	}
	var m port.Message
	var answer port.Received
	defer m.Close()
	defer answer.Close()
	if err := told.encode(&m, to.Behavior); err != nil {
		return err
	}
	if err := to.Port.Call(ctx, &m, &answer); err != nil {
		return err
	}
	if err := told.decodeAnswer(&answer, request); err != nil {
		return err
	}
	if !f.state {
		return nil
	}
	if brings && e.Flavor == told.Flavor {
		e.State = append(e.State[:0], told.State...)
		return nil
	}
	return writeState(e.Thread, told.Flavor, told.State)
}

// readState reads a thread's registers.
func readState(th *task.Thread, flavor mach.ThreadStateFlavor) ([]mach.Natural, error) {
	thread := th.Name()
	if thread == mach.MACH_PORT_NULL {
		return nil, port.ErrKind
	}
	n := mach.MachMsgTypeNumber(maxState)
	state := make([]mach.Natural, n)
	if err := mach.ThreadGetState(thread, flavor, &state[0], &n); err != nil {
		return nil, failed("thread_get_state", err)
	}
	return state[:min(int(n), len(state))], nil
}

func writeState(th *task.Thread, flavor mach.ThreadStateFlavor, state []mach.Natural) error {
	thread := th.Name()
	if thread == mach.MACH_PORT_NULL {
		return port.ErrKind
	}
	if len(state) == 0 {
		return nil
	}
	return failed("thread_set_state", mach.ThreadSetState(thread, flavor, &state[0], mach.MachMsgTypeNumber(len(state))))
}
