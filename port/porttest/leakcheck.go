// Package porttest finds rights and message memory that a test leaves behind.
package porttest

import (
	"testing"
	"time"

	"github.com/gomach/mach/internal/leak"
	"github.com/gomach/mach/port"
)

// patience is how long rights may take to go after a test: goroutines that it
// has told to stop may need a moment.
var patience = 5 * time.Second

// LeakCheck fails the test if it leaves rights or memory behind: it compares
// the task's names, their references, and the memory that came in or is meant
// for messages, now and when the test ends. Call it first, so that the test's
// own cleanups run before. It waits up to 5 seconds for rights to go. Thread
// ports do not count, as Go's runtime starts threads whenever it likes. Tests
// that run at the same time disturb it. It does nothing with a nil t.
//
// Mach calls: mach_port_names, mach_port_get_refs, mach_port_kobject,
// mach_vm_region_recurse, mach_vm_deallocate, mach_port_destruct.
func LeakCheck(t testing.TB) {
	if t == nil {
		return
	}
	t.Helper()
	leak.Check(t, port.CloseIdleReplyPorts, patience)
}
