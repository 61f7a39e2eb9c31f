package task_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

var errEnough = errors.New("enough")

// With a context that lives, a view does what its task does.
func TestViewIsTheTask(t *testing.T) {
	begin(t)
	a := spawn(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var none context.Context
	for _, c := range []context.Context{ctx, context.Background(), none} {
		v := a.WithContext(c).WithContext(c)
		if v.Name() != a.Name() || v.IsSelf() || v.String() != a.String() {
			t.Errorf("the view is %v, of %v", v, a)
		}
		text, err := v.CString(a.text, 100)
		if err != nil || text != "a string in the child" {
			t.Errorf("text is %q, %v", text, err)
		}
		_, err = v.WriteMemory([]byte("1234"), a.pattern)
		must(t, err)
		s, err := v.ReadMapped(a.pattern, 4)
		must(t, err)
		if !bytes.Equal(s.Bytes(), []byte("1234")) {
			t.Errorf("memory is %q", s.Bytes())
		}
		must(t, s.Close())
		// What cannot be read ends at a page's boundary as it does there.
		n, err := v.ReadMemory(make([]byte, 64), 8)
		if n != 0 || !errors.Is(err, mach.KERN_INVALID_ADDRESS) {
			t.Errorf("%d bytes of nothing, %v", n, err)
		}
		i, err := v.Images()
		if err != nil || len(i.List) == 0 {
			t.Errorf("images are %v, %v", i, err)
		}
		must(t, v.Suspended(t.Context(), func(context.Context) error {
			l, err := v.Threads()
			must(t, err)
			defer l.Close()
			for _, th := range l.All() {
				r, err := th.Registers()
				must(t, err)
				must(t, th.SetRegisters(r))
				f, err := th.Stack(10)
				if err != nil || len(f) == 0 {
					t.Errorf("stack is %v, %v", f, err)
				}
			}
			return nil
		}))
		// The reference stays the task's.
		must(t, v.Close())
		if v.Relinquish() != mach.MACH_PORT_NULL {
			t.Error("a view hands over what it does not own")
		}
		must2(t, second(v.PID()))
	}
	if v := task.Self().WithContext(ctx); !v.IsSelf() || v.Name() != mach.MachTaskSelf() || v.Close() != nil {
		t.Errorf("a view of the own task is %v", v)
	}
	v := a.WithContext(ctx)
	must(t, a.Close())
	_, err := v.ReadMemory(make([]byte, 1), a.pattern)
	wantErr(t, err, task.ErrClosed)
	wantErr(t, second(new(task.Task).WithContext(ctx).PID()), task.ErrClosed)
	wantErr(t, second((*task.Task)(nil).WithContext(ctx).PID()), task.ErrClosed)
}

// When the context has ended, nothing is read as if it were all.
func TestViewOfEndedContext(t *testing.T) {
	begin(t)
	a := spawn(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	v := a.WithContext(ctx)
	i, err := v.Images()
	must(t, err)
	l, err := v.Threads()
	must(t, err)
	defer l.Close()
	cancel(errEnough)
	for what, err := range map[string]error{
		"ReadMemory":  second(v.ReadMemory(make([]byte, 1<<20), a.pattern)),
		"WriteMemory": second(v.WriteMemory([]byte("1234"), a.pattern)),
		"ReadMapped":  second(v.ReadMapped(a.pattern, 4)),
		"CString":     second(v.CString(a.text, 100)),
		"Images":      second(v.Images()),
		"UUID":        second(v.UUID(i.List[0])),
		"BuildID":     second(v.BuildID(i.List[0])),
		"Segments":    second(v.Segments(i.List[0])),
		"Patch":       v.Patch(a.pattern, []byte("1234")),
	} {
		if !errors.Is(err, errEnough) {
			t.Errorf("%s: error is %v", what, err)
		}
	}
	for _, th := range l.All() {
		wantErr(t, second(th.Registers()), errEnough)
		wantErr(t, second(th.Stack(5)), errEnough)
		own, _ := families()
		wantErr(t, th.SetRegisters(&task.Registers{CPU: own}), errEnough)
	}
	// The task itself goes on, and nothing was written.
	got := make([]byte, 4)
	_, err = a.ReadMemory(got, a.pattern)
	must(t, err)
	if want := []byte{pattern(0), pattern(1), pattern(2), pattern(3)}; !bytes.Equal(got, want) {
		t.Errorf("memory is %x, want %x", got, want)
	}
}
