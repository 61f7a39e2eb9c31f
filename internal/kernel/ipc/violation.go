package ipc

import "github.com/gomach/mach"

// Violation is what an operation did that it should not have: it broke a port's
// guard, or used a name wrongly. Reason is one of kGUARD_EXC_*, 0 for none.
type Violation struct {
	Reason  uint32
	Name    mach.MachPort
	Payload uint64
}

// Fatal says whether it ends the process that does it, whatever a task wants to
// be done (osfmk/mach/port.h, MAX_FATAL_kGUARD_EXC_CODE).
func (v Violation) Fatal() bool {
	return v.Reason != 0 && v.Reason <= mach.MAX_FATAL_kGUARD_EXC_CODE
}

// violated notes a violation: the first one, or the first that is fatal
// (osfmk/kern/thread.c, thread_ast_mach_exception).
func (n *notices) violated(reason uint32, name mach.MachPort, payload uint64) {
	v := Violation{reason, name, payload}
	if n.violation.Reason == 0 || v.Fatal() && !n.violation.Fatal() {
		n.violation = v
	}
}

// wrongName notes that a name denotes nothing, or not the right that was asked
// for.
func (n *notices) wrongName(kr mach.KernReturn, name mach.MachPort) {
	switch kr {
	case mach.KERN_INVALID_NAME:
		n.violated(mach.KGUARD_EXC_INVALID_NAME, name, 0)
	case mach.KERN_INVALID_RIGHT:
		n.violated(mach.KGUARD_EXC_INVALID_RIGHT, name, 0)
	case mach.KERN_INVALID_VALUE:
		n.violated(mach.KGUARD_EXC_INVALID_VALUE, name, 0)
	}
}
