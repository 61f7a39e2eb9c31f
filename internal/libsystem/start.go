package libsystem

import "sync/atomic"

var startError atomic.Pointer[error]

// NotStarted says why a kernel that was to answer the calls could not start.
func NotStarted(err error) { startError.Store(&err) }

// StartError returns what NotStarted was given, or nil.
func StartError() error {
	if err := startError.Load(); err != nil {
		return *err
	}
	return nil
}
