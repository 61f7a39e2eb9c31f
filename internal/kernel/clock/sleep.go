package clock

import (
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

// until waits for a time of the system clock. It reports false if the calling
// thread was aborted.
func until(c *core.Ctx, due uint64) bool {
	now := Absolute()
	if due <= now {
		return true
	}
	aborted := c.Interrupt()
	for due > now {
		timer := time.NewTimer(time.Duration(min(due-now, 1<<62)))
		select {
		case <-timer.C:
		case <-aborted:
			timer.Stop()
			return false
		}
		now = Absolute()
	}
	return true
}

func waitUntil(c *core.Ctx) mach.KernReturn {
	if !until(c, c.U64(0)) {
		return mach.KERN_ABORTED
	}
	return mach.KERN_SUCCESS
}

// sleep is clock_sleep_internal of xnu osfmk/kern/clock_oldops.c. wake is the
// argument that points to where the time of waking goes.
func sleep(c *core.Ctx, kind mach.AlarmType, at timespec, wake int) mach.KernReturn {
	id := mach.ClockID(mach.SYSTEM_CLOCK)
	if c.Name(0) != mach.MACH_PORT_NULL {
		obj, ok := c.Object(0, mach.IPC_OTYPE_CLOCK)
		if !ok {
			return mach.KERN_INVALID_ARGUMENT
		}
		id = obj.(*Service).id
	}
	if id != mach.SYSTEM_CLOCK {
		return mach.KERN_FAILURE
	}
	due, ok := at.due(kind, Absolute())
	if !ok {
		c.Put64(wake, at.word())
		return mach.KERN_INVALID_VALUE
	}
	kr := mach.KERN_SUCCESS
	woke := uint64(0)
	if until(c, due) {
		woke = Absolute()
	} else {
		kr, woke = mach.KERN_ABORTED, due
	}
	// The system call ignores a bad address, and so a nil one.
	c.Put64(wake, fromNanoseconds(woke).word())
	return kr
}

func clockSleep(c *core.Ctx) mach.KernReturn {
	return sleep(c, mach.AlarmType(c.I32(1)), timespecOf(c.U64(2)), 3)
}

func clockSleepTrap(c *core.Ctx) mach.KernReturn {
	return sleep(c, mach.AlarmType(c.I32(1)), timespec{c.U32(2), c.U32(3)}, 4)
}
