package bootstrap

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/cstring"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// serverArg is the bootstrap port that a call goes to.
func serverArg(c *core.Ctx) (*Server, mach.KernReturn) {
	p, kr := c.PortArg(0)
	if kr != mach.KERN_SUCCESS || p == nil {
		return nil, mach.MACH_SEND_INVALID_DEST
	}
	_, obj := p.KObject()
	s, ok := obj.(*Server)
	if !ok {
		return nil, mach.MIG_BAD_ID // whoever got the message would not know it
	}
	if !s.alive() {
		return nil, mach.MACH_SEND_INVALID_DEST
	}
	return s, mach.KERN_SUCCESS
}

// nameArg is the name in argument 1: a C string that fits into a name_t, an
// array of 128 bytes with its NUL. One that does not answers tooLong.
func nameArg(c *core.Ctx, tooLong mach.KernReturn) (string, mach.KernReturn) {
	name, kr := c.String(1, mach.BOOTSTRAP_MAX_NAME_LEN-1)
	switch kr {
	case mach.KERN_SUCCESS:
		return name, kr
	case mach.KERN_INVALID_ARGUMENT:
		return "", tooLong
	}
	return "", kr
}

// withName makes a call of a function of server and name.
func withName(tooLong mach.KernReturn, f func(*core.Ctx, *Server, string) mach.KernReturn) func(*core.Ctx) mach.KernReturn {
	return func(c *core.Ctx) mach.KernReturn {
		s, kr := serverArg(c)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		name, kr := nameArg(c, tooLong)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		return f(c, s, name)
	}
}

func lookUp(c *core.Ctx, s *Server, name string) mach.KernReturn {
	r, kr := s.lookUp(name)
	if kr != mach.BOOTSTRAP_SUCCESS {
		return kr
	}
	return c.GiveRight(2, r)
}

func checkIn(c *core.Ctx, s *Server, name string) mach.KernReturn {
	r, kr := s.checkIn(name)
	if kr != mach.BOOTSTRAP_SUCCESS {
		return kr
	}
	return c.GiveRight(2, r)
}

func createService(c *core.Ctx, s *Server, name string) mach.KernReturn {
	r, kr := s.create(name)
	if kr != mach.BOOTSTRAP_SUCCESS {
		return kr
	}
	return c.GiveRight(2, r)
}

func register(c *core.Ctx, s *Server, name string) mach.KernReturn {
	r, kr := c.TakeRight(2, mach.MACH_MSG_TYPE_COPY_SEND)
	if kr != mach.KERN_SUCCESS {
		return mach.MACH_SEND_INVALID_RIGHT
	}
	return s.register(name, r)
}

func status(c *core.Ctx, s *Server, name string) mach.KernReturn {
	st, kr := s.status(name)
	if kr != mach.BOOTSTRAP_SUCCESS {
		return kr
	}
	return c.Put32(2, uint32(st))
}

func uid(c *core.Ctx) int {
	u, err := c.Task.Sub.Usage()
	if err != nil {
		return -1
	}
	return u.UID
}

// createServer makes a port whose services are those of the bootstrap port. No
// program is started.
func createServer(c *core.Ctx) mach.KernReturn {
	s, kr := serverArg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	if _, kr := c.String(1, mach.BOOTSTRAP_MAX_CMD_LEN-1); kr != mach.KERN_SUCCESS {
		return kr
	}
	if me := uid(c); me != 0 && me != int(int32(c.U32(2))) {
		return mach.BOOTSTRAP_NOT_PRIVILEGED
	}
	return c.GivePort(4, s.port)
}

func subset(c *core.Ctx) mach.KernReturn {
	s, kr := serverArg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	owner, kr := c.TakeRight(1, mach.MACH_MSG_TYPE_COPY_SEND)
	if kr != mach.KERN_SUCCESS || !owner.Valid() {
		return mach.MACH_SEND_INVALID_RIGHT
	}
	sub := newServer(s)
	// The right would keep the port's no-senders notification away, and to see
	// that the port is dead takes none.
	sub.owner = ipc.Right{Port: owner.Port, Type: owner.Type}
	owner.Release()
	return c.GivePort(2, sub.port)
}

func parent(c *core.Ctx) mach.KernReturn {
	s, kr := serverArg(c)
	switch {
	case kr != mach.KERN_SUCCESS:
		return kr
	case uid(c) != 0:
		return mach.BOOTSTRAP_NOT_PRIVILEGED
	case s.parent != nil:
		s = s.parent
	}
	return c.GivePort(1, s.port)
}

// unprivileged answers the port itself, as the last launchd did of which the
// source is known: no port here has privileges.
func unprivileged(c *core.Ctx) mach.KernReturn {
	s, kr := serverArg(c)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.GivePort(1, s.port)
}

var texts = map[mach.KernReturn]string{
	mach.BOOTSTRAP_SUCCESS:         "success",
	mach.BOOTSTRAP_NOT_PRIVILEGED:  "not privileged",
	mach.BOOTSTRAP_NAME_IN_USE:     "name in use",
	mach.BOOTSTRAP_UNKNOWN_SERVICE: "unknown service",
	mach.BOOTSTRAP_SERVICE_ACTIVE:  "service is active",
	mach.BOOTSTRAP_BAD_COUNT:       "bad count",
	mach.BOOTSTRAP_NO_MEMORY:       "no memory",
	mach.BOOTSTRAP_NO_CHILDREN:     "no children",
}

// Strerror is the text of bootstrap_strerror.
func Strerror(kr mach.KernReturn) string {
	if t, ok := texts[kr]; ok {
		return "(bootstrap) " + t
	}
	return kr.Error()
}

func strerror(c *core.Ctx) uint64 { return cstring.Of(c, Strerror(mach.KernReturn(c.I32(0)))) }
