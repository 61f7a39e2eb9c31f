// Command watch_cpu prints how busy each processor is, and how the memory is
// used: go run ./examples/watch_cpu [-n times] [-i interval].
//
// The beat is kept by Mach's clock, and does not drift. An interrupt ends it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/gomach/mach/host"
	_ "github.com/gomach/mach/hosted"
)

func main() {
	times := flag.Int("n", 0, "how often; 0 is until interrupted")
	interval := flag.Duration("i", time.Second, "time between")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := watch(ctx, os.Stdout, *times, *interval); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "watch_cpu:", err)
		os.Exit(1)
	}
}

func watch(ctx context.Context, w io.Writer, times int, interval time.Duration) error {
	info, err := host.Info()
	if err != nil {
		return err
	}
	base, err := host.Base()
	if err != nil {
		return err
	}
	// Two lists take turns: nothing is allocated after the first rounds.
	before, err := host.CPULoads(nil)
	if err != nil {
		return err
	}
	var now []host.CPULoad
	next := host.Now()
	for n := 0; times == 0 || n < times; n++ {
		next += base.Ticks(interval)
		if err := host.SleepUntil(ctx, next); err != nil {
			return err
		}
		if now, err = host.CPULoads(now[:0]); err != nil {
			return err
		}
		memory, err := host.MemoryStatistics()
		if err != nil {
			return err
		}
		var line strings.Builder
		for i := range min(len(now), len(before)) {
			fmt.Fprintf(&line, "%3.0f%% ", 100*now[i].Since(before[i]).Busy())
		}
		fmt.Fprintf(&line, " memory: %.1f GiB, %.1f free, %.1f wired\n",
			gib(info.Memory), gib(memory.Free), gib(memory.Wired))
		if _, err := io.WriteString(w, line.String()); err != nil {
			return err
		}
		before, now = now, before
	}
	return nil
}

func gib(n uint64) float64 { return float64(n) / (1 << 30) }
