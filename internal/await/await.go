// Package await lets a context end the wait for a call that cannot be
// cancelled itself, such as task_for_pid, which may ask the user.
package await

import (
	"context"
	"sync/atomic"
)

// Value runs f and waits for it as long as ctx lives. If ctx ends first, Value
// returns context.Cause(ctx) at once; f goes on in its goroutine, and if it
// succeeds later, late gets its value, to release or undo it. late may be nil.
// A value that was there in time is always returned, never handed to late. If
// ctx has ended before, f is not called. A nil ctx does not end.
//
// f runs in a goroutine of its own where ctx can end: it must not depend on the
// caller's thread, and memory that it fills in must not be read after an error.
func Value[T any](ctx context.Context, f func() (T, error), late func(T)) (T, error) {
	var none T
	if ctx == nil || ctx.Done() == nil {
		return f()
	}
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	type result struct {
		v   T
		err error
	}
	var settled atomic.Bool // whoever sets it decides which way it goes
	done := make(chan result, 1)
	go func() {
		v, err := f()
		switch {
		case settled.CompareAndSwap(false, true):
			done <- result{v, err}
		case err == nil && late != nil:
			late(v)
		}
	}()
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
		if settled.CompareAndSwap(false, true) {
			return none, context.Cause(ctx)
		}
		r := <-done // it came at the same moment
		return r.v, r.err
	}
}

// Call is [Value] for a call that gives nothing but an error. late undoes what a
// call that succeeds after the wait has done; it may be nil.
func Call(ctx context.Context, f func() error, late func()) error {
	_, err := Value(ctx, func() (struct{}, error) { return struct{}{}, f() }, func(struct{}) {
		if late != nil {
			late()
		}
	})
	return err
}

// Ended reports whether err is what [Value] returns because ctx has ended, and
// no error of the call.
func Ended(ctx context.Context, err error) bool {
	return err != nil && ctx != nil && ctx.Err() != nil && err == context.Cause(ctx)
}
