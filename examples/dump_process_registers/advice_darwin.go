package main

import (
	"errors"
	"syscall"
)

// advice says what helps when macOS does not let us debug a process.
func advice(root bool) string {
	text := `macOS gives a task port only to a program that may debug.
  1. Build this program and sign it with the debugger's entitlement:
         go build ./examples/dump_process_registers
         codesign -s - -f --entitlements examples/dump_process_registers/debugger.entitlements dump_process_registers
     The file debugger.entitlements asks for com.apple.security.cs.debugger.
  2. `
	if root {
		text += "You are root already: fine."
	} else {
		text += "Run the signed program as root: sudo ./dump_process_registers PID"
	}
	return text + `
The target must be debuggable too: a program of your own, or one signed with
com.apple.security.get-task-allow. Apple's own programs, and others with the
hardened runtime, stay closed while System Integrity Protection is on; leave
it on, and look at a copy of the program that you signed yourself.`
}

// ended: whether a process is a zombie is not asked for here.
func ended(int32) bool { return false }

// exists tells whether there is such a process, whoever it belongs to.
func exists(pid int32) bool {
	err := syscall.Kill(int(pid), 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
