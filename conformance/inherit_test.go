package conformance_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// xnu osfmk/kern/ipc_tt.c, ipc_task_init: a new task has the exception ports,
// the bootstrap port and the registered ports that its parent had when it was
// made; ipc_thread_init: its threads have no handlers. What the parent changes
// afterwards is no matter for the child.
func TestInheritedPorts(t *testing.T) {
	begin(t)
	tasks := excOwners(t)[0]
	old := tasks.read(t, emulation|rpcAlert)
	defer old.release()
	var bootstrap mach.MachPort
	ok(t, "task_get_special_port", mach.TaskGetSpecialPort(self(), mach.TASK_BOOTSTRAP_PORT, &bootstrap))
	registered := registeredPorts(t, self())
	p, q, b := sendPort(t), sendPort(t), sendPort(t)
	restored := false
	restore := func() {
		if restored {
			return
		}
		restored = true
		ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(self(), emulation|rpcAlert, none, mach.EXCEPTION_DEFAULT, 0))
		ok(t, "task_set_special_port", mach.TaskSetSpecialPort(self(), mach.TASK_BOOTSTRAP_PORT, bootstrap))
		ok(t, "mach_ports_register", mach.MachPortsRegister(self(), &registered[0], 3))
		for _, name := range append(registered, bootstrap) {
			if name != none {
				dropSend(t, name)
			}
		}
	}
	defer restore()
	ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(self(), emulation, p, mach.EXCEPTION_STATE_IDENTITY|codes64, nativeFlavor))
	ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(self(), rpcAlert, q, mach.EXCEPTION_DEFAULT, 0))
	ok(t, "task_set_special_port", mach.TaskSetSpecialPort(self(), mach.TASK_BOOTSTRAP_PORT, b))
	ok(t, "mach_ports_register", mach.MachPortsRegister(self(), &[]mach.MachPort{q, none, p}[0], 3))
	a := spawn(t)
	restore()

	child := *tasks
	child.name = a.task
	h := child.read(t, emulation|rpcAlert)
	defer h.release()
	for _, w := range []struct {
		mask     mach.ExceptionMask
		port     mach.MachPort
		behavior mach.ExceptionBehavior
		flavor   mach.ThreadStateFlavor
	}{{emulation, p, mach.EXCEPTION_STATE_IDENTITY | codes64, nativeFlavor}, {rpcAlert, q, mach.EXCEPTION_DEFAULT, 0}} {
		i := h.find(w.mask)
		if i < 0 {
			t.Errorf("the child has no element for mask %#x", uint32(w.mask))
			continue
		}
		equal(t, "mask", h.masks[i], w.mask)
		equal(t, "handler", h.ports[i], w.port)
		equal(t, "behavior", h.behaviors[i], w.behavior)
		equal(t, "flavor", h.flavors[i], w.flavor)
	}
	var list *mach.ThreadAct
	var n mach.MachMsgTypeNumber
	ok(t, "task_threads", mach.TaskThreads(a.task, &list, &n))
	for _, th := range take(t, list, n) {
		count := mach.MachMsgTypeNumber(mach.EXC_TYPES_COUNT)
		var none handlers
		ok(t, "thread_get_exception_ports", mach.ThreadGetExceptionPorts(th, emulation|rpcAlert, &none.masks[0], &count, &none.ports[0], &none.behaviors[0], &none.flavors[0]))
		equal(t, "number of a thread's handlers", count, 0)
		dropSend(t, th)
	}
	var got mach.MachPort
	ok(t, "task_get_special_port", mach.TaskGetSpecialPort(a.task, mach.TASK_BOOTSTRAP_PORT, &got))
	equal(t, "bootstrap port", got, b)
	dropSend(t, got)
	theirs := registeredPorts(t, a.task)
	for i, w := range []mach.MachPort{q, none, p} {
		equal(t, fmt.Sprint("registered port ", i), theirs[i], w)
		if w != none {
			dropSend(t, w)
		}
	}
	// The debug control port is not among them, nor are suspensions.
	ok(t, "task_get_special_port", mach.TaskGetSpecialPort(a.task, mach.TASK_DEBUG_CONTROL_PORT, &got))
	equal(t, "debug control port", got, none)
	info, _ := taskInfo[mach.MachTaskBasicInfo](t, a.task, mach.MACH_TASK_BASIC_INFO)
	equal(t, "suspend count", info.SuspendCount, 0)
}

// registeredPorts are a task's, with a reference to each.
func registeredPorts(t testing.TB, task mach.MachPort) []mach.MachPort {
	t.Helper()
	var list *mach.MachPort
	var n mach.MachMsgTypeNumber
	ok(t, "mach_ports_lookup", mach.MachPortsLookup(task, &list, &n))
	equal(t, "count", n, mach.TASK_PORT_REGISTER_MAX)
	return take(t, list, n)
}

// ends are ways for a child to end, and the status that wait tells.
var ends = map[string]string{"exit": "exit status 7", "fault": "exit status 2", "kill": "signal: killed", "again": "exit status 0"}

const endVariable = "MACH_CONFORMANCE_END"

// endAs is what a child does that is to end.
func endAs(how string) {
	fmt.Println("ready")
	bufio.NewReader(os.Stdin).ReadByte()
	switch how {
	case "exit":
		os.Exit(7)
	case "fault":
		*at[byte](faultAddress) = 1
	case "kill":
		p, _ := os.FindProcess(os.Getpid())
		p.Kill()
		select {}
	case "again": // with a fault that is dealt with, and a child of its own
		if !fault(faultAddress) {
			os.Exit(3)
		}
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), endVariable+"=exit")
		c.Stdin = nil
		if c.Run(); c.ProcessState == nil || c.ProcessState.ExitCode() != 7 {
			os.Exit(4)
		}
		os.Exit(0)
	}
}

// A child that nobody debugs ends as it would, and wait tells so: if its parent
// has no handlers, if it has some that nobody has asked to hear of the child
// (hosted), and if those that it has inherited refuse what they hear.
func TestEndOfChild(t *testing.T) {
	for how, status := range ends {
		for _, handled := range []bool{false, true} {
			t.Run(fmt.Sprint(how, " ", handled), func(t *testing.T) {
				begin(t)
				p := sendPort(t)
				set := func(port mach.MachPort) {
					ok(t, "task_set_exception_ports", mach.TaskSetExceptionPorts(self(), mach.EXC_MASK_BAD_ACCESS, port, mach.EXCEPTION_DEFAULT|codes64, 0))
				}
				if handled {
					set(p)
					defer set(none)
				}
				c, in, r := startCopy(t, endVariable+"="+how)
				t.Cleanup(func() { c.Process.Kill(); c.Wait() })
				if _, err := r.ReadString('\n'); err != nil {
					t.Skip("the child does not run here: ", err)
				}
				if handled {
					set(none)
				}
				var task mach.MachPort
				if mach.TaskForPID(self(), int32(c.Process.Pid), &task) == nil {
					defer destroy(task)
				}
				heard := handled && runtime.GOOS == "darwin" && (how == "fault" || how == "again")
				in.Write([]byte{1})
				if heard {
					answer(t, p, func(in, out buffer) int {
						e := exceptionOf(t, in)
						equal(t, "exception", e.exception, mach.EXC_BAD_ACCESS)
						if task != none {
							equal(t, "task", e.task, task)
						}
						return place(out, 32, mach.KERN_FAILURE)
					})()
				}
				timer := time.AfterFunc(30*time.Second, func() { c.Process.Kill() })
				defer timer.Stop()
				io.Copy(io.Discard, r)
				c.Wait()
				equal(t, "status", c.ProcessState.String(), status)
			})
		}
	}
}
