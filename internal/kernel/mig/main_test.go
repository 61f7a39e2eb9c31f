package mig_test

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/gomach/mach"
)

// TestMain runs the tests again in a program in which mach_msg may send to
// objects of the kernel, as on macOS 12: the hosted kernel reads that once.
func TestMain(m *testing.M) {
	const rules = "MACH_MESSAGES"
	if runtime.GOOS != "linux" || os.Getenv(rules) != "" {
		os.Exit(m.Run())
	}
	again := exec.Command(os.Args[0], os.Args[1:]...)
	again.Env = append(os.Environ(), rules+"=macos12")
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := again.Run()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		os.Exit(ended.ExitCode())
	case err != nil:
		panic(err)
	}
}

// guarded skips a test, before it sends to an object of the kernel, where that ends the
// program: in a guest whose runner does not leave guards off.
func guarded(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" && os.Getenv("MACH_GUARDS") != "off" {
		t.Skip("a message to an object of the kernel raises EXC_GUARD here")
	}
}

// refused skips a test where the rules of macOS 13 hold: in a guest, whose
// runner decides them.
func refused(t testing.TB, err error) {
	t.Helper()
	if runtime.GOOS != "linux" && errors.Is(err, mach.MACH_SEND_INVALID_OPTIONS) {
		t.Skip("messages to objects of the kernel are refused here: darwinrun -messages macos12 lets them pass")
	}
}
