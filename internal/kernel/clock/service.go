package clock

import (
	"encoding/binary"
	"time"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// Service is what a clock port stands for.
type Service struct {
	id   mach.ClockID
	port *ipc.Port
}

// now is the clock's time in nanoseconds.
func (s *Service) now() uint64 {
	if s.id == mach.CALENDAR_CLOCK {
		return uint64(time.Now().UnixNano())
	}
	return Absolute()
}

// services are the kernel's clocks, by their numbers.
type services [2]*Service

type servicesKey struct{}

func clocks(k *core.Kernel) *services {
	return k.State(servicesKey{}, func() any {
		all := &services{}
		for i := range all {
			s := &Service{id: mach.ClockID(i)}
			s.port = ipc.NewKernelPort(mach.IPC_OTYPE_CLOCK, s)
			all[i] = s
		}
		return all
	}).(*services)
}

func getService(c *core.Ctx) mach.KernReturn {
	if kr := destination(c); kr != mach.KERN_SUCCESS {
		return kr
	}
	id := c.I32(1)
	all := clocks(c.Kernel)
	if _, ok := c.Object(0, mach.IPC_OTYPE_HOST, mach.IPC_OTYPE_HOST_PRIV); !ok || id < 0 || int(id) >= len(all) {
		return mach.KERN_INVALID_ARGUMENT
	}
	return c.GivePort(2, all[id].port)
}

// destination checks that the first argument, to which the message of the call
// goes on Darwin, is a port at all.
func destination(c *core.Ctx) mach.KernReturn {
	if p, kr := c.PortArg(0); kr != mach.KERN_SUCCESS || p == nil {
		return mach.MACH_SEND_INVALID_DEST
	}
	return mach.KERN_SUCCESS
}

func serviceArg(c *core.Ctx) (*Service, mach.KernReturn) {
	if kr := destination(c); kr != mach.KERN_SUCCESS {
		return nil, kr
	}
	obj, ok := c.Object(0, mach.IPC_OTYPE_CLOCK)
	if !ok {
		return nil, mach.KERN_INVALID_ARGUMENT
	}
	return obj.(*Service), mach.KERN_SUCCESS
}

func getTime(c *core.Ctx) mach.KernReturn {
	s, kr := serviceArg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(1, fromNanoseconds(s.now()).word())
}

// getAttributes answers 10 ms whatever the clock can do, as XNU does.
func getAttributes(c *core.Ctx) mach.KernReturn {
	s, kr := serviceArg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	count, kr := c.Get32(3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if count != 1 {
		return mach.KERN_FAILURE
	}
	var ns uint32 = 1e9 / 100
	switch flavor := mach.ClockFlavor(c.I32(1)); flavor {
	case mach.CLOCK_GET_TIME_RES:
	case mach.CLOCK_ALARM_CURRES, mach.CLOCK_ALARM_MINRES, mach.CLOCK_ALARM_MAXRES:
		if s.id == mach.CALENDAR_CLOCK {
			ns = 0 // it has no alarms
		}
	default:
		return mach.KERN_INVALID_VALUE
	}
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], ns)
	if kr := c.Write(2, b[:]); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put32(3, 1)
}
