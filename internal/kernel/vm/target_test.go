//go:build linux && (amd64 || arm64)

package vm_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
	targets "github.com/gomach/mach/internal/substrate/target"
)

func TestMain(m *testing.M) { targets.Main(m) }

// target is a running testdata/target.c.
type target struct {
	*targets.Target
	t                  testing.TB
	bytes, word, fixed uint64
	task               mach.MachPort
}

func start(t testing.TB, mappings int) *target {
	t.Helper()
	x := &target{t: t, Target: targets.Start(t, strconv.Itoa(mappings))}
	line := x.Line()
	if n, _ := fmt.Sscanf(line, "ready 0x%x 0x%x 0x%x", &x.bytes, &x.word, &x.fixed); n != 3 {
		t.Fatalf("target said %q", line)
	}
	must(t, mach.TaskForPID(mach.MachTaskSelf(), int32(x.PID()), &x.task))
	t.Cleanup(func() { mach.MachPortDeallocate(mach.MachTaskSelf(), x.task) })
	return x
}

// says asks the target for its read-only text, first byte and count.
func (x *target) says() (text string, first int, count int64) {
	x.t.Helper()
	x.Ask("x")
	line := x.Line()
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
