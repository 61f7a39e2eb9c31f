package exc

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// ownCPU is the CPU of this program, which is that of its traps and registers.
var ownCPU = map[string]mach.CPUType{
	"amd64": mach.CPU_TYPE_X86_64, "arm64": mach.CPU_TYPE_ARM64,
}[runtime.GOARCH]

// sameCPU fails with ErrUnsupported if the process is a program of another CPU
// than ours: its traps and its registers are others. A process whose program
// cannot be found is taken for one of ours.
func sameCPU(ctx context.Context, t *task.Task) error {
	cpu, err := t.WithContext(ctx).CPU()
	switch {
	case ctx != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, task.ErrNotMachO), err == nil && cpu == ownCPU:
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("exc: the process is a program for %s, and the debugger one for %s: %w",
		cpu, ownCPU, errors.ErrUnsupported)
}
