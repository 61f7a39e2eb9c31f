package host

import (
	"errors"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
	"github.com/gomach/mach/port"
)

// Clock owns a send right to one of the kernel's clocks.
type Clock struct {
	service *port.Send
}

// OpenClock opens a clock: [mach.SYSTEM_CLOCK], which counts from the start of
// the system, or [mach.CALENDAR_CLOCK], which counts from 1970. The caller has to
// close it.
//
// Mach calls: host_get_clock_service.
func OpenClock(id mach.ClockID) (*Clock, error) {
	var name mach.ClockServ
	if err := mach.HostGetClockService(Port(), id, &name); err != nil {
		return nil, failed("host_get_clock_service", err)
	}
	return &Clock{port.OwnSend(name)}, nil
}

// with calls f with the clock's name, which is kept meanwhile.
func (c *Clock) with(call string, f func(mach.MachPort) error) error {
	switch {
	case c == nil:
		return unusable.New("host", "Clock", unusable.Nil)
	case c.service == nil:
		return unusable.New("host", "Clock", unusable.Zero)
	}
	right, err := c.service.Copy()
	if errors.Is(err, port.ErrClosed) {
		return unusable.New("host", "Clock", unusable.Closed)
	} else if err != nil {
		return err
	}
	defer right.Close()
	return failed(call, f(right.Name()))
}

// Read is the time that the clock shows.
//
// Mach calls: clock_get_time.
func (c *Clock) Read() (time.Duration, error) {
	var t mach.MachTimespec
	err := c.with("clock_get_time", func(name mach.MachPort) error { return mach.ClockGetTime(name, &t) })
	return time.Duration(t.TvSec)*time.Second + time.Duration(t.TvNsec), err
}

// Resolution is the least time that the clock tells apart.
//
// Mach calls: clock_get_attributes with CLOCK_GET_TIME_RES.
func (c *Clock) Resolution() (time.Duration, error) {
	var res int32
	n := mach.MachMsgTypeNumber(1)
	err := c.with("clock_get_attributes", func(name mach.MachPort) error {
		return mach.ClockGetAttributes(name, mach.CLOCK_GET_TIME_RES, &res, &n)
	})
	return time.Duration(res), err
}

// Close gives the right back. A second Close does nothing.
//
// Mach calls: mach_port_deallocate.
func (c *Clock) Close() error {
	if c == nil {
		return nil
	}
	return c.service.Close()
}

// Calendar is the time that the calendar clock shows. To have it is seldom
// worth while: time.Now reads the same clock without a call.
//
// Mach calls: host_get_clock_service, clock_get_time, mach_port_deallocate.
func Calendar() (time.Time, error) {
	c, err := OpenClock(mach.CALENDAR_CLOCK)
	if err != nil {
		return time.Time{}, err
	}
	defer c.Close()
	d, err := c.Read()
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(0, int64(d)), nil
}
