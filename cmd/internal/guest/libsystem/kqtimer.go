//go:build linux && (amd64 || arm64)

package libsystem

import (
	"math/bits"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Flags of EVFILT_TIMER.
const (
	noteSeconds  = 0x1
	noteUseconds = 0x2
	noteNseconds = 0x4
	noteAbsolute = 0x8
	noteLeeway   = 0x10
	noteMachTime = 0x100
)

// timerFilter is EVFILT_TIMER (filt_timervalidate, filt_timerprocess).
type timerFilter struct{}

// timer is a knote's. Its times are those of the monotonic clock.
type timer struct {
	timer    *time.Timer
	due      time.Time // the first end that has not been reported
	interval time.Duration
	fired    bool
}

const errRange = proc.ERANGE

// nanoseconds are so many units, if there is a number for them.
func nanoseconds(v, unit uint64) (time.Duration, bool) {
	hi, lo := bits.Mul64(v, unit)
	if hi != 0 {
		return 0, false
	}
	return time.Duration(min(lo, 1<<63-1)), true
}

// machDuration is a number of ticks.
func machDuration(b proc.Timebase, ticks uint64) time.Duration {
	return time.Duration(min(b.Nanoseconds(ticks), 1<<63-1))
}

// parse finds when a timer ends first and how often then.
func (t *timer) parse(b proc.Timebase, e *event) proc.Errno {
	var unit uint64
	switch e.Fflags & (noteSeconds | noteUseconds | noteNseconds | noteMachTime) {
	case noteSeconds:
		unit = 1e9
	case noteUseconds:
		unit = 1e3
	case noteNseconds:
		unit = 1
	case noteMachTime:
	case 0:
		unit = 1e6
	default:
		return proc.EINVAL
	}
	amount := func(v uint64) (time.Duration, proc.Errno) {
		if unit == 0 {
			return machDuration(b, v), 0
		}
		d, ok := nanoseconds(v, unit)
		if !ok {
			return 0, errRange
		}
		return d, 0
	}
	if e.Fflags&noteLeeway != 0 { // how much later it may be: it is on time
		if _, err := amount(e.Ext[1]); err != 0 {
			return err
		}
	}
	now := time.Now()
	t.interval = 0
	switch {
	case e.Fflags&noteAbsolute != 0:
		d, err := amount(uint64(e.Data))
		if err != 0 {
			return err
		}
		since := time.Duration(now.UnixNano())
		if unit == 0 {
			since = machDuration(b, absoluteTime(b))
		}
		t.due = now.Add(d - since)
	case e.Data < 0: // at once, and once
		t.due = now
	default:
		d, err := amount(uint64(e.Data))
		if err != 0 {
			return err
		}
		t.interval, t.due = d, now.Add(d)
	}
	return 0
}

// start has the knote fire when it is due.
func (t *timer) start(k *kqueue, n *knote) (active bool) {
	if t.timer != nil {
		t.timer.Stop()
	}
	t.fired = false
	wait := time.Until(t.due)
	if wait <= 0 {
		t.fired = true
		return true
	}
	var mine *time.Timer
	mine = time.AfterFunc(wait, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if t.timer == mine && !n.dropped {
			t.fired = true
			k.activate(n)
		}
	})
	t.timer = mine
	return false
}

func (timerFilter) attach(k *kqueue, n *knote) (bool, proc.Errno) {
	t := &timer{}
	if e := t.parse(k.state.process.Timebase, &event{Fflags: n.wanted, Data: n.data, Ext: n.ext}); e != 0 {
		return false, e
	}
	n.state = t
	n.flags |= evClear
	if n.wanted&noteAbsolute != 0 {
		n.flags |= evOneshot
	}
	return t.start(k, n), 0
}

func (timerFilter) touch(k *kqueue, n *knote, e *event) (bool, proc.Errno) {
	if (n.wanted^e.Fflags)&noteAbsolute != 0 {
		return false, proc.EINVAL
	}
	t := n.state.(*timer)
	parsed := timer{}
	if err := parsed.parse(k.state.process.Timebase, e); err != 0 {
		return false, err
	}
	t.due, t.interval = parsed.due, parsed.interval
	n.wanted, n.ext = e.Fflags, e.Ext
	n.active = false // one that has fired and was not reported starts again
	k.dequeue(n)
	return t.start(k, n), 0
}

func (timerFilter) detach(_ *kqueue, n *knote) {
	if t := n.state.(*timer); t.timer != nil {
		t.timer.Stop()
	}
}

func (timerFilter) process(k *kqueue, n *knote, e *event) bool {
	t := n.state.(*timer)
	if !t.fired {
		return false
	}
	t.fired = false
	e.Data, e.Ext[0] = 1, 0
	if t.interval > 0 {
		// How many intervals have passed since it was armed.
		e.Data = 1 + int64(max(time.Since(t.due), 0)/t.interval)
		if n.flags&evOneshot == 0 {
			t.due = t.due.Add(time.Duration(e.Data) * t.interval)
			if t.start(k, n) {
				k.activate(n)
			}
		}
	}
	return true
}
