package zig

import "os"

// TB is the part of testing.TB that ForTest needs; naming it here keeps
// package testing out of the measuring tool.
type TB interface {
	Helper()
	Skip(args ...any)
	Fatal(args ...any)
}

// ForTest returns the toolchain, or skips the test with a line that says how
// to install it. With MACH_REQUIRE_TOOLS=1, as the project's test command
// sets it, a missing tool is a failure: a check that silently did not run
// proves nothing.
func ForTest(t TB) *Toolchain {
	t.Helper()
	tc, err := Find()
	if err == nil {
		return tc
	}
	if os.Getenv("MACH_REQUIRE_TOOLS") == "1" {
		t.Fatal(err)
	}
	t.Skip(err)
	return nil
}
