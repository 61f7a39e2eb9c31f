package task

import (
	"context"
	"errors"
	"os"
	"syscall"

	"github.com/gomach/mach/internal/unusable"
)

// AwaitExit waits until a process has ended, all of its threads, and leaves it to be
// waited for: [os.Process.Wait] and os/exec's Wait, which a parent still has to call,
// return at once then, and with what became of it.
//
//	cmd.Start()
//	t, err := task.ForPID(ctx, cmd.Process.Pid) // and suspend it, or watch it
//	...
//	if err := task.AwaitExit(ctx, cmd.Process); err == nil {
//		err = cmd.Wait()
//	}
//
// On Linux that is the way to wait for a child that the hosted kernel holds: the
// kernel traces it from this process, whose waits are told of each of its stops, so
// that Wait alone may return while the child lives, with a signal that stopped it,
// and leave a zombie behind. On Darwin tracing by Mach shows to nobody; a child that
// asked to be traced by ptrace, as [github.com/gomach/mach/exc.Launch] has it, is the
// same there.
//
// The process may also be no child. It has ended if it was waited for already. The
// context's error is returned when the context ends, errors.ErrUnsupported where the
// system has no way to wait so (it has one on Linux, Darwin and iOS).
//
// It makes no Mach call, and needs no kernel.
func AwaitExit(ctx context.Context, p *os.Process) error {
	if p == nil {
		return unusable.New("task", "Process", unusable.Nil)
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.Signal(syscall.Signal(0)); errors.Is(err, os.ErrProcessDone) {
		return nil
	} else if p.Pid <= 0 {
		return err // released, or not started
	}
	return awaitExit(ctx, p.Pid)
}
