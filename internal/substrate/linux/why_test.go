//go:build linux && (amd64 || arm64)

package linux

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/cause"
)

// why gives the cause that an error carries.
func why(t *testing.T, err error) cause.Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("no cause in %v", err)
	}
	return e.Why
}

func TestWhyATracedProcessIsRefused(t *testing.T) {
	x := startTarget(t, "park", "1")
	x.ready()
	if err := x.tr.Suspend(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := x.p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	err = second.Suspend(t.Context())
	comm, _ := os.ReadFile("/proc/self/comm")
	if c := why(t, err); c.Kind != cause.OtherTracer || c.Tracer <= 0 || c.TracerName != strings.TrimSpace(string(comm)) {
		t.Errorf("%+v: %v", c, err)
	}
}

func TestWhyAKernelThreadIsRefused(t *testing.T) {
	p, err := Open(2) // kthreadd
	if err != nil || !kernelThread(2) {
		t.Skip("no kernel threads to be seen here")
	}
	defer p.Close()
	// The kernel has two words for it: what has no memory is told as gone.
	_, err = p.ReadAt(make([]byte, 1), 0)
	if c := why(t, err); c.Kind != cause.KernelThread {
		t.Errorf("read: %+v: %v", c, err)
	}
	tr, err := p.Trace()
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	err = tr.Suspend(t.Context())
	if c := why(t, err); c.Kind != cause.KernelThread {
		t.Errorf("%+v: %v", c, err)
	}
}

func TestWhyThereIsNoProcess(t *testing.T) {
	_, err := Open(1<<22 + 1) // PID_MAX_LIMIT
	if c := why(t, err); c.Kind != cause.NoProcess {
		t.Errorf("%+v: %v", c, err)
	}
}

func TestWhyNothingCanBeOpened(t *testing.T) {
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	x := startTarget(t, "park", "1")
	x.ready()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	_, openErr := Open(x.PID())
	suspendErr := x.tr.Suspend(t.Context())
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{openErr, suspendErr} {
		if c := why(t, err); c.Kind != cause.NoDescriptors || !errors.Is(err, unix.EMFILE) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// filteredDumper is what the test binary does when it is started to dump a
// process with some system calls refused: "PID NUMBER ERRNO". It prints what
// comes of it.
func filteredDumper(text string) {
	var pid, number, errno int
	if _, err := fmt.Sscan(text, &pid, &number, &errno); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
	if err := refuse(uint32(number), unix.Errno(errno)); err != nil {
		fmt.Println("no filter:", err)
		os.Exit(0)
	}
	p, err := Open(pid)
	if err == nil {
		var tr *Tracer
		if tr, err = p.Trace(); err == nil {
			_, err = tr.Dump(context.Background(), nil)
		}
	}
	var e *Error
	if errors.As(err, &e) {
		fmt.Println("refused", e.Why.Kind == cause.Filtered, e.Why.Call)
	} else {
		fmt.Println("done", err)
	}
	os.Exit(0)
}

// A system call that a filter keeps from the kernel is named, or done
// without: nothing else is at fault then.
func TestWhyASystemCallIsRefused(t *testing.T) {
	x := startTarget(t, "park", "2")
	x.ready()
	for _, c := range []struct {
		number int
		errno  unix.Errno
		want   string
	}{
		{unix.SYS_PTRACE, unix.EPERM, "refused true ptrace"},
		{unix.SYS_PTRACE, unix.ENOSYS, "refused true ptrace"},
		{unix.SYS_PTRACE, unix.EACCES, "refused true ptrace"},
		{unix.SYS_WAITID, unix.EPERM, "refused true waitid"},
		{unix.SYS_WAITID, unix.ENOSYS, "refused true waitid"},
		{unix.SYS_PIDFD_OPEN, unix.ENOSYS, "done <nil>"},
		{unix.SYS_PIDFD_OPEN, unix.EPERM, "done <nil>"},
		{unix.SYS_PIDFD_SEND_SIGNAL, unix.ENOSYS, "done <nil>"},
		{unix.SYS_PROCESS_VM_READV, unix.EPERM, "done <nil>"},
		{unix.SYS_PRCTL, unix.EPERM, "done <nil>"},
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), "SUBSTRATE_FILTER="+strings.Join([]string{
			strconv.Itoa(x.PID()), strconv.Itoa(c.number), strconv.Itoa(int(c.errno))}, " "))
		out, err := cmd.CombinedOutput()
		got := strings.TrimSpace(string(out))
		if strings.HasPrefix(got, "no filter") {
			t.Skip(got)
		}
		if err != nil || got != c.want {
			t.Errorf("call %d refused with %v: %q, %v; want %q", c.number, c.errno, got, err, c.want)
		}
	}
}
