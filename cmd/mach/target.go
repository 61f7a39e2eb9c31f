package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/task"
)

// process is what the system tells of a process that runs.
type process struct {
	pid  int
	name string
}

// findPID is the process that is meant by a number or a name.
func findPID(want string) (int, error) {
	if v, err := strconv.ParseInt(want, 10, 64); err == nil {
		if v <= 0 || v > math.MaxInt32 {
			return 0, &usageError{fmt.Errorf("%s is no PID", want)}
		}
		return int(v), nil
	}
	all, err := processes()
	if err != nil {
		return 0, fmt.Errorf("looking for %q: %w", want, err)
	}
	all = slices.DeleteFunc(all, func(p process) bool { return p.name != want || p.pid == os.Getpid() })
	switch len(all) {
	case 0:
		return 0, fmt.Errorf("no process is called %q: %w", want, errNotFound)
	case 1:
		return all[0].pid, nil
	}
	var pids []string
	for _, p := range all {
		pids = append(pids, strconv.Itoa(p.pid))
	}
	return 0, &usageError{fmt.Errorf("%d processes are called %q; which one? %s", len(all), want, strings.Join(pids, " "))}
}

// inspect hands the task of a process to f: what it waits for ends with the
// command's context. An error of f gets the PID.
func inspect(cmd *cobra.Command, want string, f func(t *task.Task, pid int) error) error {
	pid, err := findPID(want)
	if err != nil {
		return err
	}
	t, err := task.ForPID(cmd.Context(), pid)
	if err != nil {
		return err
	}
	defer t.Close()
	err = f(t.WithContext(cmd.Context()), pid)
	if err == nil {
		return nil
	}
	// What calls answer for a task that ends in their midst differs from call to call.
	var code mach.KernReturn
	if errors.As(err, &code) && cmd.Context().Err() == nil && !errors.Is(err, fs.ErrNotExist) {
		if over, e := ended(t); e == nil && over {
			err = &endedError{err}
		}
	}
	return fmt.Errorf("process %d: %w", pid, err)
}

// endedError is an error that came of the process's end.
type endedError struct{ err error }

func (e *endedError) Error() string   { return "it has ended meanwhile: " + e.err.Error() }
func (e *endedError) Unwrap() []error { return []error{e.err, fs.ErrNotExist} }

// completePID offers the processes that run.
func completePID(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	all, err := processes()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []cobra.Completion
	for _, p := range all {
		out = append(out, cobra.CompletionWithDesc(strconv.Itoa(p.pid), p.name))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// settle is how long a program that was just started runs before it is looked
// at: its first instructions are the loader's and say little.
const settle = 200 * time.Millisecond

// launch starts a program, lets it come to rest, and gives its PID. What it
// prints goes to standard error. end ends it.
func launch(cmd *cobra.Command, args []string) (pid int, end func(), err error) {
	p := exec.Command(args[0], args[1:]...)
	p.Stdout, p.Stderr = cmd.ErrOrStderr(), cmd.ErrOrStderr()
	if err := p.Start(); err != nil {
		return 0, nil, err
	}
	over := make(chan struct{})
	watch, stop := context.WithCancel(cmd.Context())
	defer stop()
	go func() {
		// Wait would be told of the stops of a child that the hosted kernel
		// holds, and take the first for the end.
		if task.AwaitExit(watch, p.Process) == nil {
			close(over)
		}
	}()
	end = func() {
		_ = p.Process.Kill()
		_ = task.AwaitExit(context.Background(), p.Process)
		_ = p.Wait()
	}
	select {
	case <-over:
		_ = p.Wait()
		return 0, nil, fmt.Errorf("%s ended (%v) before it could be looked at: give a command that runs for a while", args[0], p.ProcessState)
	case <-cmd.Context().Done():
		end()
		return 0, nil, cmd.Context().Err()
	case <-time.After(settle):
		return p.Process.Pid, end, nil
	}
}

// launched is what a command line of pidOrCommand names: a process by what was given,
// or one that was started, by its PID. end ends the latter.
func launched(cmd *cobra.Command, args []string) (want string, end func(), err error) {
	if cmd.ArgsLenAtDash() != 0 {
		return args[0], func() {}, nil
	}
	pid, end, err := launch(cmd, args)
	return fmt.Sprint(pid), end, err
}

// pidOrCommand takes the arguments PID, or -- COMMAND [ARGUMENT...].
func pidOrCommand(cmd *cobra.Command, args []string) error {
	if cmd.ArgsLenAtDash() == 0 && len(args) > 0 {
		return nil
	}
	if cmd.ArgsLenAtDash() >= 0 {
		return &usageError{errors.New("what follows -- is a command; a PID does not go with it")}
	}
	return exactly("PID")(cmd, args)
}
