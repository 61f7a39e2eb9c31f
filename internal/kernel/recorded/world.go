package recorded

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/fake"
	"github.com/gomach/mach/internal/kernel/ipc"
)

var le = binary.LittleEndian

const (
	tasks     = 3
	variables = 12
)

// Where a task's memory is, and what stands in it.
const (
	memory     = 0x100000000
	memorySize = 1 << 20

	outAt     = memory           // what out-arguments point to
	inAt      = memory + 0x4000  // options and attributes
	receiveAt = memory + 0x8000  // the message that is received: contexts tell its address
	sendAt    = memory + 0x20000 // the one that is sent
	oolAt     = memory + 0x50000 // out-of-line memory
	portsAt   = memory + 0x60000 // out-of-line arrays of ports
)

const (
	receiveSize = 4096
	untouched   = 0xcccccccc
)

// World is a kernel with its tasks.
type World struct {
	kernel *core.Kernel
	tasks  [tasks]*actor
}

// actor is a task, the variables of the language, and the names that results
// have shown.
type actor struct {
	Process
	give   operation // how it hands a right over
	w      *World    // nil for one that is alone
	task   *fakeTask
	dead   bool
	vars   [variables]uint32
	self   uint32
	thread uint32 // name of the thread's port, once asked for
	names  []uint32
	number map[uint32]int
}

func newActor(p Process) *actor {
	a := &actor{Process: p, number: map[uint32]int{}}
	a.self = p.Self()
	a.name(a.self)
	return a
}

// NewWorld makes a kernel with three fresh tasks.
func NewWorld() *World {
	machine := fake.NewMachine()
	w := &World{kernel: core.New(kernel.Table(), machine)}
	w.kernel.Policy = ipc.MacOS12 // the recordings are of messages of all kinds
	for i := range w.tasks {
		sub := machine.AddTask(mach.CPU_TYPE_X86_64)
		sub.Mem.KeepUnmapped = true
		if _, err := sub.Mem.Map(core.Mapping{Addr: memory, Size: memorySize, Fixed: true}); err != nil {
			panic(err)
		}
		task := &fakeTask{Task: w.kernel.NewTask(sub), mem: sub.Mem}
		w.tasks[i] = newActor(task)
		w.tasks[i].w, w.tasks[i].task, w.tasks[i].give = w, task, give
	}
	return w
}

// Close ends the tasks.
func (w *World) Close() {
	for _, a := range w.tasks {
		a.task.End()
	}
}

// Do performs an operation, "TASK OPERATION ARGUMENT...", and returns its
// result.
func (w *World) Do(line string) string {
	f := strings.Fields(line)
	if len(f) < 2 || len(f[0]) != 1 || f[0][0] < '0' || f[0][0] >= '0'+tasks {
		return "bad line"
	}
	a := w.tasks[f[0][0]-'0']
	if a.dead {
		return "dead"
	}
	return a.do(f[1:])
}

func (a *actor) do(words []string) string {
	op := operations[words[0]]
	if op == nil {
		return "bad operation"
	}
	return words[0] + op(a, &arguments{a: a, words: words[1:]})
}

// name shows a port name as results do.
func (a *actor) name(n uint32) string {
	switch mach.MachPort(n) {
	case mach.MACH_PORT_NULL:
		return "0"
	case mach.MACH_PORT_DEAD:
		return "DEAD"
	}
	k, ok := a.number[n]
	if !ok {
		k = len(a.names)
		a.number[n] = k
		a.names = append(a.names, n)
	}
	return fmt.Sprint("n", k)
}

// set puts a name into a variable; an index beyond the last wraps.
func (a *actor) set(i uint64, n uint32) { a.vars[i%variables] = n }

func (a *actor) read(addr uint64, n int) []byte {
	b := make([]byte, n)
	if a.Read(b, addr) != nil {
		return nil
	}
	return b
}

func (a *actor) write(addr uint64, b []byte) {
	if err := a.Write(addr, b); err != nil {
		panic(err)
	}
}

// out clears the memory that out-arguments point to and returns its address.
func (a *actor) out() uint64 {
	a.write(outAt, make([]byte, 1024))
	return outAt
}

func (a *actor) word(addr uint64) uint32 { return le.Uint32(a.read(addr, 4)) }

// byNumber sorts names by rising number and leaves out those without one.
func (a *actor) byNumber(names []uint32) []uint32 {
	names = slices.DeleteFunc(slices.Clone(names), func(n uint32) bool { _, ok := a.number[n]; return !ok })
	slices.SortFunc(names, func(x, y uint32) int { return a.number[x] - a.number[y] })
	return names
}
