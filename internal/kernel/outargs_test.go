package kernel_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/fake"
	"github.com/gomach/mach/internal/proto"
)

var le = binary.LittleEndian

const (
	cells     = 0x200000000 // what pointers point to: a cell an argument
	cellSize  = 0x2000
	scratch   = 0x100000000 // memory that addresses may name
	scratches = 64 << 10
)

// caller is a task with rights of all kinds, which makes any call with any
// arguments.
type caller struct {
	k     *core.Kernel
	task  *core.Task
	args  *fake.Memory // what arguments point to; no memory of the task
	names []uint64
	rand  *rand.Rand

	before, after [12 * cellSize]byte
}

func newCaller(t testing.TB) *caller {
	machine := fake.NewMachine()
	c := &caller{k: kernel.New(machine), args: fake.NewMemory(), rand: rand.New(rand.NewPCG(1, 2))}
	c.k.Stub = nil // ports that a task serves would wait for its replies
	sub, other := machine.AddTask(mach.CPU_TYPE_X86_64), machine.AddTask(mach.CPU_TYPE_ARM64)
	if _, err := c.args.Map(core.Mapping{Addr: cells, Size: 12 * cellSize, Fixed: true}); err != nil {
		t.Fatal(err)
	}
	for _, m := range []*fake.Memory{sub.Mem, other.Mem} {
		if _, err := m.Map(core.Mapping{Addr: scratch, Size: scratches, Fixed: true, Prot: mach.VM_PROT_DEFAULT}); err != nil {
			t.Fatal(err)
		}
	}
	c.task = c.k.NewTask(sub)
	c.k.NewTask(other)
	t.Cleanup(c.task.End)
	self := uint64(c.task.SelfName())
	host := c.call("mach_host_self")
	thread := c.call("mach_thread_self")
	c.names = []uint64{0, 0xffffffff, 0x12345603, self, host, thread}
	give := func(name string, at int, args ...uint64) {
		t.Helper()
		words := append([]uint64(nil), args...)
		words[at] = cells
		if kr := c.call(name, words...); int32(kr) != 0 {
			t.Fatalf("%s: %v", name, mach.KernReturn(int32(kr)))
		}
		var b [4]byte
		c.args.ReadAt(b[:], cells)
		c.names = append(c.names, uint64(le.Uint32(b[:])))
	}
	give("mach_port_allocate", 2, self, uint64(mach.MACH_PORT_RIGHT_RECEIVE), 0)
	port := c.names[len(c.names)-1]
	if kr := c.call("mach_port_insert_right", self, port, port, uint64(mach.MACH_MSG_TYPE_MAKE_SEND)); kr != 0 {
		t.Fatal("mach_port_insert_right: ", kr)
	}
	give("mach_port_allocate", 2, self, uint64(mach.MACH_PORT_RIGHT_RECEIVE), 0)
	give("mach_port_allocate", 2, self, uint64(mach.MACH_PORT_RIGHT_PORT_SET), 0)
	give("mach_port_allocate", 2, self, uint64(mach.MACH_PORT_RIGHT_DEAD_NAME), 0)
	give("task_for_pid", 2, self, 2, 0)
	give("task_get_special_port", 2, self, uint64(mach.TASK_READ_PORT), 0)
	give("task_get_special_port", 2, self, uint64(mach.TASK_NAME_PORT), 0)
	give("semaphore_create", 1, self, 0, 0, 0)
	give("host_get_clock_service", 2, host, 0, 0)
	give("processor_set_default", 1, host, 0)
	give("task_create_identity_token", 1, self, 0)
	return c
}

func (c *caller) call(name string, args ...uint64) uint64 {
	var words [12]uint64
	copy(words[:], args)
	aborted := make(chan struct{})
	close(aborted) // nothing waits
	x := &core.Ctx{Args: &words, Task: c.task, Mem: c.args, Interrupted: aborted}
	x.Thread, _ = c.task.Thread(fake.ThreadID)
	x.CallingThread = func() *core.Thread { return x.Thread }
	return c.k.Call(x, core.Number(name))
}

// word is some argument, or what some argument points to.
func (c *caller) word() uint64 {
	odd := [...]uint64{
		scratch, scratch + 0x1000, scratch + 0x1800, scratch + scratches, 0x1000, 0x2000, 4096, 8192, 100,
		1 << 20, 1 << 31, 1<<32 - 1, 1 << 40, 1 << 47, 1 << 63, 1<<64 - 1, uint64(mach.MACH_MSG_TYPE_MAKE_SEND),
	}
	switch c.rand.IntN(4) {
	case 0:
		return odd[c.rand.IntN(len(odd))]
	case 1:
		return c.names[c.rand.IntN(len(c.names))]
	}
	return uint64(c.rand.IntN(30))
}

// written are the system calls that store a result when they fail: ports are
// null and a process id is -1 (xnu bsd/kern/kern_proc.c), and the time of waking
// is told unless there was no clock to ask (clock_sleep_trap in
// osfmk/kern/clock_oldops.c).
var written = map[string]func(kr mach.KernReturn, before, after []byte) bool{
	"task_for_pid":               null,
	"task_name_for_pid":          null,
	"debug_control_port_for_pid": null,
	"task_read_for_pid":          null,
	"task_inspect_for_pid":       null,
	"pid_for_task":               func(_ mach.KernReturn, _, b []byte) bool { return le.Uint32(b) == 1<<32-1 },
	"clock_sleep":                waking,
	"clock_sleep_trap":           waking,
}

func null(_ mach.KernReturn, _, b []byte) bool { return le.Uint32(b) == 0 }

func waking(kr mach.KernReturn, a, b []byte) bool {
	return kr != mach.KERN_INVALID_ARGUMENT && kr != mach.KERN_FAILURE || bytes.Equal(a, b)
}

// Where a routine fails, the memory that its out-arguments point to stays as it
// was: MIG's user side stores results only of a reply without an error code (xnu
// bootstrap_cmds, and __MIG_check__Reply), and the traps in
// osfmk/ipc/mach_kernelrpc.c copy out on success alone. The message calls are
// left out: their header is in and out, and an interrupted one tries again.
func TestOutArgumentsOnFailure(t *testing.T) {
	tries, failed := 300, map[string]int{}
	if testing.Short() {
		tries = 60
	}
	for i := range proto.Functions {
		f := &proto.Functions[i]
		if f.Returns != proto.KernReturn || strings.HasPrefix(f.Name, "mach_msg") || !points(f) {
			continue
		}
		c := newCaller(t)
		for range tries {
			fails, wrote := c.try(f)
			if fails {
				failed[f.Name]++
			}
			if wrote != "" {
				t.Error(wrote)
				break
			}
		}
		if failed[f.Name] == 0 {
			t.Logf("%s never failed", f.Name)
		}
	}
	if len(failed) < 200 {
		t.Errorf("only %d functions with out-arguments failed", len(failed))
	}
}

func points(f *proto.Function) bool {
	for _, p := range f.Params {
		if p.Kind == proto.Pointer {
			return true
		}
	}
	return false
}

var pattern = bytes.Repeat([]byte{0xd3, 0x51, 0x7b, 0x99}, 12*cellSize/4)

// try makes one call, and reports whether it failed, and what it wrote then.
func (c *caller) try(f *proto.Function) (failed bool, wrote string) {
	args := make([]uint64, len(f.Params))
	before, after := c.before[:len(args)*cellSize], c.after[:len(args)*cellSize]
	copy(before, pattern)
	for i, p := range f.Params {
		args[i] = c.word()
		if i == 0 && c.rand.IntN(4) > 0 {
			args[i] = c.names[3+c.rand.IntN(3)] // mostly something that answers
		}
		if p.Kind == proto.Pointer || p.Kind == proto.CString || p.Kind == proto.BigStruct {
			args[i] = cells + uint64(i)*cellSize
			le.PutUint64(before[i*cellSize:], c.word())
			if c.rand.IntN(2) == 0 {
				le.PutUint64(before[i*cellSize+8:], c.word())
			}
		}
	}
	c.args.WriteAt(before, cells)
	kr := mach.KernReturn(int32(c.call(f.Name, args...)))
	if kr == 0 {
		return false, ""
	}
	c.args.ReadAt(after, cells)
	for i, p := range f.Params {
		a, b := before[i*cellSize:(i+1)*cellSize], after[i*cellSize:(i+1)*cellSize]
		if w := written[f.Name]; w != nil && p.Kind == proto.Pointer {
			if !w(kr, a, b) {
				return true, fmt.Sprintf("%s: %v, and %s holds % x", f.Name, kr, p.Name, b[:8])
			}
			continue
		}
		if !bytes.Equal(a, b) {
			return true, fmt.Sprintf("%s: %v, and %s is written: % x, was % x (arguments %s)", f.Name, kr, p.Name, b[:16], a[:16], hex(args))
		}
	}
	return true, ""
}

func hex(words []uint64) (s string) {
	for _, w := range words {
		s += fmt.Sprintf(" %#x", w)
	}
	return s
}
