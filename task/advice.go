package task

import (
	"fmt"

	"github.com/gomach/mach/internal/cause"
)

const asRoot = "Run this program as root (sudo)."

// refusalBy words why Linux refuses a process, and what helps.
func refusalBy(c *cause.Error) *Refusal {
	switch c.Kind {
	case cause.NoProcess:
		return noProcess("no such process")
	case cause.Ended:
		return noProcess("no such process: it has ended, and its parent has not waited for it yet")
	case cause.ThreadEnded:
		return noProcess("the thread has ended")
	case cause.OtherTracer:
		return notPermitted("another debugger holds it"+tracer(c), "End that debugger first: Linux permits one at a time.")
	case cause.Filtered:
		call := c.Call
		if call == "" {
			call = "a system call"
		}
		return notPermitted("a seccomp filter refuses "+call, "A sandbox or container forbids it to this program. "+
			"Permit it there, as docker run --security-opt seccomp=unconfined does, or run this program outside.")
	case cause.PtraceScope:
		return notPermitted(fmt.Sprintf("kernel.yama.ptrace_scope is %d", c.Scope), scopeAdvice(c.Scope))
	case cause.NoCapability:
		return notPermitted("root lacks CAP_SYS_PTRACE, as in a container",
			"Start the container with it (docker run --cap-add=SYS_PTRACE), or run this program outside.")
	case cause.Namespace:
		return notPermitted("the process belongs to an outer user namespace", "Run this program where the process was started, outside of the container.")
	case cause.SecurityModule:
		return notPermitted("a security module of the kernel forbids it", "Look into the system's log for what SELinux, AppArmor or the like denied.")
	case cause.OtherUser:
		return notPermitted("it is another user's, has changed its user, or may not be dumped", asRoot)
	case cause.KernelThread:
		return notPermitted("it is one of the kernel's own threads", "")
	case cause.Hidden:
		return notPermitted("/proc hides the process, which is mounted with hidepid", asRoot)
	case cause.NoProc:
		return &Refusal{Reason: "/proc is not mounted, or is that of other processes", Advice: "Mount it: mount -t proc proc /proc"}
	case cause.NoDescriptors:
		return &Refusal{Reason: "no file descriptor is left", Advice: "Close files, or raise the limit (ulimit -n)."}
	case cause.NoMemory:
		return &Refusal{Reason: "no memory is left"}
	case cause.Busy:
		return &Refusal{Reason: "the process did not stop in time: it is in execve, or in a call that nothing interrupts", Advice: "Try again."}
	}
	return &Refusal{Reason: c.Error()}
}

func tracer(c *cause.Error) string {
	switch {
	case c.TracerName != "":
		return fmt.Sprintf(": %s, thread %d", c.TracerName, c.Tracer)
	case c.Tracer > 0:
		return fmt.Sprintf(": thread %d", c.Tracer)
	}
	return ""
}

func scopeAdvice(scope int) string {
	switch scope {
	case 1:
		return "Run this program as root (sudo), have it start the process itself, or permit it for all processes of the same user:\n" +
			"    sudo sysctl kernel.yama.ptrace_scope=0"
	case 2:
		return "Run this program as root (sudo), or give it CAP_SYS_PTRACE."
	}
	return "Nobody may look into another process until the next boot."
}
