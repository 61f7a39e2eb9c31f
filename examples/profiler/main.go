// Command profiler samples the stacks of a running process and writes a file
// for pprof: go run ./examples/profiler [-d duration] [-i interval] [-o file] [-exe
// file] pid, then go tool pprof -top file.
//
// It suspends the process for each sample, walks by frame pointers the stack of
// every thread that was running, and resumes the process, whatever happens.
// Functions get their names from the symbol tables of the files that dyld
// has loaded; where no dyld tells, -exe names the program's file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"

	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/task"
)

type options struct {
	duration, interval time.Duration
	out, exe           string
	pid                int
}

func main() {
	var o options
	flag.DurationVar(&o.duration, "d", 5*time.Second, "how long")
	flag.DurationVar(&o.interval, "i", 10*time.Millisecond, "time between samples")
	flag.StringVar(&o.out, "o", "profile.pb.gz", "file to write")
	flag.StringVar(&o.exe, "exe", "", "the program's file, if no dyld tells")
	flag.Parse()
	var err error
	if o.pid, err = strconv.Atoi(flag.Arg(0)); err != nil || flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: profiler [flags] pid")
		flag.PrintDefaults()
		os.Exit(2)
	}
	// An interrupt ends the sampling; what was sampled is written.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "profiler:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	t, err := task.ForPID(ctx, o.pid)
	if err != nil {
		return err
	}
	defer t.Close()
	s := newSampler(t)
	began := time.Now()
	ticker := time.NewTicker(o.interval)
	defer ticker.Stop()
	for time.Since(began) < o.duration && ctx.Err() == nil {
		if err := s.sample(ctx); err != nil {
			if s.samples == 0 {
				return err
			}
			break // the process has ended
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	p, err := s.profile(began, o)
	if err != nil {
		return err
	}
	f, err := os.Create(o.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return p.Write(f)
}
