package main

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// advice says what helps when Linux does not let us debug a process.
func advice(root bool) string {
	switch scope := ptraceScope(); {
	case scope == 3:
		return "kernel.yama.ptrace_scope is 3: nobody may look into a process until the next boot."
	case root:
		return "Even root was refused: CAP_SYS_PTRACE is missing (as in a container), another debugger holds the process, or it is one of the kernel's."
	case scope == 2:
		return "kernel.yama.ptrace_scope is 2: run this as root (sudo), or give it CAP_SYS_PTRACE."
	case scope == 1:
		return "Run this as root (sudo), or, for processes of your own, set kernel.yama.ptrace_scope to 0:\n    sudo sysctl kernel.yama.ptrace_scope=0"
	}
	return "The process belongs to another user, or has changed its user: run this as root (sudo). If another debugger holds the process, end that first."
}

func ptraceScope() int {
	b, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return n
}

// ended tells whether a process is a zombie.
func ended(pid int32) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(int(pid)) + "/stat")
	if err != nil {
		return false
	}
	// The state follows the name, which may hold any character.
	s := string(b[strings.LastIndexByte(string(b), ')')+1:])
	return strings.HasPrefix(s, " Z")
}

// exists tells whether there is such a process, whoever it belongs to.
func exists(pid int32) bool {
	err := syscall.Kill(int(pid), 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
