package conformance_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach"
)

// guardVariable tells a copy of the test binary which guard to break.
const guardVariable = "MACH_CONFORMANCE_GUARD"

// breaks are ways to break a guard, with the reason and payload that the
// exception has, and the result of a call that nobody is told of.
var breaks = []struct {
	how     string
	reason  uint64
	payload uint64
	ends    bool // whatever the task wants
	kr      mach.KernReturn
	do      func(p mach.MachPort) error
}{
	{"destroy", mach.KGUARD_EXC_DESTROY, 77, true, mach.KERN_INVALID_RIGHT, func(p mach.MachPort) error { return mach.MachPortDestroy(self(), p) }},
	{"mod_refs", mach.KGUARD_EXC_DESTROY, 77, true, mach.KERN_INVALID_RIGHT, func(p mach.MachPort) error {
		return mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_RECEIVE, -1)
	}},
	{"destruct", mach.KGUARD_EXC_DESTROY, 77, true, mach.KERN_INVALID_ARGUMENT, func(p mach.MachPort) error { return mach.MachPortDestruct(self(), p, 0, 5) }},
	{"unguard", mach.KGUARD_EXC_INCORRECT_GUARD, 77, true, mach.KERN_INVALID_ARGUMENT, func(p mach.MachPort) error { return mach.MachPortUnguard(self(), p, 5) }},
	{"unguard again", mach.KGUARD_EXC_UNGUARDED, 0, true, mach.KERN_INVALID_ARGUMENT, func(p mach.MachPort) error {
		if err := mach.MachPortUnguard(self(), p, 77); err != nil {
			return err
		}
		return mach.MachPortUnguard(self(), p, 77)
	}},
	{"swap", mach.KGUARD_EXC_SET_CONTEXT, 77, true, mach.KERN_INVALID_ARGUMENT, func(p mach.MachPort) error { return mach.MachPortSwapGuard(self(), p, 77, 5) }},
	{"set_context", mach.KGUARD_EXC_SET_CONTEXT, 77, true, mach.KERN_INVALID_ARGUMENT, func(p mach.MachPort) error { return mach.MachPortSetContext(self(), p, 5) }},
	{"immovable", mach.KGUARD_EXC_IMMOVABLE, 0, true, mach.MACH_SEND_INVALID_RIGHT, sendsItself},
	{"guard again", mach.KGUARD_EXC_INVALID_ARGUMENT, 77, false, mach.KERN_INVALID_ARGUMENT, func(p mach.MachPort) error { return mach.MachPortGuard(self(), p, 5, 0) }},
	{"deallocate", mach.KGUARD_EXC_INVALID_RIGHT, 0, false, mach.KERN_INVALID_RIGHT, func(p mach.MachPort) error { return mach.MachPortDeallocate(self(), p) }},
	{"too many", mach.KGUARD_EXC_INVALID_VALUE, 0, false, mach.KERN_INVALID_VALUE, func(p mach.MachPort) error {
		return mach.MachPortModRefs(self(), p, mach.MACH_PORT_RIGHT_RECEIVE, 2)
	}},
	{"no name", mach.KGUARD_EXC_INVALID_NAME, 0, false, mach.KERN_INVALID_NAME, func(p mach.MachPort) error {
		return mach.MachPortDeallocate(self(), p+0x7f000000)
	}},
}

// sendsItself sends a receive right that cannot move to its own port.
func sendsItself(p mach.MachPort) error {
	b := newBuffer(64)
	n := place(b, headerSize, mach.MachMsgBody{MsghDescriptorCount: 1})
	n = place(b, n, portDescriptor(p, mach.MACH_MSG_TYPE_MOVE_RECEIVE))
	*b.head() = mach.MachMsgHeader{
		MsghBits: bits(mach.MACH_MSG_TYPE_MAKE_SEND, 0) | mach.MACH_MSGH_BITS_COMPLEX, MsghSize: mach.MachMsgSize(n), MsghRemotePort: p,
	}
	return mach.MachMsg(b.head(), mach.MACH_SEND_MSG, mach.MachMsgSize(n), 0, none, 0, none)
}

// breakGuard is what the copy does: it hears its own EXC_GUARD exceptions, says
// that it has dealt with them, breaks a guard twice, and says what came of it.
func breakGuard(what string) {
	var number int
	var behavior uint32
	fmt.Sscan(what, &number, &behavior)
	c := breaks[number]
	var handler, p mach.MachPort
	check := func(err error) {
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(3)
		}
	}
	check(mach.MachPortAllocate(self(), mach.MACH_PORT_RIGHT_RECEIVE, &handler))
	check(mach.MachPortInsertRight(self(), handler, handler, mach.MACH_MSG_TYPE_MAKE_SEND))
	check(mach.TaskSetExceptionPorts(self(), mach.EXC_MASK_GUARD, handler, mach.EXCEPTION_DEFAULT|codes64, 0))
	if behavior != 0 {
		check(mach.TaskSetExcGuardBehavior(self(), mach.TaskExcGuardBehavior(behavior)))
	}
	go func() {
		runtime.LockOSThread()
		for {
			in, out := newBuffer(512), newBuffer(512)
			check(mach.MachMsg(in.head(), mach.MACH_RCV_MSG, 0, in.size(), handler, 0, none))
			fmt.Printf("heard %d %#x %#x\n", pick[mach.ExceptionType](in, 60), uint64(pick[mach.PackedInt64](in, 68).Int64()), uint64(pick[mach.PackedInt64](in, 76).Int64()))
			place(out, headerSize, mach.NDRRecord())
			n := place(out, 32, mach.KERN_SUCCESS)
			*out.head() = mach.MachMsgHeader{
				MsghBits: in.head().MsghBits & 0x1f, MsghSize: mach.MachMsgSize(n), MsghRemotePort: in.head().MsghRemotePort, MsghID: in.head().MsghID + 100,
			}
			check(mach.MachMsg(out.head(), mach.MACH_SEND_MSG, mach.MachMsgSize(n), 0, none, 0, none))
		}
	}()
	for range 2 {
		check(mach.MachPortConstruct(self(), &mach.MachPortOptions{Flags: mach.MPO_CONTEXT_AS_GUARD | mach.MPO_STRICT | mach.MPO_IMMOVABLE_RECEIVE}, 77, &p))
		fmt.Printf("port %#x\n", p)
		fmt.Printf("result %#x\n", uint32(codeOf(c.do(p))))
	}
	fmt.Println("lives")
	os.Exit(0)
}

// xnu osfmk/ipc/ipc_policy.c, mach_port_guard_exception and mach_port_guard_ast:
// some violations end the process by SIGKILL, after its handlers have been told;
// of the others it hears if it wants to (task_set_exc_guard_behavior), once or
// always, and dies of them if it wants that.
func TestGuardExceptions(t *testing.T) {
	const (
		deliver = mach.TASK_EXC_GUARD_MP_DELIVER
		corpse  = deliver | mach.TASK_EXC_GUARD_MP_CORPSE
		fatal   = deliver | mach.TASK_EXC_GUARD_MP_FATAL
	)
	if realMac() {
		t.Skip("each case writes a crash report")
	}
	if runtime.GOOS == "darwin" && os.Getenv("MACH_GUARDS") == "off" {
		t.Skip("the runner has no guards")
	}
	if runtime.GOMAXPROCS(0) == 1 {
		t.Skip("a handler in the own process needs another P")
	}
	for i, c := range breaks {
		for _, behavior := range []uint32{0, deliver, corpse, fatal} {
			if c.ends && behavior != 0 && behavior != fatal {
				continue // no difference
			}
			if runtime.GOOS == "darwin" && (c.ends && behavior != 0 || !c.ends && c.how != "deallocate") {
				continue // a runner for each is long: one of a kind
			}
			t.Run(fmt.Sprint(c.how, " ", behavior), func(t *testing.T) {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d", guardVariable, i, behavior), "MACH_GUARDS=")
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Skip("no pipes here: ", err)
				}
				if err := cmd.Start(); err != nil {
					t.Skip("no child processes here: ", err)
				}
				timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
				defer timer.Stop()
				b, _ := io.ReadAll(out)
				cmd.Wait()
				told, ends := c.ends || behavior != 0, c.ends || behavior == fatal
				want := ""
				var port uint64
				fmt.Sscanf(string(b), "port %v", &port)
				for n := range 2 {
					if n == 0 {
						want += fmt.Sprintf("port %#x\n", port)
					} else {
						var second uint64
						fmt.Sscanf(string(b)[strings.LastIndex(string(b), "port "):], "port %v", &second)
						want += fmt.Sprintf("port %#x\n", second)
						port = second
					}
					name := port
					if c.how == "no name" {
						name = uint64(uint32(port + 0x7f000000))
					}
					if told {
						want += fmt.Sprintf("heard %d %#x %#x\n", mach.EXC_GUARD, uint64(mach.GUARD_TYPE_MACH_PORT)<<61|c.reason<<32|name, c.payload)
					}
					if ends {
						break
					}
					want += fmt.Sprintf("result %#x\n", uint32(c.kr))
				}
				status := "signal: killed"
				if !ends {
					want += "lives\n"
					status = "exit status 0"
				}
				equal(t, "status", cmd.ProcessState.String(), status)
				if string(b) != want {
					t.Errorf("it said\n%swant\n%s", b, want)
				}
			})
		}
	}
}
