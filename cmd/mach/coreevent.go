package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gomach/mach"
	"github.com/gomach/mach/core"
	"github.com/gomach/mach/exc"
	"github.com/gomach/mach/task"
)

// anyException is --exception without a type.
const anyException = "any"

// happening is an exception or a signal at which a core is to be written.
type happening struct {
	exception string // a type, or any; "" for none
	signal    string // "" for none
	typ       mach.ExceptionType
	number    exc.Signal
}

func (e *happening) given() bool { return e.exception != "" || e.signal != "" }

func (e *happening) check() (err error) {
	if e.exception != "" && e.exception != anyException {
		if e.typ, err = mach.ParseExceptionType(strings.ToUpper(e.exception)); err != nil {
			return &usageError{fmt.Errorf("--exception: %w", err)}
		}
	}
	if e.signal == "" {
		return nil
	}
	name := strings.ToUpper(e.signal)
	if e.number, err = exc.ParseSignal(name); err != nil {
		if e.number, err = exc.ParseSignal("SIG" + name); err != nil {
			return &usageError{fmt.Errorf("--signal: %w", err)}
		}
	}
	return nil
}

// reason says why a stop is one to write a core at; "" if it is none.
func (e *happening) reason(s *exc.Stop) string {
	x, soft := s.Exception.Detail().(exc.Software)
	switch {
	case s.Reason == exc.Signalled && soft && e.signal != "" && x.Signal == e.number:
		return fmt.Sprintf("it got %v", x.Signal)
	case s.Reason == exc.Crashed && (e.exception == anyException || e.exception != "" && s.Exception.Type == e.typ):
		return fmt.Sprintf("%v: %v", s.Exception.Type, s.Exception.Detail())
	}
	return ""
}

// coresAtEvents writes cores while the process stands at what it is waited for, which
// is left to the process afterwards.
func coresAtEvents(cmd *cobra.Command, t *task.Task, pid int, file string, o core.Options, when trigger) (list []coreWritten, err error) {
	ctx := cmd.Context()
	d, err := exc.Debug(ctx, pid)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	goOn := func(context.Context, *exc.Stop) error { return d.Pass(ctx) }
	if when.event.signal != "" {
		tracer, err := traceSignals(pid)
		if err != nil {
			return nil, err
		}
		defer tracer.end(ctx, d)
		goOn = func(ctx context.Context, s *exc.Stop) error { return tracer.goOn(ctx, d, s) }
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "watching process %d\n", pid)
	var last time.Time
	for {
		s, err := d.Wait(ctx)
		if errors.Is(err, exc.ErrExited) {
			if len(list) == 0 {
				return nil, errors.New("it has ended, and what was waited for did not happen")
			}
			return list, nil
		}
		if err != nil {
			return list, err
		}
		if why := when.event.reason(s); why != "" && (last.IsZero() || time.Since(last) >= when.interval) {
			x, e := writeCore(cmd, t, pid, when.path(file, len(list)), o, why)
			if e == nil {
				list, last = append(list, x), time.Now()
			}
			err = e
		}
		if e := goOn(ctx, s); err == nil && !errors.Is(e, exc.ErrExited) {
			err = e
		}
		if err != nil || len(list) == when.count {
			return list, err
		}
	}
}
