package task

import (
	"fmt"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Guard raises EXC_GUARD for the thread that broke a port's guard, before its
// call returns (xnu osfmk/ipc/ipc_policy.c, mach_port_guard_ast). What is fatal
// ends the process whatever a handler says of it. Of the rest a task hears if it
// has asked to with TASK_EXC_GUARD_MP_DELIVER, which programs that are not Apple's
// have not (osfmk/kern/task.c, task_set_exc_guard_ctrl_port_default); what
// TASK_EXC_GUARD_MP_CORPSE adds is a report to Apple's crash reporter.
func Guard(c *core.Ctx, v ipc.Violation) {
	th := c.Caller()
	if th == nil || c.Kernel.Unguarded != nil && c.Kernel.Unguarded() {
		return
	}
	fatal := v.Fatal()
	if !fatal {
		bits, deliver := guardOf(c.Task).take()
		if !deliver {
			return
		}
		fatal = bits&mach.TASK_EXC_GUARD_MP_FATAL != 0 && v.Reason <= mach.MAX_OPTIONAL_kGUARD_EXC_CODE
	}
	Raise(th, mach.EXC_GUARD, guardCodes(v))
	if !fatal {
		return
	}
	if c.Kernel.Ends != nil {
		c.Kernel.Ends(c.Task.Sub.PID(), fmt.Sprintf("EXC_GUARD: %s, port %#x, %#x", reasonName(v.Reason), uint32(v.Name), v.Payload))
	}
	if c.Task.Sub.Terminate() == nil {
		<-c.Task.Dead()
	}
}

// take says what the task wants of a violation, and whether it is told of this
// one: with TASK_EXC_GUARD_MP_ONCE that is the first.
func (g *guardBehavior) take() (bits uint32, deliver bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	bits = g.bits
	deliver = bits&mach.TASK_EXC_GUARD_MP_DELIVER != 0
	if bits&mach.TASK_EXC_GUARD_MP_ONCE != 0 {
		g.bits &^= mach.TASK_EXC_GUARD_MP_DELIVER
	}
	return bits, deliver
}

// guardCodes packs a violation as <kern/exc_guard.h> has it.
func guardCodes(v ipc.Violation) [2]int64 {
	const typeShift, flavorShift, flavorMask = 61, 32, 0x1fffffff
	code := uint64(mach.GUARD_TYPE_MACH_PORT)<<typeShift | uint64(v.Reason&flavorMask)<<flavorShift | uint64(v.Name)
	return [2]int64{int64(code), int64(v.Payload)}
}

var reasons = map[uint32]string{
	mach.KGUARD_EXC_DESTROY: "kGUARD_EXC_DESTROY", mach.KGUARD_EXC_MOD_REFS: "kGUARD_EXC_MOD_REFS",
	mach.KGUARD_EXC_INVALID_OPTIONS: "kGUARD_EXC_INVALID_OPTIONS", mach.KGUARD_EXC_SET_CONTEXT: "kGUARD_EXC_SET_CONTEXT",
	mach.KGUARD_EXC_UNGUARDED: "kGUARD_EXC_UNGUARDED", mach.KGUARD_EXC_INCORRECT_GUARD: "kGUARD_EXC_INCORRECT_GUARD",
	mach.KGUARD_EXC_IMMOVABLE: "kGUARD_EXC_IMMOVABLE",
}

func reasonName(reason uint32) string {
	if name := reasons[reason]; name != "" {
		return name
	}
	return fmt.Sprintf("reason %#x", reason)
}
