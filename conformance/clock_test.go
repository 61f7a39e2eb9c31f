package conformance_test

import (
	mathbits "math/bits"
	"testing"
	"time"

	"github.com/gomach/mach"
)

func timebase() (info mach.MachTimebaseInfo_t) {
	mach.MachTimebaseInfo(&info)
	return info
}

// nanoseconds converts ticks of mach_absolute_time.
func nanoseconds(ticks uint64) uint64 {
	b := timebase()
	hi, lo := mathbits.Mul64(ticks, uint64(b.Numer))
	q, _ := mathbits.Div64(hi%uint64(b.Denom), lo, uint64(b.Denom))
	return q
}

func ticks(d time.Duration) uint64 {
	b := timebase()
	return uint64(d) * uint64(b.Denom) / uint64(b.Numer)
}

func clock(t testing.TB, id mach.ClockID) mach.MachPort {
	t.Helper()
	var c mach.ClockServ
	ok(t, "host_get_clock_service", mach.HostGetClockService(host(t), id, &c))
	t.Cleanup(func() { mach.MachPortDeallocate(self(), c) })
	return c
}

// xnu libsyscall/wrappers/mach_timebase_info.c, mach_absolute_time.s.
func TestMonotone(t *testing.T) {
	var b mach.MachTimebaseInfo_t
	ok(t, "mach_timebase_info", mach.MachTimebaseInfo(&b))
	if b.Numer == 0 || b.Denom == 0 {
		t.Fatalf("timebase %d/%d", b.Numer, b.Denom)
	}
	for name, f := range map[string]func() uint64{
		"mach_absolute_time": mach.MachAbsoluteTime, "mach_continuous_time": mach.MachContinuousTime,
		"mach_approximate_time": mach.MachApproximateTime, "mach_continuous_approximate_time": mach.MachContinuousApproximateTime,
	} {
		first := f()
		last := first
		for i := 0; i < 10000; i++ {
			now := f()
			if now < last {
				t.Fatalf("%s runs from %d to %d", name, last, now)
			}
			last = now
		}
		outer := time.Now()
		last = f()
		inner := time.Now()
		time.Sleep(40 * time.Millisecond)
		least := time.Since(inner)
		d := time.Duration(nanoseconds(f() - last))
		most := time.Since(outer)
		// An approximate time may be some milliseconds old, at either end.
		if d < least-20*time.Millisecond || d > most+20*time.Millisecond {
			t.Errorf("%s: %v in %v to %v", name, d, least, most)
		}
	}
	if a, c := mach.MachAbsoluteTime(), mach.MachContinuousTime(); c < a {
		t.Errorf("continuous time %d is behind absolute time %d", c, a)
	}
}

// xnu osfmk/kern/clock.c, mach_wait_until_trap.
func TestWaitUntil(t *testing.T) {
	begin(t)
	ok(t, "mach_wait_until", mach.MachWaitUntil(0))
	ok(t, "mach_wait_until", mach.MachWaitUntil(mach.MachAbsoluteTime()))
	deadline := mach.MachAbsoluteTime() + ticks(30*time.Millisecond)
	ok(t, "mach_wait_until", retry(func() error { return mach.MachWaitUntil(deadline) }))
	if now := mach.MachAbsoluteTime(); now < deadline {
		t.Errorf("woke up at %d, before %d", now, deadline)
	} else if late := nanoseconds(now - deadline); late > 5e9 {
		t.Errorf("woke up %d ns late", late)
	}
}

// xnu osfmk/kern/clock_oldops.c, clock_get_time.
func TestClockTime(t *testing.T) {
	begin(t)
	sys, cal := clock(t, mach.SYSTEM_CLOCK), clock(t, mach.CALENDAR_CLOCK)
	var a, b mach.MachTimespec
	ok(t, "clock_get_time", mach.ClockGetTime(sys, &a))
	abs := nanoseconds(mach.MachAbsoluteTime())
	if d := int64(abs) - int64(a.TvSec)*1e9 - int64(a.TvNsec); d < -1e9 || d > 5e9 {
		t.Errorf("the system clock is %d ns off mach_absolute_time", d)
	}
	time.Sleep(2 * time.Millisecond)
	ok(t, "clock_get_time", mach.ClockGetTime(sys, &b))
	if int64(b.TvSec)*1e9+int64(b.TvNsec) <= int64(a.TvSec)*1e9+int64(a.TvNsec) {
		t.Errorf("%v is not after %v", b, a)
	}
	ok(t, "clock_get_time", mach.ClockGetTime(cal, &b))
	if d := time.Now().Unix() - int64(b.TvSec); d < -1 || d > 5 {
		t.Errorf("the calendar clock is %d s off", d)
	}
	if b.TvNsec < 0 || b.TvNsec >= 1e9 {
		t.Errorf("%d nanoseconds", b.TvNsec)
	}
	var c mach.ClockServ
	want(t, "host_get_clock_service", mach.HostGetClockService(host(t), 77, &c), mach.KERN_INVALID_ARGUMENT)
}

// xnu osfmk/kern/clock_oldops.c, rtclock_getattr and calend_getattr.
func TestClockAttributes(t *testing.T) {
	begin(t)
	sys := clock(t, mach.SYSTEM_CLOCK)
	for _, f := range []mach.ClockFlavor{mach.CLOCK_GET_TIME_RES, mach.CLOCK_ALARM_CURRES, mach.CLOCK_ALARM_MINRES, mach.CLOCK_ALARM_MAXRES} {
		var res int32
		n := mach.MachMsgTypeNumber(1)
		ok(t, "clock_get_attributes", mach.ClockGetAttributes(sys, f, &res, &n))
		equal(t, "resolution", res, 10_000_000)
		equal(t, "count", n, 1)
	}
	cal := clock(t, mach.CALENDAR_CLOCK)
	var res int32
	n := mach.MachMsgTypeNumber(1)
	ok(t, "clock_get_attributes", mach.ClockGetAttributes(cal, mach.CLOCK_GET_TIME_RES, &res, &n))
	equal(t, "resolution", res, 10_000_000)
	ok(t, "clock_get_attributes", mach.ClockGetAttributes(cal, mach.CLOCK_ALARM_CURRES, &res, &n))
	equal(t, "resolution", res, 0)
	want(t, "clock_get_attributes", mach.ClockGetAttributes(sys, 77, &res, &n), mach.KERN_INVALID_VALUE)
	n = 0
	want(t, "clock_get_attributes", mach.ClockGetAttributes(sys, mach.CLOCK_GET_TIME_RES, &res, &n), mach.KERN_FAILURE)
}

// xnu osfmk/kern/clock_oldops.c, clock_sleep_internal.
func TestClockSleep(t *testing.T) {
	begin(t)
	sys := clock(t, mach.SYSTEM_CLOCK)
	for _, c := range []mach.MachPort{sys, none} {
		var before, wake mach.MachTimespec
		ok(t, "clock_get_time", mach.ClockGetTime(sys, &before))
		ok(t, "clock_sleep", retry(func() error {
			return mach.ClockSleep(c, mach.TIME_RELATIVE, now(0, 20e6), &wake)
		}))
		d := (int64(wake.TvSec)-int64(before.TvSec))*1e9 + int64(wake.TvNsec) - int64(before.TvNsec)
		if d < 19e6 || d > 5e9 {
			t.Errorf("a sleep of 20 ms took %d ns", d)
		}
	}
	var wake mach.MachTimespec
	ok(t, "clock_sleep", mach.ClockSleep(sys, mach.TIME_ABSOLUTE, now(0, 0), &wake))
	ok(t, "clock_sleep_trap", mach.ClockSleepTrap(sys, mach.TIME_ABSOLUTE, 0, 0, &wake))
	want(t, "clock_sleep", mach.ClockSleep(sys, 9, now(0, 0), &wake), mach.KERN_INVALID_VALUE)
	want(t, "clock_sleep", mach.ClockSleep(sys, mach.TIME_RELATIVE, now(0, 1e9), &wake), mach.KERN_INVALID_VALUE)
	want(t, "clock_sleep", mach.ClockSleep(clock(t, mach.CALENDAR_CLOCK), mach.TIME_RELATIVE, now(0, 0), &wake), mach.KERN_FAILURE)
	want(t, "clock_sleep", mach.ClockSleep(sendPort(t), mach.TIME_RELATIVE, now(0, 0), &wake), mach.KERN_INVALID_ARGUMENT)
	want(t, "clock_sleep", mach.ClockSleep(absent(t), mach.TIME_RELATIVE, now(0, 0), &wake), mach.KERN_INVALID_ARGUMENT)
}

// alarm takes the message of an alarm (xnu osfmk/mach/clock_reply.defs).
func alarm(t testing.TB, p mach.MachPort) (code mach.KernReturn, kind mach.AlarmType, when mach.MachTimespec) {
	t.Helper()
	b := await(t, p, 0)
	equal(t, "id", b.head().MsghID, 3125107)
	return pick[mach.KernReturn](b, headerSize+8), pick[mach.AlarmType](b, headerSize+12), pick[mach.MachTimespec](b, headerSize+16)
}

// xnu osfmk/kern/clock_oldops.c, clock_alarm, alarm_done.
func TestAlarm(t *testing.T) {
	begin(t)
	sys, p := clock(t, mach.SYSTEM_CLOCK), newPort(t)
	start := time.Now()
	ok(t, "clock_alarm", mach.ClockAlarm(sys, mach.TIME_RELATIVE, now(0, 30e6), p))
	code, kind, _ := alarm(t, p)
	equal(t, "code", code, 0)
	equal(t, "type", kind, mach.TIME_RELATIVE)
	if d := time.Since(start); d < 29*time.Millisecond || d > 5*time.Second {
		t.Errorf("an alarm of 30 ms came after %v", d)
	}
	// A time that has passed, and bad ones, are answered at once.
	ok(t, "clock_alarm", mach.ClockAlarm(sys, mach.TIME_ABSOLUTE, now(0, 1), p))
	code, kind, _ = alarm(t, p)
	equal(t, "code", code, 0)
	equal(t, "type", kind, mach.TIME_ABSOLUTE)
	ok(t, "clock_alarm", mach.ClockAlarm(sys, mach.TIME_RELATIVE, now(0, 1e9), p))
	code, _, _ = alarm(t, p)
	equal(t, "code", code, mach.KERN_INVALID_VALUE)
	ok(t, "clock_alarm", mach.ClockAlarm(sys, 9, now(0, 0), p))
	code, _, _ = alarm(t, p)
	equal(t, "code", code, mach.KERN_INVALID_VALUE)
	want(t, "clock_alarm", mach.ClockAlarm(clock(t, mach.CALENDAR_CLOCK), mach.TIME_RELATIVE, now(0, 0), p), mach.KERN_FAILURE)
	want(t, "clock_alarm", mach.ClockAlarm(sys, mach.TIME_RELATIVE, now(0, 0), none), mach.KERN_INVALID_CAPABILITY)
	notification(t, p, mach.MACH_NOTIFY_SEND_ONCE, headerSize) // of the right that the error destroyed
	equal(t, "send-once rights", status(t, p).MpsSorights, 0)
}

// xnu osfmk/mach/clock_reply.defs: the same message from user space.
func TestAlarmReply(t *testing.T) {
	begin(t)
	p := newPort(t)
	ok(t, "clock_alarm_reply", mach.ClockAlarmReply(p, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, mach.KERN_ABORTED, mach.TIME_RELATIVE, now(11, 22)))
	code, kind, when := alarm(t, p)
	equal(t, "code", code, mach.KERN_ABORTED)
	equal(t, "type", kind, mach.TIME_RELATIVE)
	equal(t, "time", when, now(11, 22))
	want(t, "clock_alarm_reply", mach.ClockAlarmReply(newDeadName(t), mach.MACH_MSG_TYPE_MOVE_SEND_ONCE, 0, 0, now(0, 0)), mach.MACH_SEND_INVALID_DEST)
}
