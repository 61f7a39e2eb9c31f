package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// examine finds what decides on macOS whether a process may be looked at, and of one
// process if pid is not 0.
func examine(ctx context.Context, pid int) []finding {
	self, err := os.Executable()
	if err != nil {
		self = "mach"
	}
	x := macExaminer{self, os.Geteuid(), func(name string, args ...string) (string, error) {
		b, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
		return string(b), err
	}}
	found := x.program()
	if pid != 0 {
		found = append(found, x.target(pid)...)
	}
	return found
}

// macExaminer asks the system's own tools.
type macExaminer struct {
	self string
	uid  int
	ask  func(name string, args ...string) (string, error)
}

// program finds what concerns mach itself.
func (x macExaminer) program() []finding {
	found := []finding{{"user", fine, "root", ""}}
	if x.uid != 0 {
		found[0] = finding{"user", limits, fmt.Sprintf("user %d: the processes of others take root", x.uid), "sudo " + x.self + " doctor"}
	}
	sign := x.self + " doctor --sign"
	switch out, err := x.ask("codesign", "-d", "--entitlements", "-", "--xml", x.self); {
	case err != nil:
		found = append(found, finding{"entitlement", limits, "the signature of mach cannot be read", sign})
	case strings.Contains(out, "com.apple.security.cs.debugger"):
		found = append(found, finding{"entitlement", fine, "mach is signed as a debugger", ""})
	default:
		found = append(found, finding{"entitlement", limits, "mach is not signed as a debugger", sign})
	}
	switch out, err := x.ask("csrutil", "status"); {
	case err != nil:
		found = append(found, finding{"SIP", limits, "csrutil does not tell whether System Integrity Protection is on", ""})
	case strings.Contains(out, "disabled"):
		found = append(found, finding{"SIP", fine, "System Integrity Protection is off", ""})
	default:
		found = append(found, finding{"SIP", limits, "System Integrity Protection is on: Apple's own programs are closed", "leave it on, and look at a copy that you signed yourself"})
	}
	switch out, err := x.ask("DevToolsSecurity", "-status"); {
	case err != nil:
		found = append(found, finding{"developer mode", limits, "DevToolsSecurity does not tell", ""})
	case strings.Contains(out, "enabled"):
		found = append(found, finding{"developer mode", fine, "on", ""})
	default:
		found = append(found, finding{"developer mode", limits, "off: macOS asks for a password each time", "sudo DevToolsSecurity -enable"})
	}
	return found
}

// target finds what concerns one process.
func (x macExaminer) target(pid int) []finding {
	out, err := x.ask("ps", "-o", "uid=,stat=,comm=", "-p", fmt.Sprint(pid))
	f := strings.Fields(out)
	if err != nil || len(f) < 3 {
		return []finding{{"process", forbids, "no such process", ""}}
	}
	uid, state, path := f[0], f[1], strings.Join(f[2:], " ")
	found := []finding{{"process", fine, path, ""}}
	if strings.HasPrefix(state, "Z") {
		found[0] = finding{"process", forbids, path + " has ended, and its parent has not waited for it", ""}
	}
	if x.uid != 0 && uid != fmt.Sprint(x.uid) {
		found = append(found, finding{"its user", forbids, "user " + uid, fmt.Sprintf("sudo %s doctor %d", x.self, pid)})
	} else {
		found = append(found, finding{"its user", fine, "user " + uid, ""})
	}
	entitled, err := x.ask("codesign", "-d", "--entitlements", "-", "--xml", path)
	if err != nil {
		return append(found, finding{"its signature", fine, "none, or it cannot be read", ""})
	}
	flags, _ := x.ask("codesign", "-dv", path)
	const again = "codesign -s - -f a copy of it, with com.apple.security.get-task-allow among its entitlements"
	switch {
	case strings.Contains(entitled, "com.apple.security.get-task-allow"):
		found = append(found, finding{"its signature", fine, "it lets itself be debugged", ""})
	case strings.Contains(flags, "runtime"):
		found = append(found, finding{"its signature", forbids, "it has the hardened runtime, and does not let itself be debugged", again})
	case strings.Contains(flags, "restrict") || strings.HasPrefix(path, "/System/") || strings.HasPrefix(path, "/usr/bin/"):
		found = append(found, finding{"its signature", forbids, "one of Apple's own programs, closed while SIP is on", again})
	default:
		found = append(found, finding{"its signature", fine, "no hardened runtime", ""})
	}
	return found
}
