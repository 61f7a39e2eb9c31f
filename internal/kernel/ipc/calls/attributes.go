package calls

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// getAttributes answers a count that is too small with KERN_FAILURE
// (xnu osfmk/ipc/mach_port.c, mach_port_get_attributes).
func getAttributes(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	name := c.Name(1)
	room, kr := c.Get32(4)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	null := name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD
	var words []uint32
	switch mach.MachPortFlavor(c.U32(2)) {
	case mach.MACH_PORT_LIMITS_INFO:
		if room < mach.MACH_PORT_LIMITS_INFO_COUNT {
			return mach.KERN_FAILURE
		}
		if null {
			return c.Put32(4, 0)
		}
		limit, kr := s.QLimit(name)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		words = []uint32{limit}
	case mach.MACH_PORT_RECEIVE_STATUS:
		if room < mach.MACH_PORT_RECEIVE_STATUS_COUNT {
			return mach.KERN_FAILURE
		}
		st, kr := s.Status(name)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		words = statusWords(st)
	case mach.MACH_PORT_INFO_EXT:
		if room < mach.MACH_PORT_INFO_EXT_COUNT {
			return mach.KERN_FAILURE
		}
		st, kr := s.Status(name)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		words = append(statusWords(st), make([]uint32, 7)...)
	case mach.MACH_PORT_DNREQUESTS_SIZE:
		if room < mach.MACH_PORT_DNREQUESTS_SIZE_COUNT {
			return mach.KERN_FAILURE
		}
		if null { // the count stays as it came
			return c.Write(3, make([]byte, 4))
		}
		total, _, kr := s.RequestCounts(name)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		words = []uint32{total}
	case mach.MACH_PORT_SERVICE_THROTTLED:
		return notService(s, name)
	default:
		return mach.KERN_INVALID_ARGUMENT
	}
	return c.PutInfo(3, 4, words, len(words))
}

// notService is the answer about a port that is no service port: none is.
func notService(s *ipc.Space, name mach.MachPort) mach.KernReturn {
	if kr := s.IsReceive(name); kr != mach.KERN_SUCCESS {
		return kr
	}
	return mach.KERN_INVALID_CAPABILITY
}

func statusWords(st ipc.Status) []uint32 {
	return []uint32{
		st.MpsPset, st.MpsSeqno, st.MpsMscount, st.MpsQlimit, st.MpsMsgcount, st.MpsSorights,
		uint32(st.MpsSrights), uint32(st.MpsPdrequest), uint32(st.MpsNsrequest), st.MpsFlags,
	}
}

func setAttributes(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	name, count := c.Name(1), c.U32(4)
	switch mach.MachPortFlavor(c.U32(2)) {
	case mach.MACH_PORT_LIMITS_INFO:
		if count < mach.MACH_PORT_LIMITS_INFO_COUNT {
			return mach.KERN_FAILURE
		}
		limit, kr := c.Get32(3)
		if kr != mach.KERN_SUCCESS {
			return kr
		}
		return s.SetQLimit(name, limit)
	case mach.MACH_PORT_DNREQUESTS_SIZE:
		if count < mach.MACH_PORT_DNREQUESTS_SIZE_COUNT {
			return mach.KERN_FAILURE
		}
		return s.IsReceive(name) // a hint that needs no heeding
	case mach.MACH_PORT_TEMPOWNER:
		return s.SetImportance(name, true)
	case mach.MACH_PORT_DENAP_RECEIVER, mach.MACH_PORT_IMPORTANCE_RECEIVER:
		return s.SetImportance(name, false)
	case mach.MACH_PORT_SERVICE_THROTTLED:
		return notService(s, name)
	}
	return mach.KERN_INVALID_ARGUMENT
}

func assertAttributes(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	if mach.MachPortFlavor(c.U32(2)) != mach.MACH_PORT_GUARD_INFO {
		return mach.KERN_INVALID_ARGUMENT
	}
	if c.U32(4) < uint32(mach.MACH_PORT_GUARD_INFO_COUNT) {
		return mach.KERN_FAILURE
	}
	g, kr := c.Get64(3)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	return guarded(c)(s.AssertGuard(c.Name(1), g))
}

func servicePortInfo(c *core.Ctx, s *ipc.Space) mach.KernReturn { return notService(s, c.Name(1)) }

func isConnection(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	for _, name := range [...]mach.MachPort{c.Name(1), c.Name(2)} {
		if name == mach.MACH_PORT_NULL || name == mach.MACH_PORT_DEAD {
			return mach.KERN_INVALID_NAME
		}
	}
	return notService(s, c.Name(2))
}

// The address of a kernel object is not told: zero, as release kernels say.
func kobject(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	kind, kr := s.KObject(c.Name(1))
	if kr = put(c, 2, uint32(kind), kr); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put64(3, 0)
}

func kernelObject(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	kind, kr := s.KObject(c.Name(1))
	if kr = put(c, 2, uint32(kind), kr); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Put32(3, 0)
}

// kobjectDescription gives the empty text: there are no objects of I/O Kit, and
// what XNU says of a task identity token (pid, unique id, version) has no
// counterpart, as processes of Linux have no unique id.
func kobjectDescription(c *core.Ctx, s *ipc.Space) mach.KernReturn {
	if kr := kobject(c, s); kr != mach.KERN_SUCCESS {
		return kr
	}
	return c.Write(4, []byte{0})
}
