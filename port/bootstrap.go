package port

import (
	"errors"
	"strings"

	"github.com/gomach/mach"
)

// serviceName checks that a name fits into bootstrap's name_t, with its NUL.
func serviceName(s string) error {
	if len(s) >= mach.BOOTSTRAP_MAX_NAME_LEN || strings.IndexByte(s, 0) >= 0 {
		return ErrNameTooLong
	}
	return nil
}

// LookUp finds a service by its name and returns a send right to it, which the
// caller owns. It waits for launchd, without limit.
//
// It fails with [mach.BOOTSTRAP_UNKNOWN_SERVICE] if there is no such service,
// with [mach.BOOTSTRAP_NOT_PRIVILEGED] if the caller may not know it, and with
// [ErrNameTooLong].
//
// Mach calls: bootstrap_look_up.
func LookUp(service string) (*Send, error) {
	if err := serviceName(service); err != nil {
		return nil, err
	}
	var name mach.MachPort
	if err := mach.BootstrapLookUp(mach.BootstrapPort(), service, &name); err != nil {
		return nil, failed("bootstrap_look_up", err)
	}
	return OwnSend(name), nil
}

// CheckIn returns the receive right of a service that launchd keeps for this
// job, which the caller owns: closing it gives it back to launchd. It waits for
// launchd, without limit.
//
// It fails with [mach.BOOTSTRAP_UNKNOWN_SERVICE] if the job has no such service
// (some versions of launchd make one instead, as the hosted kernel does),
// with [mach.BOOTSTRAP_SERVICE_ACTIVE] if it is checked in already, and with
// [ErrNameTooLong].
//
// Mach calls: bootstrap_check_in, mach_port_guard.
func CheckIn(service string) (*Receive, error) {
	if err := serviceName(service); err != nil {
		return nil, err
	}
	var name mach.MachPort
	if err := mach.BootstrapCheckIn(mach.BootstrapPort(), service, &name); err != nil {
		return nil, failed("bootstrap_check_in", err)
	}
	r, err := OwnReceive(name)
	if err != nil { // back to launchd with it
		return nil, errors.Join(err, release(name, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	}
	return r, nil
}

// Register tells launchd to answer look-ups of a name with a copy of s, which
// stays the caller's. Apple deprecates it: a service that stands in a launchd
// property list and checks in is the better way.
//
// It fails with [mach.BOOTSTRAP_NAME_IN_USE] if there is such a service, with
// [mach.BOOTSTRAP_NOT_PRIVILEGED] if the caller may not, and with
// [ErrNameTooLong].
//
// Mach calls: bootstrap_register.
func Register(service string, s *Send) error {
	if err := serviceName(service); err != nil {
		return err
	}
	name, ok := (*right)(s).use()
	if !ok {
		return ErrClosed
	}
	defer (*right)(s).unuse()
	return failed("bootstrap_register", mach.BootstrapRegister(mach.BootstrapPort(), service, name))
}
