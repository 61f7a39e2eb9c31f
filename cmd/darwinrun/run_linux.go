//go:build amd64 || arm64

package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/libsystem"
	"github.com/gomach/mach/cmd/internal/guest/machkern"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Exit codes of the runner itself, like those of env and xargs.
const exitRunner = 125

func run(o *options) int {
	if err := confine(o); err != nil {
		fmt.Fprintln(os.Stderr, "darwinrun: confining the program:", err)
		return exitRunner
	}
	o.ignored |= libsystem.CatchSignals()
	if err := cpu.Available(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitRunner
	}
	if o.missing != "" {
		return missing(o)
	}
	state := libsystem.New(policy(o), machkern.New(machkern.Options{HostProcesses: o.processes, Messages: o.messages, Unguarded: os.Getenv("MACH_GUARDS") == "off", Join: o.kernel}))
	cfg := proc.Config{
		Path: absolute(o.program), Args: o.args, Env: environment(os.Environ()), Random: o.slide,
		Lookup: state.Lookup, Data: state.Data, IsVariable: state.IsVariable, Syscall: state.Syscall, Personal: state, Count: len(o.count) > 0,
	}
	cfg.Name = state.GuestPath(cfg.Path)
	cfg.Arch = architecture(o)
	if !o.strict {
		cfg.Absent = state.Absent
	}
	if o.trace != "" {
		w, err := traceFile(o.trace)
		if err != nil {
			fmt.Fprintln(os.Stderr, "darwinrun:", err)
			return exitRunner
		}
		cfg.Trace, cfg.Describe = w, libsystem.Describe
	}
	counts := newCounter(o.count)
	if cfg.Count {
		cfg.OnCall = counts.call
	}
	p, err := proc.New(cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "darwinrun:", err)
		return exitRunner
	}
	state.Attach(p)
	p.InheritSignals(o.ignored, o.blocked)
	state.ForwardSignals()
	ended := func(code, signal int) {}
	if o.gdb != "" {
		if ended, err = debugger(o.gdb, p); err != nil {
			fmt.Fprintln(os.Stderr, "darwinrun:", err)
			return exitRunner
		}
	}
	code, err := p.Run()
	ended(code, p.Killed)
	counts.report(os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "darwinrun:", err)
	}
	if p.Killed != 0 {
		die(p.Killed)
	}
	return code
}

// architecture is the one that was asked for, or nil.
func architecture(o *options) *cpu.Arch {
	switch o.arch {
	case "arm64":
		return cpu.ARM64
	case "amd64":
		return cpu.AMD64
	}
	return nil
}

func absolute(p string) string {
	if a, err := filepath.Abs(p); err == nil {
		return a
	}
	return p
}

func traceFile(name string) (io.Writer, error) {
	if name == "-" {
		return os.Stderr, nil
	}
	return os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o666)
}

// policy is what the program may reach.
func policy(o *options) libsystem.Policy {
	return libsystem.Policy{
		Root: o.root, Writable: append([]string{}, o.writable...), ReadOnly: o.readOnly,
		Network: o.network, Runner: o.runner, HostPrograms: o.host,
	}
}

// die ends the runner as the program ended: by the same signal.
func die(sig int) {
	h := libsystem.HostSignal(sig)
	if h == 0 {
		return
	}
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	signal.Reset(h)
	// Go's runtime keeps its own handlers for the signals of faults: those must go first.
	resetHandler(int(h))
	_ = unix.Kill(os.Getpid(), h)
	select {} // the signal may come to another thread a little later; see resetHandler
}
