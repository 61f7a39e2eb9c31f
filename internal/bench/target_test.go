//go:build linux && (amd64 || arm64)

package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/internal/abi/gotool"
)

var dir string // holds what is built here

func TestMain(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "bench"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var buildTarget = sync.OnceValues(func() (string, error) {
	path := filepath.Join(dir, "target")
	return path, command("gcc", "-O1", "-Wall", "-Werror", "-pthread", "-o", path, "testdata/target.c")
})

func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return err
}

// target is a running testdata/target.c.
type target struct {
	t    testing.TB
	cmd  *exec.Cmd
	in   io.Writer
	out  *bufio.Scanner
	addr uint64
}

func startTarget(t testing.TB, what string, n int) *target {
	t.Helper()
	gotool.CompilerForTest(t)
	path, err := buildTarget()
	must(t, err)
	x := &target{t: t, cmd: exec.Command(path, what, strconv.Itoa(n))}
	x.in, err = x.cmd.StdinPipe()
	must(t, err)
	out, err := x.cmd.StdoutPipe()
	must(t, err)
	must(t, x.cmd.Start())
	t.Cleanup(func() {
		x.cmd.Process.Kill()
		x.cmd.Wait()
	})
	x.out = bufio.NewScanner(out)
	x.out.Scan()
	if n, _ := fmt.Sscanf(x.out.Text(), "ready 0x%x", &x.addr); n != 1 && what != "threads" {
		t.Fatalf("the target said %q", x.out.Text())
	}
	return x
}

func (x *target) pid() int { return x.cmd.Process.Pid }

// stood is how long the target stood still at most since it was asked last.
func (x *target) stood() time.Duration {
	x.t.Helper()
	io.WriteString(x.in, "\n")
	if !x.out.Scan() {
		x.t.Fatal("the target is gone")
	}
	n, err := strconv.Atoi(x.out.Text())
	must(x.t, err)
	return time.Duration(n) * time.Microsecond
}

// port is a send right to the target's task port.
func (x *target) port() mach.MachPort {
	x.t.Helper()
	var task mach.MachPort
	must(x.t, mach.TaskForPID(mach.MachTaskSelf(), int32(x.pid()), &task))
	x.t.Cleanup(func() { mach.MachPortDeallocate(mach.MachTaskSelf(), task) })
	return task
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
