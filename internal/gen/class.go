package gen

import "fmt"

// class says whether a call may wait, and with it whether the Go scheduler is
// told about the call. It is the second word of a record in doc/*.txt.
//
// A routine of MIG is a message to its first argument: the kernel answers at
// once if the port is its own, but a port can be anybody's.
type class string

const (
	classShort class = "short" // never waits, whatever the arguments are
	classTask  class = "task"  // does not wait if the first argument is the caller's own task
	classHost  class = "host"  // … the host port
	classPort  class = "port"  // does not wait if the kernel serves the first argument, which is never known
	classBlock class = "block" // may wait whatever the arguments are
)

func (c class) valid() bool {
	switch c {
	case classShort, classTask, classHost, classPort, classBlock:
		return true
	}
	return false
}

// waitText is the sentence about waiting in a function's doc comment.
func (f *function) waitText() (string, error) {
	const not, may = "It does not wait", "it may wait and the scheduler is told"
	switch f.Class {
	case classShort:
		return not + ": the scheduler is not told about the call.", nil
	case classBlock:
		return "It may wait: the scheduler is told about the call.", nil
	}
	if len(f.Params) == 0 {
		return "", fmt.Errorf("%s: class %s, but no port as its first argument", f.C, f.Class)
	}
	port, also := f.Params[0].Name, ""
	if f.flags() != "" {
		also = fmt.Sprintf(" without %s", f.flagsText())
	}
	switch f.Class {
	case classTask:
		return fmt.Sprintf("%s if %s is [MachTaskSelf]%s: the scheduler is not told then. Otherwise %s.", not, port, also, may), nil
	case classHost:
		return fmt.Sprintf("%s if %s is [MachHostSelf]: the scheduler is not told then. Otherwise %s.", not, port, may), nil
	}
	return fmt.Sprintf("%s if the kernel serves %s. As that is not known, the scheduler is told about the call.", not, port), nil
}

// usual is the condition under which the scheduler is not told, for functions
// that do not decide it once and for all, and what to do where it does not hold.
func (f *function) usual() (cond, otherwise string) {
	switch f.Class {
	case classTask:
		cond, otherwise = "libsystem.OwnTask(uint32(%s))", "\tlibsystem.LearnTask()\n"
	case classHost:
		cond, otherwise = "libsystem.OwnHost(uint32(%s))", "\tlibsystem.LearnHost()\n"
	}
	if cond != "" {
		cond = fmt.Sprintf(cond, f.Params[0].Name)
	}
	if flags := f.flags(); flags != "" && cond != "" {
		cond += " && "
	}
	return cond + f.flags(), otherwise
}

// unbounded are the flags that turn a short call into a long one: to replace
// what is mapped ends that, and a superpage has to be found and zeroed at once
// (vm_map_enter in osfmk/vm/vm_map.c). Bit 15, between the two, is no flag;
// with it the test is one instruction on arm64.
const unbounded = "VM_FLAGS_OVERWRITE|1<<15|VM_FLAGS_SUPERPAGE_MASK"

var flagged = map[string]bool{
	"mach_vm_allocate": true, "vm_allocate": true, "_kernelrpc_mach_vm_allocate_trap": true,
}

func (f *function) flags() string {
	if !flagged[f.C] {
		return ""
	}
	return "flags&(" + unbounded + ") == 0"
}

func (f *function) flagsText() string { return "[VM_FLAGS_OVERWRITE] and a superpage" }
