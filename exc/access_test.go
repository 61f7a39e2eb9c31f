package exc_test

import (
	"io"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// The exception state says whether memory was read or written: bit 1 of Intel's error code
// (volume 3, page-fault exceptions), bit 6 of Arm's syndrome (ESR_ELx, data abort, WnR).
func TestExceptionStateTellsWrites(t *testing.T) {
	porttest.LeakCheck(t)
	for mode, writes := range map[string]bool{"crash": true, "read": false} {
		p := start(t, mode)
		d := debugged(t, p)
		io.WriteString(p.in, "\n")
		s, err := d.Wait(within(t))
		ok(t, err)
		if isARM {
			e, err := task.State[mach.ARMExceptionState64](s.Thread)
			ok(t, err)
			if e.Esr>>26 != 0x24 || e.Esr>>6&1 != 0 != writes {
				t.Errorf("%s: syndrome %#x", mode, e.Esr)
			}
		} else {
			e, err := task.State[mach.X86ExceptionState64](s.Thread)
			ok(t, err)
			// 4: from a program; 2: a write; 1: there is a page.
			if e.Trapno != 14 || e.Err&^2 != 4 || e.Err&2 != 0 != writes {
				t.Errorf("%s: trap %d, error code %#x", mode, e.Trapno, e.Err)
			}
		}
		ok(t, p.cmd.Process.Kill())
		ok(t, d.Close())
	}
}
