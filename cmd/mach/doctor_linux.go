package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// examine finds what decides on Linux whether a process may be looked at, and of one
// process if pid is not 0.
func examine(_ context.Context, pid int) []finding {
	self, err := os.Executable()
	if err != nil {
		self = "mach"
	}
	x := examiner{proc: "/proc", uid: os.Geteuid(), self: self}
	found := x.program()
	if pid != 0 {
		found = append(found, x.target(pid)...)
	}
	return found
}

// examiner looks at /proc as a user.
type examiner struct {
	proc string
	uid  int
	self string // the program's file, for commands
}

// status is a file of the kind of /proc/PID/status.
func (x examiner) status(pid string) map[string]string {
	fields := map[string]string{}
	b, err := os.ReadFile(filepath.Join(x.proc, pid, "status"))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		fields[name] = strings.TrimSpace(value)
	}
	return fields
}

// text is what a file has, without its last newline; "" if there is none.
func (x examiner) text(name string) string {
	b, err := os.ReadFile(filepath.Join(x.proc, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// program finds what concerns mach itself.
func (x examiner) program() []finding {
	own := x.status("self")
	if own == nil {
		return []finding{{"/proc", forbids, "it is not mounted, or is that of other processes", "mount -t proc proc /proc"}}
	}
	found := []finding{{"user", fine, "root", ""}}
	if x.uid != 0 {
		found[0] = finding{"user", limits, fmt.Sprintf("user %d: the processes of others take root", x.uid), "sudo " + x.self + " doctor"}
	}
	capable := hasCapability(own["CapEff"], unix.CAP_SYS_PTRACE)
	switch {
	case capable:
		found = append(found, finding{"capability", fine, "CAP_SYS_PTRACE is there", ""})
	case x.uid == 0:
		found = append(found, finding{"capability", limits, "root lacks CAP_SYS_PTRACE, as in a container", "docker run --cap-add=SYS_PTRACE"})
	default:
		found = append(found, finding{"capability", limits, "CAP_SYS_PTRACE is not there", "sudo setcap cap_sys_ptrace=ep " + x.self})
	}
	found = append(found, x.scope(capable), x.seccomp(own), x.namespace())
	if f, ok := x.hidden(); ok {
		found = append(found, f)
	}
	return found
}

func hasCapability(mask string, bit int) bool {
	v, err := strconv.ParseUint(mask, 16, 64)
	return err == nil && v>>bit&1 != 0
}

// scope is Yama's rule for who may trace whom (Linux, Documentation/admin-guide/LSM/Yama.rst).
func (x examiner) scope(capable bool) finding {
	const check, permit = "ptrace_scope", "sudo sysctl kernel.yama.ptrace_scope=0"
	switch v := x.text("sys/kernel/yama/ptrace_scope"); {
	case v == "":
		return finding{check, fine, "there is no such rule here", ""}
	case v == "0":
		return finding{check, fine, "0: programs may look at those of the same user", ""}
	case v == "3":
		return finding{check, forbids, "3: nobody may look into another process until the next boot", ""}
	case capable:
		return finding{check, fine, v + ": no matter with CAP_SYS_PTRACE", ""}
	case v == "1":
		return finding{check, limits, "1: programs may look at what they have started, with mach regs -- COMMAND", permit}
	default:
		return finding{check, forbids, v + ": it takes CAP_SYS_PTRACE", permit}
	}
}

func (x examiner) seccomp(own map[string]string) finding {
	if v := own["Seccomp"]; v != "" && v != "0" {
		return finding{"seccomp", limits, "a filter may refuse ptrace and process_vm_readv, as containers do", "docker run --security-opt seccomp=unconfined"}
	}
	return finding{"seccomp", fine, "no filter of system calls", ""}
}

func (x examiner) namespace() finding {
	if f := strings.Fields(x.text("self/uid_map")); len(f) == 3 && f[0] == "0" && f[1] == "0" && f[2] == "4294967295" {
		return finding{"namespace", fine, "the system's own users", ""}
	}
	return finding{"namespace", limits, "mach runs in a user namespace: processes outside of it are closed", "run mach outside of the container"}
}

// hidden looks for /proc mounted so that it hides processes of others.
func (x examiner) hidden() (f finding, ok bool) {
	for line := range strings.Lines(x.text("self/mounts")) {
		p := strings.Fields(line)
		if len(p) < 4 || p[1] != "/proc" {
			continue
		}
		for _, o := range strings.Split(p[3], ",") {
			if v, is := strings.CutPrefix(o, "hidepid="); is && v != "0" && v != "off" && x.uid != 0 {
				return finding{"hidepid", limits, "/proc hides the processes of others", "sudo " + x.self + " doctor"}, true
			}
		}
	}
	return f, false
}

// target finds what concerns one process.
func (x examiner) target(pid int) []finding {
	dir := strconv.Itoa(pid)
	s := x.status(dir)
	if s == nil {
		return []finding{{"process", forbids, "no such process, or it is hidden", ""}}
	}
	found := []finding{{"process", fine, s["Name"] + ", " + s["State"], ""}}
	switch {
	case strings.HasPrefix(s["State"], "Z"):
		found[0] = finding{"process", forbids, s["Name"] + " has ended, and its parent " + s["PPid"] + " has not waited for it", ""}
	case s["VmSize"] == "":
		found[0] = finding{"process", forbids, s["Name"] + " is one of the kernel's own threads", ""}
	}
	uid, _, _ := strings.Cut(s["Uid"], "\t")
	if x.uid != 0 && uid != strconv.Itoa(x.uid) {
		found = append(found, finding{"its user", forbids, "user " + uid, "sudo " + x.self + " doctor " + dir})
	} else {
		found = append(found, finding{"its user", fine, "user " + uid, ""})
	}
	if info, err := os.Stat(filepath.Join(x.proc, dir)); err == nil && x.uid != 0 {
		if st, ok := info.Sys().(*syscall.Stat_t); ok && strconv.Itoa(int(st.Uid)) != uid {
			found = append(found, finding{"dumpable", forbids, "the process may not be dumped: it has changed its user, or said so itself", "sudo " + x.self + " doctor " + dir})
		}
	}
	if t := s["TracerPid"]; t != "" && t != "0" {
		name := x.text(t + "/comm")
		found = append(found, finding{"debugger", forbids, fmt.Sprintf("process %s (%s) debugs it: Linux permits one at a time", t, name), "end that debugger first"})
	}
	mine, err := os.Readlink(filepath.Join(x.proc, "self/ns/user"))
	theirs, e := os.Readlink(filepath.Join(x.proc, dir, "ns/user"))
	if err == nil && e == nil && mine != theirs {
		found = append(found, finding{"its namespace", limits, "another user namespace: it takes root of the outer one", "sudo " + x.self + " doctor " + dir})
	}
	return found
}
