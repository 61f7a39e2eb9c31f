//go:build linux

package linux

// restart is a call that was started again: none is here.
type restart struct{}

// startAgain does nothing: a call that fails with EINTR when it is stopped
// cannot be started again by a tracer. Its first argument is where its result
// is now, and the kernel has settled before the stop that the call has failed
// (do_signal in arch/arm64/kernel/signal.c), so that a handler that is still to
// run could not be reckoned with.
func (t *Tracer) startAgain(*tracee) {}
