package task

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/gomach/mach"
)

// AddressBits is how many bits an address of the task has, by the greatest one
// that its map has: 47 on macOS, fewer on iOS, and whatever Linux was built for.
// What stands above in a pointer of ARM is its signature; see
// [Registers.StripPointer] and [mach.StripPointer]. Any port of the task will do.
// It is asked once, and does not block if the kernel serves the port. It fails with errors.ErrUnsupported on a
// system that does not tell.
//
// Mach calls: task_info with TASK_VM_INFO.
func (t *Task) AddressBits() (int, error) {
	if t != nil {
		if n := t.root().facts.bits.Load(); n != 0 {
			return int(n), nil
		}
	}
	a, err := Info[mach.TaskVMInfo](t)
	if err != nil {
		return 0, err
	}
	end := a.Value.MaxAddress.Uint64() // behind the last address
	if !a.Has(func(v *mach.TaskVMInfo) any { return &v.MaxAddress }) || end == 0 {
		return 0, fmt.Errorf("task_info: no greatest address: %w", errors.ErrUnsupported)
	}
	n := bits.Len64(end - 1)
	t.root().facts.bits.Store(int32(n))
	return n, nil
}
