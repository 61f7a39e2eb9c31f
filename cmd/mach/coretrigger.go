package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gomach/mach/task"
)

// trigger says when a core is to be written: at once, or when the process uses
// that much.
type trigger struct {
	cpu      float64 // percent of a processor, 0 for no matter
	memory   uint64  // bytes, 0 for no matter
	count    int
	interval time.Duration
	event    happening
}

// path is the file of a core, the i-th.
func (w trigger) path(file string, i int) string {
	if w.count == 1 {
		return file
	}
	return fmt.Sprintf("%s.%d", file, i+1)
}

// every is how often a trigger looks, and the time that --cpu is an average over.
const every = time.Second

func (w *trigger) check() error {
	switch {
	case w.cpu < 0 || math.IsNaN(w.cpu):
		return &usageError{errors.New("--cpu is a number of percent")}
	case w.count < 1:
		return &usageError{errors.New("--count is at least 1")}
	case w.interval < 0:
		return &usageError{errors.New("--interval is not negative")}
	}
	return w.event.check()
}

// wait waits until the trigger is pulled, and says why it was.
func (w trigger) wait(ctx context.Context, t *task.Task) (string, error) {
	if w.cpu == 0 && w.memory == 0 {
		return "", nil
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	var used time.Duration
	var at time.Time
	for {
		if w.memory > 0 {
			f, err := t.Footprint()
			if err != nil {
				return "", err
			}
			if f.Physical >= w.memory {
				return fmt.Sprintf("its footprint is %s, at least %s", size(f.Physical, false), size(w.memory, false)), nil
			}
		}
		if w.cpu > 0 {
			user, system, err := t.Times()
			if err != nil {
				return "", err
			}
			now := time.Now()
			if !at.IsZero() {
				if p := 100 * float64(user+system-used) / float64(now.Sub(at)); p >= w.cpu {
					return fmt.Sprintf("it uses %.0f %% of a processor, at least %g %%", p, w.cpu), nil
				}
			}
			used, at = user+system, now
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// byteCount reads a size such as 4096, 64K or 1.5G; "" is 0.
func byteCount(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	digits, unit := s, 1.0
	if i := strings.IndexByte("KMGT", s[len(s)-1]&^0x20); i >= 0 {
		digits, unit = s[:len(s)-1], math.Pow(1024, float64(i+1))
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(v > 0) || v*unit >= 1<<63 {
		return 0, &usageError{fmt.Errorf("%q is no size, such as 4096, 64K or 1.5G", s)}
	}
	return uint64(v * unit), nil
}
