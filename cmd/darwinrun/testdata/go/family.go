//go:build ignore

// Guests of one runner: what becomes of tasks when programs start, end or become others.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"

	"github.com/gomach/mach"
)

func must(err error) {
	if err != nil {
		fmt.Println(os.Args[1:], err)
		os.Exit(1)
	}
}

// child is a copy of this program in another role, which says a line at a time and goes on when
// it is told to.
type child struct {
	*exec.Cmd
	in  io.Writer
	out *bufio.Reader
}

func start(role string) child {
	c := exec.Command(os.Args[0], role)
	in, err := c.StdinPipe()
	must(err)
	out, err := c.StdoutPipe()
	must(err)
	must(c.Start())
	return child{c, in, bufio.NewReader(out)}
}

func (c child) line() string {
	s, err := c.out.ReadString('\n')
	must(err)
	return s
}

func (c child) goOn() { fmt.Fprintln(c.in) }

func wait() { bufio.NewReader(os.Stdin).ReadString('\n') }

func taskOf(pid int) (t mach.MachPort) {
	must(mach.TaskForPID(mach.MachTaskSelf(), int32(pid), &t))
	return t
}

func kind(t mach.MachPort) (k mach.MachPortType_t) {
	must(mach.MachPortType(mach.MachTaskSelf(), t, &k))
	return k
}

// dead says whether a name is one of a dead port, soon.
func dead(t mach.MachPort) bool {
	for range 500 {
		if kind(t)&mach.MACH_PORT_TYPE_DEAD_NAME != 0 {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// byPID and byTask are two ways to a process's number.
func byTask(t mach.MachPort) (pid int32) {
	must(mach.PIDForTask(t, &pid))
	return pid
}

func main() {
	role := ""
	if len(os.Args) > 1 {
		role = os.Args[1]
	}
	switch role {
	case "":
		parent()
	case "changing":
		fmt.Println("first")
		wait()
		must(syscall.Exec(os.Args[0], []string{os.Args[0], "waiting"}, os.Environ()))
	case "waiting":
		fmt.Println(os.Getpid())
		wait()
	case "middle":
		c := start("waiting")
		fmt.Print(c.line())
		wait()
		c.goOn()
		c.Wait()
	case "heir":
		heir()
	case "replacing":
		replacing()
	case "replaced":
		replaced()
	case "left":
		left()
	case "survivor":
		survivor()
	}
}

func parent() {
	// A task is there as soon as its process; another program in its place is another task.
	c := start("changing")
	first := taskOf(c.Process.Pid)
	fmt.Println("found:", int(byTask(first)) == c.Process.Pid, c.line() == "first\n")
	c.goOn()
	c.line()
	fmt.Println("the old task is dead:", dead(first))
	second := taskOf(c.Process.Pid)
	fmt.Println("the new one is another:", second != first, int(byTask(second)) == c.Process.Pid)
	c.goOn()
	must(c.Wait())
	fmt.Println("it dies with its process:", dead(second))
	fmt.Println("and is not found:", mach.TaskForPID(mach.MachTaskSelf(), int32(c.Process.Pid), &second))

	// Grandchildren are guests of the same kernel.
	m := start("middle")
	var pid int
	fmt.Sscan(m.line(), &pid)
	grandchild := taskOf(pid)
	fmt.Println("a grandchild:", int(byTask(grandchild)) == pid, pid != m.Process.Pid)
	m.goOn()
	must(m.Wait())
	fmt.Println("is dead:", dead(grandchild))

	// A child has its parent's bootstrap port and registered ports, as they are at its start.
	inherited()

	// A program that dies before it is a task is no task.
	broken, err := os.CreateTemp(".", "broken")
	must(err)
	must(broken.Chmod(0o755))
	broken.Write([]byte{0xcf, 0xfa, 0xed, 0xfe})
	broken.Close()
	b := exec.Command("./" + broken.Name())
	must(b.Start())
	var t mach.MachPort
	fmt.Println("a broken program:", mach.TaskForPID(mach.MachTaskSelf(), int32(b.Process.Pid), &t))
	b.Wait()

	// What is suspended when the first guest ends, and with it the kernel, goes on.
	s := exec.Command(os.Args[0], "survivor")
	s.Stdout, s.Stderr = os.Stdout, os.Stderr
	r, w, err := os.Pipe()
	must(err)
	s.ExtraFiles = []*os.File{w}
	must(s.Start())
	w.Close()
	one := make([]byte, 1)
	_, err = r.Read(one)
	must(err)
	task := taskOf(s.Process.Pid)
	must(mach.TaskSuspend(task))
	must(mach.TaskSuspend(task))
	fmt.Println("the first guest ends")
}

func inherited() {
	self := mach.MachTaskSelf()
	var boot, port mach.MachPort
	must(mach.TaskGetSpecialPort(self, mach.TASK_BOOTSTRAP_PORT, &boot))
	must(mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &port))
	must(mach.MachPortInsertRight(self, port, port, mach.MACH_MSG_TYPE_MAKE_SEND))
	must(mach.TaskSetSpecialPort(self, mach.TASK_BOOTSTRAP_PORT, port))
	// One of them stands for memory, which both have then.
	size := mach.VMPageSize()
	var shared uint64
	var entry mach.MachPort
	must(mach.MachVMAllocate(self, &shared, size, mach.VM_FLAGS_ANYWHERE))
	must(mach.MachMakeMemoryEntry64(self, &size, shared, mach.VM_PROT_READ|mach.VM_PROT_WRITE, &entry, 0))
	text := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&shared))), 16)
	copy(text, "from the parent")
	ports := []mach.MachPort{entry, port, 0}
	must(mach.MachPortsRegister(self, &ports[0], 3))
	c := start("heir")
	must(mach.TaskSetSpecialPort(self, mach.TASK_BOOTSTRAP_PORT, boot))
	must(mach.MachPortsRegister(self, &ports[0], 0))
	for range 2 {
		var b [64]uint64
		h := (*mach.MachMsgHeader)(unsafe.Pointer(&b))
		must(mach.MachMsg(h, mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, 512, port, 20000, 0))
		fmt.Println("from the heir:", h.MsghID)
	}
	must(c.Wait())
	fmt.Println("in the memory:", string(text))
}

func heir() {
	self := mach.MachTaskSelf()
	send := func(p mach.MachPort, id mach.MachMsgID) {
		h := mach.MachMsgHeader{MsghBits: mach.MachMsghBits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghSize: 24, MsghRemotePort: p, MsghID: id}
		must(mach.MachMsg(&h, mach.MACH_SEND_MSG, 24, 0, 0, 0, 0))
	}
	var boot mach.MachPort
	must(mach.TaskGetSpecialPort(self, mach.TASK_BOOTSTRAP_PORT, &boot))
	send(boot, 77)
	var list *mach.MachPort
	var n mach.MachMsgTypeNumber
	must(mach.MachPortsLookup(self, &list, &n))
	ports := unsafe.Slice(list, n)
	if n != 3 || ports[2] != 0 {
		fmt.Println("registered:", ports)
	}
	var shared uint64
	must(mach.MachVMMap(self, &shared, mach.VMPageSize(), 0, mach.VM_FLAGS_ANYWHERE, ports[0], 0, 0, mach.VM_PROT_DEFAULT, mach.VM_PROT_DEFAULT, mach.VM_INHERIT_NONE))
	text := unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&shared))), 16)
	if string(text) == "from the parent\x00" {
		copy(text, "seen, and changed")
	}
	send(ports[1], 78)
}

func survivor() {
	var p mach.MachPort
	must(mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_RECEIVE, &p))
	waiting := make(chan error)
	go func() {
		var b [64]uint64
		waiting <- mach.MachMsg((*mach.MachMsgHeader)(unsafe.Pointer(&b)), mach.MACH_RCV_MSG, 0, 512, p, 0, 0)
	}()
	parent := os.Getppid()
	os.NewFile(3, "ready").Write([]byte{1})
	for os.Getppid() == parent {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("the survivor's wait ends:", <-waiting)
	fmt.Println("and it cannot make ports:", mach.MachPortAllocate(mach.MachTaskSelf(), mach.MACH_PORT_RIGHT_RECEIVE, &p))
	// What it starts is a task of a kernel that is there.
	c := start("waiting")
	fmt.Println("it can start others:", c.line() != "")
	c.goOn()
	c.Wait()
	fmt.Println("survived")
}

// replacing is a first guest that becomes another program while a child waits.
func replacing() {
	c := exec.Command(os.Args[0], "left")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	r, w, err := os.Pipe()
	must(err)
	c.ExtraFiles = []*os.File{w}
	must(c.Start())
	w.Close()
	_, err = r.Read(make([]byte, 1))
	must(err)
	must(syscall.Exec(os.Args[0], []string{os.Args[0], "replaced", fmt.Sprint(c.Process.Pid)}, os.Environ()))
}

func left() {
	self := mach.MachTaskSelf()
	var p, q mach.MachPort
	must(mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &p))
	must(mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &q))
	must(mach.MachPortInsertRight(self, q, q, mach.MACH_MSG_TYPE_MAKE_SEND))
	os.NewFile(3, "ready").Write([]byte{1})
	var b [64]uint64
	fmt.Println("the wait ends:", mach.MachMsg((*mach.MachMsgHeader)(unsafe.Pointer(&b)), mach.MACH_RCV_MSG, 0, 512, p, 0, 0))
	fmt.Println("no ports:", mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &p))
	h := mach.MachMsgHeader{MsghBits: mach.MachMsghBits(mach.MACH_MSG_TYPE_COPY_SEND, 0), MsghSize: 24, MsghRemotePort: q}
	fmt.Println("no messages:", mach.MachMsg(&h, mach.MACH_SEND_MSG, 24, 0, 0, 0, 0))
	for { // until the other has looked for this task
		if _, err := os.Stat("looked"); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	fmt.Println("left")
}

func replaced() {
	var pid int
	fmt.Sscan(os.Args[2], &pid)
	var t mach.MachPort
	err := mach.TaskForPID(mach.MachTaskSelf(), int32(pid), &t)
	must(os.WriteFile("looked", nil, 0o600))
	_, waited := syscall.Wait4(pid, nil, 0, nil)
	must(waited)
	fmt.Println("it was not found:", err)
}
