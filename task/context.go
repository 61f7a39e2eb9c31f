package task

import (
	"bytes"
	"context"
	"sync"

	"github.com/gomach/mach/internal/await"
)

// WithContext is a view of the same task, of which the calls that may wait end
// with the context, whose error they return then: those that read and write memory
// (ReadMemory, WriteMemory, ReadMapped and all that are built on them, such as
// Images and Patch), and those that read and write registers of threads that the
// view has listed, with their stacks. The view is usable as long as t is: there is
// nothing to close, and Close does nothing. A nil context does not end.
//
// Such a call waits for pages to come in, without a limit if they come from a file
// system or a pager that does not answer; or for a thread to leave a call in the
// kernel. Its thread goes on waiting after the context has ended, into a buffer of
// its own; what it writes late is written. With a context that cannot end, a call
// costs nothing more than one of t.
func (t *Task) WithContext(ctx context.Context) *Task {
	if t == nil {
		return nil
	}
	return &Task{self: t.self, of: t.root(), ctx: ctx}
}

// root is the task that owns the reference.
func (t *Task) root() *Task {
	if t != nil && t.of != nil {
		return t.of
	}
	return t
}

// mayEnd reports whether calls have to mind a context.
func (t *Task) mayEnd() bool { return t != nil && t.ctx != nil && t.ctx.Done() != nil }

// ended reports whether an error of a call is the context's.
func (t *Task) ended(err error) bool { return t.mayEnd() && t.ctx.Err() != nil && err != nil }

// over is the context's error if it has ended: what was read then is not all.
func (t *Task) over() error {
	if t.mayEnd() && t.ctx.Err() != nil {
		return failed("mach_vm_read_overwrite", context.Cause(t.ctx))
	}
	return nil
}

// buffers are those of readWithin that no call has any more.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// readWithin is read, into memory that stays the call's if the context ends.
func (t *Task) readWithin(p []byte, addr uint64) error {
	if !t.mayEnd() {
		return t.read(p, addr)
	}
	b := buffers.Get().(*[]byte)
	if cap(*b) < len(p) {
		*b = make([]byte, len(p))
	}
	q := (*b)[:len(p)]
	err := await.Call(t.ctx, func() error { return t.read(q, addr) }, nil)
	if await.Ended(t.ctx, err) { // q is the call's, which may go on
		return failedAt("mach_vm_read_overwrite", addr, uint64(len(p)), err)
	}
	if err == nil {
		copy(p, q)
	}
	buffers.Put(b)
	return err
}

// writeWithin is write, out of memory that stays the call's.
func (t *Task) writeWithin(p []byte, addr uint64) error {
	if !t.mayEnd() {
		return t.write(p, addr)
	}
	b := bytes.Clone(p)
	err := await.Call(t.ctx, func() error { return t.write(b, addr) }, nil)
	if await.Ended(t.ctx, err) {
		return failedAt("mach_vm_write", addr, uint64(len(p)), err)
	}
	return err
}

// within makes a call that fills in a value, or gives it up when the context
// ends; late then releases what comes after all.
func within[T any](t *Task, call string, f func() (T, error), late func(T)) (T, error) {
	if !t.mayEnd() {
		return f()
	}
	v, err := await.Value(t.ctx, f, late)
	if await.Ended(t.ctx, err) {
		return v, failed(call, err)
	}
	return v, err
}
