//go:build amd64 || arm64

package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/guest/cpu"
	"github.com/gomach/mach/internal/guest/libsystem"
	"github.com/gomach/mach/internal/guest/machkern"
	"github.com/gomach/mach/internal/guest/proc"
)

// Exit codes of the runner itself, like those of env and xargs.
const exitRunner = 125

func run(o *options) int {
	if err := cpu.Available(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitRunner
	}
	state := libsystem.New(policy(o), machkern.New(machkern.Options{HostProcesses: o.processes, Join: o.kernel}))
	cfg := proc.Config{
		Path: absolute(o.program), Args: o.args, Env: environment(os.Environ()), Random: o.slide,
		Lookup: state.Lookup, Data: state.Data, Personal: state, Count: len(o.count) > 0,
	}
	cfg.Name = state.GuestPath(cfg.Path)
	switch o.arch {
	case "arm64":
		cfg.Arch = cpu.ARM64
	case "amd64":
		cfg.Arch = cpu.AMD64
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

// policy is what the program may reach: it changes files in the working directory and the
// temporary directory only, unless told otherwise.
func policy(o *options) libsystem.Policy {
	p := libsystem.Policy{Root: o.root, ReadOnly: o.readOnly, Network: o.network, Runner: o.runner, HostPrograms: o.host}
	if o.root != "" {
		p.Writable = append([]string{o.root}, o.writable...)
		return p
	}
	for _, d := range []string{".", os.TempDir()} {
		if r, err := realPath(d); err == nil {
			p.Writable = append(p.Writable, r)
		}
	}
	p.Writable = append(p.Writable, o.writable...)
	return p
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
}
