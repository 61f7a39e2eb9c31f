//go:build linux && (amd64 || arm64)

package libsystem

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// clocks maps Darwin's clock numbers (xnu bsd/sys/_types/_clock_id.h) to the host's.
var clocks = map[int]int32{
	0: unix.CLOCK_REALTIME, 6: unix.CLOCK_BOOTTIME, 4: unix.CLOCK_BOOTTIME, 5: unix.CLOCK_BOOTTIME,
	8: unix.CLOCK_MONOTONIC, 9: unix.CLOCK_MONOTONIC, 12: unix.CLOCK_PROCESS_CPUTIME_ID, 16: unix.CLOCK_PROCESS_CPUTIME_ID,
}

// timeval has 32-bit microseconds and padding.
type timeval struct {
	Sec  int64
	Usec int32
	_    int32
}

func sleep(c *proc.Call, d time.Duration, rest uint64) {
	c.Park()
	start := time.Now()
	timer := time.AfterFunc(d, func() { c.Process.Post(func() { c.Finish(0) }) })
	c.OnSignal = func() {
		timer.Stop()
		left := max(d-time.Since(start), 0)
		if p := proc.At[timespec](c, rest); rest != 0 && p != nil {
			*p = timespec{int64(left / time.Second), int64(left % time.Second)}
		}
		c.Fail(proc.EINTR)
		c.Finish(c.Result())
	}
}

func init() {
	on("clock_gettime", func(c *proc.Call) {
		id, ok := clocks[c.Int(0)]
		p := proc.At[timespec](c, c.Arg(1))
		var ts unix.Timespec
		switch {
		case !ok:
			c.Fail(proc.EINVAL)
		case p == nil:
			c.Fail(proc.EFAULT)
		default:
			_ = unix.ClockGettime(id, &ts)
			*p = timespec{int64(ts.Sec), int64(ts.Nsec)}
		}
	})
	on("clock_gettime_nsec_np", func(c *proc.Call) {
		if id, ok := clocks[c.Int(0)]; ok {
			var ts unix.Timespec
			_ = unix.ClockGettime(id, &ts)
			c.Return(uint64(ts.Nano()))
		}
	})
	on("clock_getres", func(c *proc.Call) {
		if p := proc.At[timespec](c, c.Arg(1)); p != nil {
			*p = timespec{0, 1000}
		}
	})
	on("gettimeofday", func(c *proc.Call) {
		now := time.Now()
		if c.Arg(0) == 0 {
			return
		}
		p := proc.At[timeval](c, c.Arg(0))
		if p == nil {
			c.Fail(proc.EFAULT)
			return
		}
		*p = timeval{Sec: now.Unix(), Usec: int32(now.Nanosecond() / 1000)}
	})
	on("time", func(c *proc.Call) {
		now := time.Now().Unix()
		if p := proc.At[int64](c, c.Arg(0)); c.Arg(0) != 0 && p != nil {
			*p = now
		}
		c.Return(uint64(now))
	})
	on("usleep", func(c *proc.Call) { sleep(c, time.Duration(c.Uint32(0))*time.Microsecond, 0) })
	on("sleep", func(c *proc.Call) { sleep(c, time.Duration(c.Uint32(0))*time.Second, 0) })
	on("nanosleep", func(c *proc.Call) {
		p := proc.Read[timespec](c, c.Arg(0))
		if p == nil || p.Nsec < 0 || p.Nsec >= 1e9 || p.Sec < 0 {
			c.Fail(proc.EINVAL)
			return
		}
		sleep(c, duration(*p), c.Arg(1))
	})
	on("clock", func(c *proc.Call) {
		var ts unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts)
		c.Return(uint64(ts.Nano() / 1000))
	})
	on("setitimer", func(c *proc.Call) { setTimer(c) })
	on("getrusage", func(c *proc.Call) {
		b, ok := c.Out(c.Arg(1), 144)
		if !ok {
			c.Fail(proc.EFAULT)
			return
		}
		var ru unix.Rusage
		who := c.Int(0)
		if err := unix.Getrusage(who, &ru); err != nil {
			c.Fail(proc.FromHost(err))
			return
		}
		putRusage(b, &ru)
	})
}
