//go:build linux && (amd64 || arm64)

package linux

import (
	"runtime"
	"testing"
)

// watches skips a test where the debug registers stop nobody.
func watches(t *testing.T) {
	t.Helper()
	switch yes, err := DebugRegistersWork(); {
	case err != nil:
		t.Fatal(err)
	case !yes:
		t.Skip("this machine's debug registers take values and stop no thread")
	}
}

// Each try gives the same answer, and leaves no child behind.
func TestDebugRegistersWork(t *testing.T) {
	runtime.LockOSThread() // children are the thread's
	defer runtime.UnlockOSThread()
	want, err := DebugRegistersWork()
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if got, err := probeDebugRegisters(); got != want || err != nil {
			t.Fatalf("%v, %v, before %v", got, err, want)
		}
	}
	var info childInfo
	if waitAny(&info) == nil && info.PID != 0 {
		t.Errorf("child %d is left", info.PID)
	}
	t.Log("debug registers work: ", want)
}
