//go:build linux && (amd64 || arm64)

package clock_test

import (
	"encoding/binary"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	_ "github.com/gomach/mach/hosted"
)

func want(t *testing.T, what string, err error, kr mach.KernReturn) {
	t.Helper()
	if kr == mach.KERN_SUCCESS && err == nil {
		return
	}
	if err != error(kr) {
		t.Errorf("%s: %v, want %v", what, err, kr)
	}
}

func now(t *testing.T, id int32) uint64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(id, &ts); err != nil {
		t.Fatal(err)
	}
	return uint64(ts.Nano())
}

func service(t *testing.T, id mach.ClockID) mach.ClockServ {
	t.Helper()
	h := mach.MachHostSelf()
	var s mach.ClockServ
	if err := mach.HostGetClockService(h, id, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// Absolute time stands still in sleep, continuous time does not: they are
// Linux' CLOCK_MONOTONIC and CLOCK_BOOTTIME.
func TestTimes(t *testing.T) {
	for _, x := range []struct {
		name  string
		get   func() uint64
		clock int32
	}{
		{"absolute", mach.MachAbsoluteTime, unix.CLOCK_MONOTONIC},
		{"approximate", mach.MachApproximateTime, unix.CLOCK_MONOTONIC},
		{"continuous", mach.MachContinuousTime, unix.CLOCK_BOOTTIME},
		{"continuous approximate", mach.MachContinuousApproximateTime, unix.CLOCK_BOOTTIME},
	} {
		const slack = 50_000 // the origin is known to within a call
		low := now(t, x.clock)
		got := x.get()
		high := now(t, x.clock)
		if got+slack < low || got > high+slack {
			t.Errorf("%s time %d is not in [%d, %d]", x.name, got, low, high)
		}
	}
	last := mach.MachAbsoluteTime()
	for range 10000 {
		next := mach.MachAbsoluteTime()
		if next < last {
			t.Fatalf("time ran back from %d to %d", last, next)
		}
		last = next
	}
	var tb mach.MachTimebaseInfo_t
	want(t, "timebase", mach.MachTimebaseInfo(&tb), mach.KERN_SUCCESS)
	if tb.Numer != 1 || tb.Denom != 1 {
		t.Errorf("timebase %d/%d", tb.Numer, tb.Denom)
	}
}

func TestServices(t *testing.T) {
	h := mach.MachHostSelf()
	var s mach.ClockServ
	want(t, "no such clock", mach.HostGetClockService(h, 2, &s), mach.KERN_INVALID_ARGUMENT)
	want(t, "no such clock", mach.HostGetClockService(h, -1, &s), mach.KERN_INVALID_ARGUMENT)
	want(t, "no host", mach.HostGetClockService(mach.MachTaskSelf(), 0, &s), mach.KERN_INVALID_ARGUMENT)
	want(t, "no port", mach.HostGetClockService(0, 0, &s), mach.MACH_SEND_INVALID_DEST)

	system, calendar := service(t, mach.SYSTEM_CLOCK), service(t, mach.CALENDAR_CLOCK)
	var ts mach.MachTimespec
	want(t, "system", mach.ClockGetTime(system, &ts), mach.KERN_SUCCESS)
	if d := now(t, unix.CLOCK_MONOTONIC) - (uint64(ts.TvSec)*1e9 + uint64(ts.TvNsec)); d > uint64(time.Second) {
		t.Errorf("the system clock is %v off", time.Duration(d))
	}
	want(t, "calendar", mach.ClockGetTime(calendar, &ts), mach.KERN_SUCCESS)
	if d := time.Since(time.Unix(int64(ts.TvSec), int64(ts.TvNsec))); d < 0 || d > time.Second {
		t.Errorf("the calendar clock is %v off", d)
	}
	want(t, "a task is no clock", mach.ClockGetTime(mach.MachTaskSelf(), &ts), mach.KERN_INVALID_ARGUMENT)
}

// The resolution is always said to be 10 ms (xnu osfmk/kern/clock_oldops.c).
func TestAttributes(t *testing.T) {
	system, calendar := service(t, mach.SYSTEM_CLOCK), service(t, mach.CALENDAR_CLOCK)
	for _, x := range []struct {
		clock  mach.ClockServ
		flavor mach.ClockFlavor
		want   int32
	}{
		{system, mach.CLOCK_GET_TIME_RES, 10e6}, {system, mach.CLOCK_ALARM_CURRES, 10e6},
		{calendar, mach.CLOCK_GET_TIME_RES, 10e6}, {calendar, mach.CLOCK_ALARM_MAXRES, 0},
	} {
		var attr int32 = -1
		n := mach.MachMsgTypeNumber(1)
		want(t, "attributes", mach.ClockGetAttributes(x.clock, x.flavor, &attr, &n), mach.KERN_SUCCESS)
		if attr != x.want || n != 1 {
			t.Errorf("flavor %d: %d (%d words), want %d", x.flavor, attr, n, x.want)
		}
	}
	var attr int32
	n := mach.MachMsgTypeNumber(2)
	want(t, "count 2", mach.ClockGetAttributes(system, mach.CLOCK_GET_TIME_RES, &attr, &n), mach.KERN_FAILURE)
	n = 1
	want(t, "flavor 2", mach.ClockGetAttributes(system, 2, &attr, &n), mach.KERN_INVALID_VALUE)
	want(t, "clock_set_time", mach.ClockSetTime(system, mach.MachTimespec{}), mach.MIG_BAD_ID)
}

func TestSleep(t *testing.T) {
	began := time.Now()
	want(t, "wait_until", mach.MachWaitUntil(mach.MachAbsoluteTime()+20e6), mach.KERN_SUCCESS)
	if d := time.Since(began); d < 20*time.Millisecond {
		t.Errorf("20 ms took %v", d)
	}
	want(t, "past", mach.MachWaitUntil(1), mach.KERN_SUCCESS)
	var woke mach.MachTimespec
	began = time.Now()
	want(t, "clock_sleep", mach.ClockSleep(0, mach.TIME_RELATIVE, mach.MachTimespec{TvNsec: 20e6}, &woke), mach.KERN_SUCCESS)
	if d := time.Since(began); d < 20*time.Millisecond {
		t.Errorf("20 ms took %v", d)
	}
	if at := uint64(woke.TvSec)*1e9 + uint64(woke.TvNsec); at > mach.MachAbsoluteTime() || at+1e9 < mach.MachAbsoluteTime() {
		t.Errorf("woke at %d", at)
	}
	want(t, "absolute, past", mach.ClockSleep(0, mach.TIME_ABSOLUTE, mach.MachTimespec{TvSec: 1}, &woke), mach.KERN_SUCCESS)
	want(t, "bad type", mach.ClockSleep(0, 2, mach.MachTimespec{}, &woke), mach.KERN_INVALID_VALUE)
	want(t, "bad time", mach.ClockSleep(0, 1, mach.MachTimespec{TvNsec: 1e9}, &woke), mach.KERN_INVALID_VALUE)
	want(t, "calendar", mach.ClockSleep(service(t, mach.CALENDAR_CLOCK), 1, mach.MachTimespec{}, &woke), mach.KERN_FAILURE)
	want(t, "a task", mach.ClockSleep(mach.MachTaskSelf(), 1, mach.MachTimespec{}, &woke), mach.KERN_INVALID_ARGUMENT)
	want(t, "trap", mach.ClockSleepTrap(0, mach.SleepType(mach.TIME_RELATIVE), 0, 1000, &woke), mach.KERN_SUCCESS)
}

// alarmMessage is the message of clock_alarm_reply with its trailer.
type alarmMessage struct {
	mach.MachMsgHeader
	body [24]byte
	_    [64]byte
}

func TestAlarm(t *testing.T) {
	clock := service(t, mach.SYSTEM_CLOCK)
	self := mach.MachTaskSelf()
	var port mach.MachPort
	want(t, "allocate", mach.MachPortAllocate(self, mach.MACH_PORT_RIGHT_RECEIVE, &port), mach.KERN_SUCCESS)
	defer mach.MachPortModRefs(self, port, mach.MACH_PORT_RIGHT_RECEIVE, -1)

	receive := func(code mach.KernReturn, kind mach.AlarmType) {
		t.Helper()
		var m alarmMessage
		err := mach.MachMsg(&m.MachMsgHeader, mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, mach.MachMsgSize(4*mach.CountOf[alarmMessage]()), port, 5000, 0)
		if err != nil {
			t.Fatal(err)
		}
		if m.MsghID != 3125107 || m.MsghSize != 48 {
			t.Errorf("message %d of %d bytes", m.MsghID, m.MsghSize)
		}
		le := binary.LittleEndian
		if got := mach.KernReturn(le.Uint32(m.body[8:])); got != code {
			t.Errorf("code %v, want %v", got, code)
		}
		if got := mach.AlarmType(le.Uint32(m.body[12:])); got != kind {
			t.Errorf("type %v, want %v", got, kind)
		}
		if at := uint64(le.Uint32(m.body[16:]))*1e9 + uint64(le.Uint32(m.body[20:])); at > mach.MachAbsoluteTime() {
			t.Errorf("time %d lies ahead", at)
		}
	}
	began := time.Now()
	want(t, "relative", mach.ClockAlarm(clock, mach.TIME_RELATIVE, mach.MachTimespec{TvNsec: 20e6}, port), mach.KERN_SUCCESS)
	receive(mach.KERN_SUCCESS, mach.TIME_RELATIVE)
	if d := time.Since(began); d < 20*time.Millisecond {
		t.Errorf("20 ms took %v", d)
	}
	want(t, "past", mach.ClockAlarm(clock, mach.TIME_ABSOLUTE, mach.MachTimespec{TvSec: 1}, port), mach.KERN_SUCCESS)
	receive(mach.KERN_SUCCESS, mach.TIME_ABSOLUTE)
	want(t, "bad time", mach.ClockAlarm(clock, mach.TIME_RELATIVE, mach.MachTimespec{TvNsec: 1e9}, port), mach.KERN_SUCCESS)
	receive(mach.KERN_INVALID_VALUE, mach.TIME_RELATIVE)
	want(t, "by hand", mach.ClockAlarmReply(port, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE, mach.KERN_ABORTED, 1, mach.MachTimespec{}), mach.KERN_SUCCESS)
	receive(mach.KERN_ABORTED, mach.TIME_RELATIVE)

	want(t, "calendar", mach.ClockAlarm(service(t, mach.CALENDAR_CLOCK), 0, mach.MachTimespec{}, port), mach.KERN_FAILURE)
	want(t, "no port", mach.ClockAlarm(clock, 0, mach.MachTimespec{}, 0), mach.KERN_INVALID_CAPABILITY)
	want(t, "no receive right", mach.ClockAlarm(clock, 0, mach.MachTimespec{}, clock), mach.MACH_SEND_INVALID_RIGHT)
	want(t, "no clock", mach.ClockAlarm(self, 0, mach.MachTimespec{}, port), mach.KERN_INVALID_ARGUMENT)
}
