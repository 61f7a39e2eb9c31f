package exc_test

import (
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

// A child of this mode forks when it has read a line, and says what its own child
// is. That one calls the function when it has read a byte, and says the results:
// it has one thread and no scheduler, so it makes system calls alone.
func init() {
	before["fork"] = func() {
		var ends [2]int
		if err := syscall.Pipe(ends[:]); err != nil {
			panic(err)
		}
		after = func() {
			pid, _, e := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
			if e != 0 {
				panic(e)
			}
			if pid == 0 {
				forked(ends[0])
			}
			os.Stdout.WriteString(strconv.Itoa(int(pid)) + "\n")
			line := make([]byte, 1)
			for range 2 { // the first lets the child go on, the second ends
				os.Stdin.Read(line)
				syscall.Write(ends[1], line)
			}
			var status syscall.WaitStatus
			syscall.Wait4(int(pid), &status, 0, nil)
			os.Stdout.WriteString(strconv.Itoa(int(status)) + " " + strconv.Itoa(counted(7)) + "\n")
		}
	}
}

//go:nosplit
func forked(in int) {
	var buf [2]byte
	rawCall(syscall.SYS_READ, uintptr(in), &buf)
	for i := range 5 {
		buf[0], buf[1] = byte('a'+counted(i)), '\n'
		rawCall(syscall.SYS_WRITE, 1, &buf)
	}
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 3, 0, 0)
	}
}

// A real fork: the child has the parent's traps in its memory. It comes to one, is
// freed of it, and goes on; the debugger of the parent sees nothing of it, and its
// breakpoint stays (xnu osfmk/kern/ipc_tt.c, ipc_task_init: the child has the
// parent's handlers).
func TestRealFork(t *testing.T) {
	porttest.LeakCheck(t)
	p := start(t, "fork")
	d := debugged(t, p)
	ctx := within(t)
	bp, err := d.SetBreakpoint(ctx, p.addr)
	ok(t, err)
	io.WriteString(p.in, "\n")
	pid, err := strconv.Atoi(p.line(t))
	ok(t, err)
	kid, err := task.ForPID(ctx, pid)
	ok(t, err)
	t.Cleanup(func() { kid.Close() })
	code := make([]byte, 4)
	_, err = kid.ReadMemory(code, p.addr)
	ok(t, err)
	theirs := make([]byte, 4)
	_, err = d.Task().ReadMemory(theirs, p.addr)
	ok(t, err)
	if string(code) != string(theirs) {
		t.Fatalf("the child has %x, the parent %x", code, theirs)
	}
	handlers, err := exc.Task(kid).Get(mach.EXC_MASK_BAD_ACCESS | mach.EXC_MASK_BREAKPOINT)
	ok(t, err)
	if _, found := handlers.Find(mach.EXC_BREAKPOINT); !found {
		t.Error("the child has no handler")
	}
	ok(t, handlers.Close())
	io.WriteString(p.in, "y")
	var said []string
	for range 5 {
		said = append(said, p.line(t))
	}
	if got := strings.Join(said, ""); got != "behkn" { // 1, 4, 7, 10, 13
		t.Errorf("the child said %q", got)
	}
	io.WriteString(p.in, "z")
	s, err := d.Wait(ctx)
	ok(t, err)
	if s.Reason != exc.AtBreakpoint || s.Point != bp {
		t.Fatal(s)
	}
	ok(t, bp.Clear(ctx))
	ok(t, d.Continue(ctx))
	if got := p.line(t); got != strconv.Itoa(3<<8)+" 22" {
		t.Errorf("the parent said %q", got)
	}
	ok(t, kid.Close())
}
