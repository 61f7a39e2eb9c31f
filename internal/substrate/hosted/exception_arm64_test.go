//go:build linux

package hosted

import (
	"encoding/binary"
	"os"
	"reflect"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// The exceptions of xnu osfmk/arm64/sleh.c: handle_user_abort, handle_pc_align,
// handle_sp_align, handle_pac_fail, handle_fp_trap, handle_uncategorized,
// handle_breakpoint, handle_watchpoint, handle_sw_step_debug; the signals of Linux's
// arch/arm64/kernel/traps.c, debug-monitors.c, hw_breakpoint.c and mm/fault.c.
func TestExceptions(t *testing.T) {
	code := reflect.ValueOf(readState).Pointer() // where instructions can be read
	self, err := linux.Open(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	k := &task{p: self}
	pc := uint64(code)
	instruction := k.instructionAt(pc)
	if instruction == 0 {
		t.Fatal("no instruction can be read")
	}
	const sp, odd, far = 0x7ff0_1000, 0x7ff0_1008, 0x1234_5000
	for _, x := range []struct {
		name       string
		signal     unix.Signal
		code       int
		addr, sp   uint64
		kind       mach.ExceptionType
		first, sub int64
		class      uint32
	}{
		{"no memory", unix.SIGSEGV, 1, far, sp, mach.EXC_BAD_ACCESS, int64(mach.KERN_INVALID_ADDRESS), far, classData},
		{"protected", unix.SIGSEGV, segvAccer, far, sp, mach.EXC_BAD_ACCESS, int64(mach.KERN_PROTECTION_FAILURE), far, classData},
		{"behind a file's end", unix.SIGBUS, 2, far, sp, mach.EXC_BAD_ACCESS, int64(mach.KERN_MEMORY_ERROR), far, classData},
		{"data not aligned", unix.SIGBUS, busAdraln, far + 1, sp, mach.EXC_BAD_ACCESS, mach.EXC_ARM_DA_ALIGN, far + 1, classData | dataAlign},
		{"pc not aligned", unix.SIGBUS, busAdraln, pc, sp, mach.EXC_BAD_ACCESS, mach.EXC_ARM_DA_ALIGN, int64(pc), classAlignPC},
		{"sp not aligned", unix.SIGBUS, busAdraln, odd, odd, mach.EXC_BAD_ACCESS, mach.EXC_ARM_SP_ALIGN, odd, classAlignSP},
		{"data at an aligned sp", unix.SIGBUS, busAdraln, sp, sp, mach.EXC_BAD_ACCESS, mach.EXC_ARM_DA_ALIGN, sp, classData | dataAlign},
		{"signature", unix.SIGILL, illegalOperand, pc, sp, mach.EXC_BAD_ACCESS, mach.EXC_ARM_PAC_FAIL, instruction, classSignature},
		{"no instruction", unix.SIGILL, 1, pc, sp, mach.EXC_BAD_INSTRUCTION, mach.EXC_ARM_UNDEFINED, instruction, classUndefined},
		{"division of floats", unix.SIGFPE, 3, pc, sp, mach.EXC_ARITHMETIC, mach.EXC_ARM_FP_DZ, instruction, classFloat},
		{"floats", unix.SIGFPE, 14, pc, sp, mach.EXC_ARITHMETIC, mach.EXC_ARM_FP_UNDEFINED, instruction, classFloat},
		{"brk", unix.SIGTRAP, 1, pc, sp, mach.EXC_BREAKPOINT, mach.EXC_ARM_BREAKPOINT, int64(pc), classBreak},
		{"step", unix.SIGTRAP, trapTrace, pc, sp, mach.EXC_BREAKPOINT, mach.EXC_ARM_BREAKPOINT, 0, classStep},
		{"watchpoint", unix.SIGTRAP, trapHW, far, sp, mach.EXC_BREAKPOINT, mach.EXC_ARM_DA_DEBUG, far, classWatch},
		{"breakpoint register", unix.SIGTRAP, trapHW, pc, sp, mach.EXC_BREAKPOINT, mach.EXC_ARM_BREAKPOINT, int64(pc), classBreakHW},
	} {
		e := linux.Event{Kind: linux.EventSignal, Signal: x.signal}
		binary.LittleEndian.PutUint32(e.Info[8:], uint32(x.code))
		binary.LittleEndian.PutUint64(e.Info[16:], x.addr)
		got, last, ok := translate(k, e)
		if got, last = refine(got, last, pc, x.sp); !ok || got != (core.Exception{Type: x.kind, Codes: [2]int64{x.first, x.sub}}) || last.code != x.class {
			t.Errorf("%s: %v, %+v, class %#x", x.name, ok, got, last.code>>26)
		}
	}
}
