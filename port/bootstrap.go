package port

import (
	"context"
	"errors"
	"strings"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/await"
)

// serviceName checks that a name fits into bootstrap's name_t, with its NUL.
func serviceName(s string) error {
	if len(s) >= mach.BOOTSTRAP_MAX_NAME_LEN || strings.IndexByte(s, 0) >= 0 {
		return ErrNameTooLong
	}
	return nil
}

// LookUp finds a service by its name and returns a send right to it, which the
// caller owns.
//
// It waits for launchd, and returns the context's error when the context ends.
// launchd's answer may come later: its right is released then, and a thread
// waits for it until it comes.
//
// It fails with [mach.BOOTSTRAP_UNKNOWN_SERVICE] if there is no such service,
// with [mach.BOOTSTRAP_NOT_PRIVILEGED] if the caller may not know it, and with
// [ErrNameTooLong].
//
// Mach calls: bootstrap_look_up.
func LookUp(ctx context.Context, service string) (*Send, error) {
	return lookUp(ctx, service, mach.BootstrapLookUp)
}

// find is bootstrap_look_up or bootstrap_check_in.
type find func(bootstrap mach.MachPort, service string, name *mach.MachPort) error

func lookUp(ctx context.Context, service string, f find) (*Send, error) {
	name, err := ask(ctx, service, "bootstrap_look_up", f, mach.MACH_MSG_TYPE_MOVE_SEND)
	if err != nil {
		return nil, err
	}
	return OwnSend(name), nil
}

// CheckIn returns the receive right of a service that launchd keeps for this
// job, which the caller owns: closing it gives it back to launchd.
//
// It waits for launchd, and returns the context's error when the context ends.
// launchd's answer may come later: its right goes back to launchd then, with
// the messages that wait in it, and a thread waits for it until it comes.
//
// It fails with [mach.BOOTSTRAP_UNKNOWN_SERVICE] if the job has no such service
// (some versions of launchd make one instead, as the hosted kernel does),
// with [mach.BOOTSTRAP_SERVICE_ACTIVE] if it is checked in already, and with
// [ErrNameTooLong].
//
// Mach calls: bootstrap_check_in, mach_port_guard.
func CheckIn(ctx context.Context, service string) (*Receive, error) {
	return checkIn(ctx, service, mach.BootstrapCheckIn)
}

func checkIn(ctx context.Context, service string, f find) (*Receive, error) {
	name, err := ask(ctx, service, "bootstrap_check_in", f, mach.MACH_MSG_TYPE_MOVE_RECEIVE)
	if err != nil {
		return nil, err
	}
	r, err := OwnReceive(name)
	if err != nil { // back to launchd with it
		return nil, errors.Join(err, release(name, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	}
	return r, nil
}

// ask asks launchd for a right of that kind. What comes too late is released.
func ask(ctx context.Context, service, call string, f find, as mach.MachMsgTypeName) (mach.MachPort, error) {
	if err := serviceName(service); err != nil {
		return 0, err
	}
	name, err := await.Value(ctx, func() (mach.MachPort, error) {
		var name mach.MachPort
		err := f(mach.BootstrapPort(), service, &name)
		return name, err
	}, func(name mach.MachPort) { release(name, as) })
	if await.Ended(ctx, err) {
		return 0, err
	}
	return name, failed(call, err)
}

// Register tells launchd to answer look-ups of a name with a copy of s, which
// stays the caller's. Apple deprecates it: a service that stands in a launchd
// property list and checks in is the better way.
//
// It waits for launchd, and returns the context's error when the context ends.
// launchd may have registered the name all the same, or do so later; until it
// answers, a thread waits and s keeps its right, also after Close.
//
// It fails with [mach.BOOTSTRAP_NAME_IN_USE] if there is such a service, with
// [mach.BOOTSTRAP_NOT_PRIVILEGED] if the caller may not, and with
// [ErrNameTooLong].
//
// Mach calls: bootstrap_register.
func Register(ctx context.Context, service string, s *Send) error {
	return register(ctx, service, s, mach.BootstrapRegister)
}

func register(ctx context.Context, service string, s *Send, f func(bootstrap mach.MachPort, service string, name mach.MachPort) error) error {
	if err := serviceName(service); err != nil {
		return err
	}
	err := await.Call(ctx, func() error {
		name, ok := s.right().use()
		if !ok {
			return notUsable(s)
		}
		defer s.right().unuse()
		return failed("bootstrap_register", f(mach.BootstrapPort(), service, name))
	}, nil)
	return err
}
