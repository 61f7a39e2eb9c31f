package task_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/target"
	"github.com/gomach/mach/port/porttest"
	"github.com/gomach/mach/task"
)

const childVariable = "MACH_TASK_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		child()
		return
	}
	if pid := os.Getenv(suspenderVariable); pid != "" {
		suspender(pid)
		return
	}
	target.Main(m)
}

// child prints where it has put a pattern and a string, counts, and ends when
// its input does.
func child() {
	block := make([]byte, 1<<16)
	for i := range block {
		block[i] = pattern(i)
	}
	text := []byte("a string in the child\x00")
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Println(mach.AddressOf(&block[0]), mach.AddressOf(&text[0]))
	for n := 0; ; n++ {
		fmt.Println(n)
		time.Sleep(2 * time.Millisecond)
	}
}

func pattern(i int) byte { return byte(i*7) + byte(i>>8) + 42 }

// another is a child process of the test with its task.
type another struct {
	*task.Task
	cmd     *exec.Cmd
	pattern uint64
	text    uint64
	lines   chan int
}

// spawn starts a copy of the test binary and opens its task; it skips the test
// where either is not possible.
func spawn(t testing.TB) *another {
	t.Helper()
	a := &another{cmd: exec.Command(os.Args[0]), lines: make(chan int, 1<<16)}
	a.cmd.Env = append(os.Environ(), childVariable+"=1", "GORACE=atexit_sleep_ms=0") // or the race detector waits a second
	in, err := a.cmd.StdinPipe()
	if err != nil {
		t.Skip("no pipes here: ", err)
	}
	out, err := a.cmd.StdoutPipe()
	if err != nil {
		t.Skip("no pipes here: ", err)
	}
	if err := a.cmd.Start(); err != nil {
		t.Skip("no child processes here: ", err)
	}
	t.Cleanup(func() {
		in.Close()
		stop := time.AfterFunc(5*time.Second, func() { a.cmd.Process.Kill() })
		a.cmd.Wait()
		stop.Stop()
	})
	r := bufio.NewReader(out)
	if _, err := fmt.Fscanln(r, &a.pattern, &a.text); err != nil {
		t.Skip("the child does not run here: ", err)
	}
	go func() {
		defer close(a.lines)
		for {
			var n int
			if _, err := fmt.Fscanln(r, &n); err != nil {
				return
			}
			a.lines <- n
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	a.Task, err = task.ForPID(ctx, a.cmd.Process.Pid)
	var refused *task.OpenError
	if errors.As(err, &refused) {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { must(t, a.Task.Close()) })
	return a
}

// counts reports how far the child counts in a while.
func (a *another) counts() int {
	for len(a.lines) > 0 {
		<-a.lines
	}
	time.Sleep(50 * time.Millisecond)
	return len(a.lines)
}

// runs waits until the child counts on.
func (a *another) runs() bool {
	for len(a.lines) > 0 {
		<-a.lines
	}
	select {
	case _, open := <-a.lines:
		return open
	case <-time.After(20 * time.Second):
		return false
	}
}

// kill ends the child and waits until its task knows.
func (a *another) kill(t testing.TB) {
	t.Helper()
	a.cmd.Process.Kill()
	for range a.lines {
	}
	a.cmd.Wait()
	for range 1000 {
		if _, err := a.PID(); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the task of a process that was killed still has a process")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// begin checks that the test leaves no rights and no memory behind.
func begin(t testing.TB) {
	t.Helper()
	porttest.LeakCheck(t)
	before := tagged(t)
	t.Cleanup(func() {
		if after := tagged(t); after != before {
			t.Errorf("%d bytes of tagged memory before, %d now", before, after)
		}
	})
}

// tag marks the tests' own memory.
const tag = mach.VM_MEMORY_APPLICATION_SPECIFIC_1

func tagged(t testing.TB) (n uint64) {
	for r, err := range task.Self().RegionsRecurse() {
		must(t, err)
		if r.Tag == tag {
			n += r.Size
		}
	}
	return n
}

func page() uint64 { return uint64(mach.VMPageSize()) }
