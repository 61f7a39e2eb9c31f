//go:build linux

// Command darwinrun runs darwin executables on Linux.
package main

import (
	"fmt"
	"os"

	"github.com/gomach/mach/internal/guest/libsystem"
	"github.com/gomach/mach/internal/guest/proc"
)

func main() {
	args := os.Args[1:]
	state := libsystem.New(libsystem.Policy{}, nil)
	cfg := proc.Config{Path: args[0], Args: args, Env: append(os.Environ(), "GODEBUG=asyncpreemptoff=1"), Lookup: state.Lookup, Data: state.Data, Personal: state}
	if os.Getenv("DR_TRACE") != "" {
		cfg.Trace = os.Stderr
		cfg.Describe = func(c *proc.Call, done bool) string {
			if done {
				return fmt.Sprintf("[%d] %s = %#x", c.Thread.ID, c.Symbol, c.Result())
			}
			return fmt.Sprintf("[%d] %s(%#x, %#x, %#x, %#x)", c.Thread.ID, c.Symbol, c.Arg(0), c.Arg(1), c.Arg(2), c.Arg(3))
		}
	}
	p, err := proc.New(cfg)
	if err != nil {
		fmt.Fprintln(os.Stderr, "darwinrun:", err)
		os.Exit(125)
	}
	state.Attach(p)
	code, err := p.Run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "darwinrun:", err)
	}
	os.Exit(code)
}
