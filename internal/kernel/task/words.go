package task

import (
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// words views a struct of package mach as 32-bit words.
func words[T any](p *T) []uint32 { return mach.Slice(mach.State(p), mach.CountOf[T]()) }

// timeValue is Mach's seconds and microseconds.
func timeValue(d time.Duration) mach.TimeValue {
	d = max(d, 0)
	return mach.TimeValue{Seconds: mach.Integer(d / time.Second), Microseconds: mach.Integer(d % time.Second / time.Microsecond)}
}

// saturate cuts a count to a positive 32-bit one.
func saturate(n uint64) mach.Integer { return mach.Integer(min(n, 1<<31-1)) }

// put stores a whole struct for a caller that must have room for all of it.
func put[T any](c *core.Ctx, i, cnt int, p *T) mach.KernReturn {
	w := words(p)
	return c.PutInfo(i, cnt, w, len(w))
}
