// Package gotool tells tests whether they can run the go command and a C compiler, which
// is no matter of course: a test binary may run where neither is installed, and a darwin
// test under darwinrun, which starts programs of the host only if told so.
package gotool

import (
	"os"
	"os/exec"
	"strings"
)

// TB is the part of testing.TB that ForTest needs.
type TB interface {
	Helper()
	Skip(args ...any)
	Fatal(args ...any)
}

// ForTest skips the test, with the reason, if the go command does not run. With
// MACH_REQUIRE_TOOLS=1, as the project's test command sets it, that is a failure.
func ForTest(t TB) {
	t.Helper()
	err := exec.Command("go", "version").Run()
	switch {
	case err == nil:
	case os.Getenv("MACH_REQUIRE_TOOLS") == "1":
		t.Fatal("the go command: ", err)
	case strings.Contains(err.Error(), "exec format error"): // ENOEXEC, where there is such a thing
		t.Skip("the go command is a program for another system, which darwinrun starts with -host-programs only: ", err)
	default:
		t.Skip("the go command: ", err)
	}
}

// CompilerForTest does so for gcc.
func CompilerForTest(t TB) {
	t.Helper()
	_, err := exec.LookPath("gcc")
	switch {
	case err == nil:
	case os.Getenv("MACH_REQUIRE_TOOLS") == "1":
		t.Fatal("gcc builds the target: ", err)
	default:
		t.Skip("gcc builds the target: ", err)
	}
}
