package exc

import (
	"context"
	"errors"
	"os/exec"
)

// Launch starts a program that stands still before its first instruction, and
// watches it: [Debugger.Wait] returns a stop for the reason [Launched] at once.
// Breakpoints can be set then, and [Debugger.Continue] lets the program begin.
// The program's image is all that is there: what loads libraries has not run,
// and [task.Task.Images] knows of none.
//
// Launch calls cmd's Start. The rest of cmd stays the caller's, who calls its
// Wait, too: after [task.AwaitExit], as the Wait of a parent that traces is told
// of stops. If Launch fails, the program has not run an instruction, and has been
// waited for. It waits for the program to be there, and then as [Debug] does; the
// context ends that.
//
// The child asks to be traced by ptrace (PT_TRACE_ME) before it executes the
// program, so that the kernel stops it there, and is let go by PT_DETACH as soon
// as the debugger holds it. On macOS that is also what makes the kernel allow
// modified code in both processes. On Linux, with the hosted kernel, the program
// is stopped by SIGSTOP in between, which shows in nothing but the SIGCHLD that
// its parent gets. Elsewhere, and on iOS, Launch fails with
// [errors.ErrUnsupported].
//
// Mach calls: those of [Debug] and [Debugger.Wait].
func Launch(ctx context.Context, cmd *exec.Cmd) (*Debugger, error) {
	switch {
	case cmd == nil:
		return nil, errors.New("exc: there is no command to launch")
	case ctx == nil:
		ctx = context.Background()
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	letGo, err := startStopped(cmd)
	if err != nil {
		return nil, err
	}
	d, err := Debug(ctx, cmd.Process.Pid)
	if err == nil {
		d.turn <- struct{}{}
		err = d.arrive(ctx, &Stop{Reason: Launched})
		d.unlock()
	}
	if err == nil {
		if err = letGo(); err == nil {
			return d, nil
		}
	}
	cmd.Process.Kill()
	letGo()
	if d != nil {
		d.Close()
	}
	cmd.Wait()
	return nil, err
}
