// Command realtime_thread compares how punctual an ordinary thread and a
// real-time thread are: go run ./examples/realtime_thread [-p period] [-n beats].
//
// Policies belong to threads of the operating system, so each of the two
// goroutines stays on its own, and the thread ends with it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/gomach/mach/host"
	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/task"
)

func main() {
	period := flag.Duration("p", 5*time.Millisecond, "time between two beats")
	beats := flag.Int("n", 200, "how many beats")
	flag.Parse()
	if err := run(os.Stdout, *period, *beats); err != nil {
		fmt.Fprintln(os.Stderr, "realtime_thread:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, period time.Duration, beats int) error {
	for _, c := range []struct {
		name       string
		constraint *task.TimeConstraint
	}{
		{"ordinary", nil},
		{"real-time", &task.TimeConstraint{Period: period, Computation: period / 4, Constraint: period / 2, Preemptible: true}},
	} {
		late, err := measure(c.constraint, period, beats)
		if err != nil {
			return fmt.Errorf("%s thread: %w", c.name, err)
		}
		slices.Sort(late)
		fmt.Fprintf(w, "%-10s late by %v in the middle, %v at most\n", c.name, late[len(late)/2], late[len(late)-1])
	}
	return nil
}

// measure beats on a thread of its own, and tells how late each beat was.
func measure(c *task.TimeConstraint, period time.Duration, beats int) (late []time.Duration, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = task.OnThread(func(th *task.Thread) error {
			if c != nil {
				if err := th.SetTimeConstraint(*c); err != nil {
					return err
				}
				defer th.SetTimeshare()
				if _, unset, err := th.TimeConstraint(); err != nil || unset {
					return fmt.Errorf("the policy was not taken (%v)", err)
				}
			}
			base, err := host.Base()
			if err != nil {
				return err
			}
			next := host.Now()
			for range max(1, beats) {
				next += base.Ticks(period)
				if err := host.SleepUntil(context.Background(), next); err != nil {
					return err
				}
				late = append(late, base.Duration(host.Now()-next))
			}
			return nil
		})
	}()
	<-done
	return late, err
}
