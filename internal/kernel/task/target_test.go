//go:build linux && (amd64 || arm64)

package task_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

var dir string

func TestMain(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "task"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(dir, "target")
	out, err := exec.Command("gcc", "-O1", "-Wall", "-pthread", "-o", path, "testdata/target.c").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("gcc: %w\n%s", err, out)
	}
	return path, err
})

// target is a running testdata/target.c.
type target struct {
	t          testing.TB
	cmd        *exec.Cmd
	in         io.WriteCloser
	lines      chan string
	skip, spin uint64
	task       mach.MachPort
}

func start(t testing.TB, args ...string) *target {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is needed to build the target")
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	x := &target{t: t, cmd: exec.Command(path, args...), lines: make(chan string, 100)}
	if x.in, err = x.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := x.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			x.lines <- s.Text()
		}
		close(x.lines)
	}()
	line := <-x.lines
	if n, _ := fmt.Sscanf(line, "ready 0x%x 0x%x", &x.skip, &x.spin); n != 2 {
		t.Fatalf("target said %q", line)
	}
	if err := mach.TaskForPID(self(), int32(x.cmd.Process.Pid), &x.task); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		mach.MachPortDeallocate(self(), x.task)
		x.cmd.Process.Kill()
		x.cmd.Wait()
	})
	return x
}

func self() mach.MachPort { return mach.MachTaskSelf() }

// says waits for a line of the target.
func (x *target) says(want string) {
	x.t.Helper()
	select {
	case line := <-x.lines:
		if line != want {
			x.t.Fatalf("the target says %q, want %q", line, want)
		}
	case <-time.After(10 * time.Second):
		x.t.Fatalf("the target is silent, want %q", want)
	}
}

// still is memory that does not move: what a call knows only by its address
// may not stand on a goroutine's stack.
var still struct{ count int64 }

// count reads the target's ever growing number.
func (x *target) count() int64 {
	x.t.Helper()
	var n mach.MachVMSize
	must(x.t, mach.MachVMReadOverwrite(x.task, x.spin, 8, mach.AddressOf(&still.count), &n))
	return still.count
}

// runs tells whether the number grows within a while.
func (x *target) runs() bool {
	before := x.count()
	for range 100 {
		time.Sleep(2 * time.Millisecond)
		if x.count() != before {
			return true
		}
	}
	return false
}

func (x *target) threads() []mach.MachPort {
	x.t.Helper()
	var list *mach.ThreadAct
	var count mach.MachMsgTypeNumber
	must(x.t, mach.TaskThreads(x.task, &list, &count))
	threads := append([]mach.MachPort(nil), mach.Slice(list, count)...)
	must(x.t, mach.MachVMDeallocate(self(), mach.AddressOf(list), mach.SizeOf[mach.MachPort](count)))
	x.t.Cleanup(func() {
		for _, th := range threads {
			mach.MachPortDeallocate(self(), th)
		}
	})
	return threads
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t testing.TB, err error, want mach.KernReturn) {
	t.Helper()
	if err == nil && want == mach.KERN_SUCCESS || err == error(want) {
		return
	}
	t.Errorf("%v, want %v", err, want)
}
