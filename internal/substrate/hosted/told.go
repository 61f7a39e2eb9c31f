//go:build linux && (amd64 || arm64)

package hosted

import (
	"errors"

	"github.com/gomach/mach/internal/cause"
	"github.com/gomach/mach/internal/substrate/linux"
)

// told reports why an operation on a process failed, before the kernel makes
// a Mach code of it, and gives the error back.
func told(pid int, err error) error {
	var e *linux.Error
	if errors.As(err, &e) {
		cause.Report(&e.Why)
	} else {
		cause.Clear(pid) // an older refusal is not the cause of what comes next
	}
	return err
}

// ended tells that a process has ended.
func ended(pid int) error {
	cause.Report(&cause.Error{Kind: cause.Ended, PID: pid, Err: linux.ErrProcessGone})
	return linux.ErrProcessGone
}
