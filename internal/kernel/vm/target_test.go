//go:build linux && (amd64 || arm64)

package vm_test

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

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

var dir string

func TestMain(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "vm"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(dir, "target")
	out, err := exec.Command("gcc", "-O1", "-Wall", "-Werror", "-pthread", "-o", path, "testdata/target.c").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("gcc: %w\n%s", err, out)
	}
	return path, err
})

// target is a running testdata/target.c.
type target struct {
	t                  testing.TB
	cmd                *exec.Cmd
	in                 io.WriteCloser
	out                *bufio.Scanner
	bytes, word, fixed uint64
	task               mach.MachPort
}

func start(t testing.TB, mappings int) *target {
	t.Helper()
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is needed to build the target")
	}
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	x := &target{t: t, cmd: exec.Command(path, strconv.Itoa(mappings))}
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
	x.out = bufio.NewScanner(out)
	x.out.Scan()
	if n, _ := fmt.Sscanf(x.out.Text(), "ready 0x%x 0x%x 0x%x", &x.bytes, &x.word, &x.fixed); n != 3 {
		t.Fatalf("target said %q", x.out.Text())
	}
	if err := mach.TaskForPID(mach.MachTaskSelf(), int32(x.cmd.Process.Pid), &x.task); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		mach.MachPortDeallocate(mach.MachTaskSelf(), x.task)
		x.cmd.Process.Kill()
		x.cmd.Wait()
	})
	return x
}

// says asks the target for its read-only text, first byte and count.
func (x *target) says() (text string, first int, count int64) {
	x.t.Helper()
	io.WriteString(x.in, "x")
	if !x.out.Scan() {
		x.t.Fatal("the target is gone")
	}
	line := x.out.Text()
	var n int
	for i := len(line) - 1; i >= 0 && n < 2; i-- {
		if line[i] == ' ' {
			n++
			text = line[:i]
		}
	}
	fmt.Sscanf(line[len(text):], "%d %d", &first, &count)
	return text, first, count
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t testing.TB, err error, want mach.KernReturn) {
	t.Helper()
	if err == nil {
		if want != mach.KERN_SUCCESS {
			t.Errorf("no error, want %v", want)
		}
		return
	}
	if err != error(want) {
		t.Errorf("%v, want %v", err, want)
	}
}

// peek reads a byte of the own memory without Go's compiler knowing.
func peek(t testing.TB, addr uint64) byte {
	t.Helper()
	return peekAll(t, mach.MachTaskSelf(), addr, 1)[0]
}

// peekAll reads memory of a task.
func peekAll(t testing.TB, task mach.MachPort, addr, n uint64) []byte {
	t.Helper()
	b := make([]byte, n) // of a size that is not constant: not on the stack
	var got mach.MachVMSize
	if err := mach.MachVMReadOverwrite(task, addr, n, mach.AddressOf(&b[0]), &got); err != nil || got != n {
		t.Fatalf("read %d bytes at %#x: %d, %v", n, addr, got, err)
	}
	return b
}

// poke writes memory of a task.
func poke(t testing.TB, task mach.MachPort, addr uint64, b ...byte) {
	t.Helper()
	b = append(make([]byte, 0, len(b)), b...) // to memory that does not move
	if err := mach.MachVMWrite(task, addr, uint64(mach.AddressOf(&b[0])), mach.MachMsgTypeNumber(len(b))); err != nil {
		t.Fatalf("write %d bytes at %#x: %v", len(b), addr, err)
	}
}

var page = uint64(os.Getpagesize())

// allocate gives memory that goes with the test.
func allocate(t testing.TB, task mach.MachPort, size uint64) uint64 {
	t.Helper()
	var addr mach.MachVMAddress
	must(t, mach.MachVMAllocate(task, &addr, size, mach.VM_FLAGS_ANYWHERE))
	t.Cleanup(func() { mach.MachVMDeallocate(task, addr, size) })
	return addr
}
