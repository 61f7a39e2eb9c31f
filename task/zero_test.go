package task_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/apitest"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// noContext is what a careless caller has.
var noContext context.Context

// argument makes an argument up: nothing, something, or too much.
func argument(want reflect.Type, how int) reflect.Value {
	if how == 0 {
		return reflect.Zero(want)
	}
	for _, v := range []any{
		context.Background(), task.Self(), func(context.Context) error { return nil }, func(*task.Thread) error { return nil },
		bytes.NewReader(make([]byte, 100)), make([]byte, 24), new(task.Registers), task.Image{Address: 16}, new(task.Region), "rax",
		task.TimeConstraint{Period: math.MinInt64, Computation: math.MaxInt64},
	} {
		if x := reflect.ValueOf(v); x.Type() == want || want.Kind() == reflect.Interface && x.Type().Implements(want) {
			return x
		}
	}
	v := reflect.New(want).Elem()
	switch {
	case how == 1:
	case v.CanInt() && how == 2:
		v.SetInt(math.MaxInt64 >> (64 - want.Bits()))
	case v.CanInt():
		v.SetInt(-1)
	case v.CanUint():
		v.SetUint(math.MaxUint64 >> (64 - want.Bits()))
	}
	return v
}

// every calls all methods of a value with arguments of that kind. Iterators are
// walked.
func every(t *testing.T, v any, how int, except map[string]bool) {
	t.Helper()
	x := reflect.ValueOf(v)
	for i := range x.NumMethod() {
		m := x.Type().Method(i)
		if except[m.Name] {
			continue
		}
		var in []reflect.Value
		for j := range m.Type.NumIn() - 1 {
			in = append(in, argument(m.Type.In(j+1), how))
		}
		apitest.Calm(t, x.Type().String()+"."+m.Name, func() {
			for _, out := range x.Method(i).Call(in) {
				switch c := out.Interface().(type) {
				case interface{ Close() error }:
					if out.Kind() != reflect.Pointer || !out.IsNil() {
						c.Close()
					}
				default:
					if out.Kind() == reflect.Func {
						for range out.Seq2() {
							break
						}
					}
				}
			}
		})
	}
}

// closedValues are values of each type that is closed, and have been.
func closedValues(t *testing.T) (*task.Thread, *task.Allocation, *task.SharedMemory, *task.Snapshot) {
	t.Helper()
	thread := task.OwnThread(mach.MachThreadSelf(), nil)
	must(t, thread.Close())
	memory, err := task.Self().Allocate(page(), tag)
	must(t, err)
	must(t, memory.Close())
	shared, err := task.NewSharedMemory(page())
	must(t, err)
	must(t, shared.Close())
	snapshot, err := task.Self().ReadMapped(reflectCode(), 16)
	must(t, err)
	must(t, snapshot.Close())
	return thread, memory, shared, snapshot
}

// Nothing panics or hangs: not nil, not what nobody has made, not what is
// closed, whatever the arguments are.
func TestZeroValues(t *testing.T) {
	begin(t)
	closed, memory, shared, snapshot := closedValues(t)
	for _, v := range []any{
		(*task.Task)(nil), new(task.Task), task.Own(mach.MACH_PORT_DEAD), (*task.Thread)(nil), new(task.Thread), closed,
		(*task.Allocation)(nil), new(task.Allocation), memory, (*task.SharedMemory)(nil), new(task.SharedMemory), shared,
		(*task.Snapshot)(nil), new(task.Snapshot), snapshot, (*task.Suspension)(nil), new(task.Suspension),
		(*task.Threads)(nil), new(task.Threads), (*task.Images)(nil), new(task.Images), (*task.Files)(nil), new(task.Files),
		new(task.Region), &task.Region{Address: math.MaxUint64, Size: math.MaxUint64, ShareMode: 99}, task.Purge(0), task.Purge(-1), task.Image{},
		new(task.Registers), &task.Registers{CPU: mach.CPU_TYPE_ARM64}, &task.OpenError{},
		new(task.InfoResult[mach.TaskVMInfo]),
	} {
		for how := range 4 {
			every(t, v, how, nil)
		}
	}
	apitest.Calm(t, "OnThread", func() {
		if task.OnThread(nil) == nil {
			t.Error("nothing was done on a thread")
		}
	})
	for _, th := range []*task.Thread{nil, new(task.Thread), closed} {
		for name, err := range map[string]error{
			"State":      second(task.State[mach.ARMThreadState64](th)),
			"X86 state":  second(task.State[mach.X86ThreadState64](th)),
			"SetState":   task.SetState(th, mach.X86FloatState64{}),
			"ThreadInfo": second(task.ThreadInfo[mach.ThreadBasicInfo](th)),
			"SetPolicy":  task.SetPolicy(th, mach.ThreadPrecedencePolicy{}),
		} {
			if !errors.Is(err, task.ErrClosed) && !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s of no thread: %v", name, err)
			}
		}
	}
	for _, x := range []*task.Task{nil, new(task.Task)} {
		wantErr(t, second(task.Info[mach.TaskVMInfo](x)), task.ErrClosed)
	}
	must(t, task.Own(0).Close())
	must(t, task.OwnThread(0, nil).Close())
	must(t, task.OwnSharedMemory(nil, 1).Close())
	must(t, task.OwnSharedMemory(new(port.Send), 1).Close())
}

func second[T any](_ T, err error) error { return err }

// Sizes and places that cannot be are errors, of a task that is there as well.
func TestAbsurdArguments(t *testing.T) {
	begin(t)
	a := spawn(t)
	for how := range 4 {
		every(t, a.Task, how, map[string]bool{"Close": true, "Relinquish": true, "Deallocate": true, "Terminate": true})
	}
	const all = math.MaxUint64
	more := 1 // as a constant, the sum is too large for int on small systems
	own := task.Self()
	for name, f := range map[string]func() error{
		"read at the end":      func() error { return second(a.ReadMemory(make([]byte, 64), all-31)) },
		"write at the end":     func() error { return second(a.WriteMemory(make([]byte, 64), all-31)) },
		"patch at the end":     func() error { return a.Patch(all-7, make([]byte, 64)) },
		"map all":              func() error { return second(a.Allocate(all, tag)) },
		"map half":             func() error { return second(a.Allocate(1<<63, tag)) },
		"map in the kernel":    func() error { return second(a.AllocateAt(1<<63, page(), tag)) },
		"map at the end":       func() error { return second(a.AllocateAt(all-page()+1, 2*page(), tag)) },
		"read all":             func() error { return second(a.ReadMapped(a.pattern, all)) },
		"read 4 GiB":           func() error { return second(a.ReadMapped(a.pattern, 1<<32)) },
		"read around":          func() error { return second(a.ReadMapped(all-15, 32)) },
		"protect around":       func() error { return a.Protect(all-page()+1, 2*page(), mach.VM_PROT_NONE) },
		"protect all":          func() error { return own.Protect(page(), all, mach.VM_PROT_READ) },
		"inherit around":       func() error { return a.Inherit(a.pattern, all, mach.VM_INHERIT_NONE) },
		"inherit what":         func() error { return a.Inherit(a.pattern&^(page()-1), page(), 77) },
		"advise what":          func() error { return a.Advise(a.pattern&^(page()-1), page(), 77) },
		"unmap around":         func() error { return own.Deallocate(page(), all) },
		"share around":         func() error { return second(a.Share(a.pattern, all, mach.VM_PROT_READ)) },
		"share nothing there":  func() error { return second(a.Share(0x10, 16, mach.VM_PROT_READ)) },
		"shared memory of all": func() error { return second(task.NewSharedMemory(all)) },
		"remap around":         func() error { _, _, _, err := own.Remap(a.Task, a.pattern, all, true); return err },
		"remap nobody's":       func() error { _, _, _, err := own.Remap(nil, a.pattern, page(), true); return err },
		"a string of nothing":  func() error { return second(a.CString(a.text, 0)) },
		"less than nothing":    func() error { return second(a.CString(a.text, -5)) },
		"a string at the end":  func() error { return second(a.CString(all-3, math.MaxInt)) },
		"suspend for nothing":  func() error { return a.Suspended(context.Background(), nil) },
		"suspend oneself":      func() error { return own.Suspended(context.Background(), func(context.Context) error { return nil }) },
		"process -1":           func() error { return second(task.ForPID(noContext, -1)) },
		"process 2^31":         func() error { return second(task.NameForPID(noContext, math.MaxInt32+more)) },
		"a process of nobody":  func() error { return second(task.ForPID(t.Context(), 1<<22+7)) }, // Linux's numbers end there
	} {
		apitest.Calm(t, name, func() {
			if f() == nil {
				t.Errorf("%s succeeds", name)
			}
		})
	}
	m, err := task.NewSharedMemory(page())
	must(t, err)
	defer m.Close()
	for _, f := range []struct{ offset, size uint64 }{{0, all}, {page(), page()}, {all - page() + 1, 2 * page()}, {0, 2 * page()}} {
		if x, err := m.Map(own, f.offset, f.size, mach.VM_PROT_READ); err == nil {
			t.Errorf("%#x bytes at %#x of a page are mapped", f.size, f.offset)
			x.Close()
		}
	}
	if n, err := a.ReadMemory(nil, all); n != 0 || err != nil {
		t.Errorf("reading nothing: %d, %v", n, err)
	}
	must(t, a.Patch(math.MaxUint64, nil))
	if !a.runs() {
		t.Error("the child does not run any more")
	}
}
