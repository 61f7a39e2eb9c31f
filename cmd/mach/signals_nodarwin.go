//go:build !darwin

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomach/mach/exc"
)

// signalTracer is told of the signals of a process; on this system nobody is.
type signalTracer struct{}

func traceSignals(int) (*signalTracer, error) {
	return nil, fmt.Errorf("only macOS makes exceptions of signals (PT_ATTACHEXC of ptrace); crashes are there with --exception: %w", errors.ErrUnsupported)
}

func (*signalTracer) goOn(context.Context, *exc.Debugger, *exc.Stop) error { return nil }

func (*signalTracer) end(context.Context, *exc.Debugger) {}
