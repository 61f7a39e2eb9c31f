//go:build linux && (amd64 || arm64)

package hosted

import (
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/libsystem"
)

// Waist answers the calls of this process with a kernel.
type Waist struct {
	kernel *core.Kernel
	task   *core.Task
	vars   map[string]unsafe.Pointer
	calls  sync.Pool // of *call
}

// call is a Ctx with what it needs, used again and again.
type call struct {
	core.Ctx
	args    [libsystem.MaxArgs]uint64
	scratch [512]byte
}

// NewWaist opens this process as the kernel's own task.
func NewWaist(k *core.Kernel) (*Waist, error) {
	sub, err := k.Sub.OpenTask(os.Getpid())
	if err != nil {
		return nil, err
	}
	w := &Waist{kernel: k, task: k.NewTask(sub)}
	k.SetSelf(w.task)
	w.calls.New = func() any {
		c := &call{}
		c.Kernel, c.Task, c.Mem = k, w.task, userMemory{}
		c.CallingThread = w.callingThread
		c.Scratch = c.scratch[:]
		return c
	}
	w.makeVariables()
	return w, nil
}

// Call implements libsystem.Kernel.
func (w *Waist) Call(sym libsystem.Symbol, args *[libsystem.MaxArgs]uint64) uint64 {
	c := w.calls.Get().(*call)
	// A copy: args is on the caller's stack, which may move, and nobody would
	// tell the Ctx, which is on the heap.
	for i := range libsystem.Arity[sym] {
		c.args[i] = args[i]
	}
	c.Args = &c.args
	r := w.kernel.Begin(&c.Ctx, int(sym))
	for c.Wake != nil { // as core.Call does it, with a frame less to return through
		<-c.Wake
		r = c.Resume()
	}
	c.Args, c.Thread = nil, nil
	w.calls.Put(c)
	return r
}

// callingThread is the Mach thread of the operating system thread that the
// calling goroutine runs on.
func (w *Waist) callingThread() *core.Thread {
	th, err := w.task.Thread(unix.Gettid())
	if err != nil {
		return nil
	}
	return th
}

// Variable implements libsystem.Kernel.
func (w *Waist) Variable(name string) unsafe.Pointer { return w.vars[name] }

// makeVariables gives libSystem's variables their values. Sizes of pages are
// those of this system.
func (w *Waist) makeVariables() {
	page := uint64(os.Getpagesize())
	shift := int32(0)
	for 1<<shift < page {
		shift++
	}
	self := w.task.SelfName()
	w.vars = map[string]unsafe.Pointer{
		"mach_task_self_":      variable(self),
		"vm_page_size":         variable(page),
		"vm_page_mask":         variable(page - 1),
		"vm_page_shift":        variable(shift),
		"vm_kernel_page_size":  variable(page),
		"vm_kernel_page_mask":  variable(page - 1),
		"vm_kernel_page_shift": variable(shift),
		"bootstrap_port":       variable(mach.MachPort(mach.MACH_PORT_NULL)),
		"NDR_record":           variable(ndr),
		"port_obj_table":       variable(uint64(0)),
		"port_obj_table_size":  variable(int32(0)),
		"vprintf_stderr_func":  variable(uint64(0)),
	}
}

// ndr describes this machine: little-endian integers, IEEE floats, ASCII.
var ndr = [8]byte{4: 1}

// SetBootstrapPort stores the name that bootstrap_port has.
func (w *Waist) SetBootstrapPort(name mach.MachPort) {
	*(*mach.MachPort)(w.vars["bootstrap_port"]) = name
}

func variable[T any](v T) unsafe.Pointer {
	p := new(struct {
		v T
		_ [8]byte // readers may take a wider word
	})
	p.v = v
	return unsafe.Pointer(p)
}
