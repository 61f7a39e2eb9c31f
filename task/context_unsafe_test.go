//go:build linux

package task_test

import (
	"context"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/gomach/mach/task"
	"golang.org/x/sys/unix"
)

// missing has faults of a range told to a descriptor, as userfaultfd(2)
// describes it, and leaves them unanswered: who touches the memory waits. It skips
// the test where the system does not permit that.
func missing(t *testing.T, addr, size uint64) (fill func()) {
	t.Helper()
	const (
		api      = 0xc018aa3f // UFFDIO_API
		register = 0xc020aa00 // UFFDIO_REGISTER
		zeropage = 0xc020aa04 // UFFDIO_ZEROPAGE
	)
	fd, _, errno := syscall.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK, 0, 0)
	if errno != 0 {
		t.Skip("userfaultfd: ", errno)
	}
	t.Cleanup(func() { syscall.Close(int(fd)) })
	order := func(what uintptr, words [4]uint64) syscall.Errno {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, what, uintptr(unsafe.Pointer(&words)))
		return errno
	}
	if errno := order(api, [4]uint64{0xaa}); errno != 0 {
		t.Skip("userfaultfd: ", errno)
	}
	if errno := order(register, [4]uint64{addr, size, 1}); errno != 0 { // mode: missing
		t.Skip("userfaultfd: ", errno)
	}
	return func() {
		if errno := order(zeropage, [4]uint64{addr, size}); errno != 0 {
			t.Error("userfaultfd: ", errno)
		}
	}
}

// A page that does not come in holds up a call for as long as the context lives,
// and no longer.
func TestReadEndsWithContext(t *testing.T) {
	begin(t)
	x, err := task.Self().Allocate(2*page(), tag)
	must(t, err)
	defer x.Close()
	fill := missing(t, x.Address(), x.Size())
	for what, call := range map[string]func(*task.Task, []byte) error{
		"read":  func(v *task.Task, b []byte) error { return second(v.ReadMemory(b, x.Address())) },
		"write": func(v *task.Task, b []byte) error { return second(v.WriteMemory(b, x.Address())) },
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		done := make(chan error, 1)
		b := []byte{1, 2, 3, 4}
		go func() { done <- call(task.Self().WithContext(ctx), b) }()
		select {
		case err := <-done:
			t.Errorf("%s of memory that does not come in: %v", what, err)
			continue
		case <-time.After(50 * time.Millisecond): // it would have come
		}
		cancel(errEnough)
		select {
		case err := <-done:
			wantErr(t, err, errEnough)
		case <-time.After(20 * time.Second):
			t.Fatalf("%s goes on after its context has ended", what)
		}
		b[0] = 9 // the caller's again
	}
	fill()
	// Those that were left end now, and let go of what they hold.
	var got [1]byte
	_, err = task.Self().ReadMemory(got[:], x.Address()+page())
	must(t, err)
}
