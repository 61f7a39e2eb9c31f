package task

import (
	"errors"
	"os"
	"syscall"

	"github.com/gomach/mach"
)

// explainOpen looks for why a task port was not to be had. The kernel answers
// KERN_FAILURE for nearly every cause (task_for_pid of xnu bsd/kern/kern_proc.c).
func explainOpen(call string, pid int, err error) error {
	if !errors.Is(err, mach.KERN_FAILURE) {
		return err
	}
	r := notPermitted("the kernel does not tell why", "")
	switch {
	case pid == 0:
		r = notPermitted("process 0 is the kernel", "")
	case syscall.Kill(pid, 0) == syscall.ESRCH:
		r = noProcess("no such process")
	case call == "task_name_for_pid":
		r.Advice = "The process must be this user's, or this program be root; and it must not have ended."
	default:
		r.Advice = debuggerAdvice(os.Geteuid() == 0)
	}
	r.Err = err
	return r
}

func debuggerAdvice(root bool) string {
	second := "Run it as root: sudo PROGRAM"
	if root {
		second = "It runs as root already: fine."
	}
	return `macOS gives a task port only to a program that may debug:
  1. Sign the program with the entitlement com.apple.security.cs.debugger:
         codesign -s - -f --entitlements FILE PROGRAM
  2. ` + second + `
The process must be debuggable too: a program of your own, or one signed with
com.apple.security.get-task-allow. Apple's own programs, and others with the
hardened runtime, stay closed while System Integrity Protection is on; leave it
on, and look at a copy of the program that you signed yourself. Developer mode
must be on (DevToolsSecurity -status). A process that has ended, and that its
parent has not waited for, is closed to all.`
}
