package task

import (
	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
)

func exceptionTable() core.Table {
	t := core.Table{}
	add := func(prefix string, wrap func(core.Flavor, func(*core.Ctx, *subject) mach.KernReturn) core.Handler, note string) {
		entry := func(h core.Handler) core.Entry {
			if prefix == "host" {
				return partial(h, note)
			}
			return fullNote(h, note)
		}
		t[prefix+"_get_exception_ports"] = full(wrap(core.Control, getPorts))
		t[prefix+"_set_exception_ports"] = entry(wrap(core.Control, setPorts))
		t[prefix+"_swap_exception_ports"] = entry(wrap(core.Control, swapPorts))
		if prefix != "host" {
			t[prefix+"_get_exception_ports_info"] = full(wrap(core.Read, getPortsInfo))
		}
	}
	const own = "a hosted process's own exceptions are delivered while a handler of its own wants them; a Go thread that waits for the reply holds up the garbage collector; os.Process.Wait for a child is told of its exceptions: see package hosted"
	add("task", onTaskSubject, own+"; a child of the hosted process has that one's handlers, as they are when it is first looked up, and they hear of it once it is given one of its own")
	add("thread", onThreadSubject, own)
	add("host", onHostSubject, "they hear of the tasks that have a handler of their own, which is asked first")
	return t
}

// subject is something that has exception handlers.
type subject struct {
	actions *Actions
	cpu     mach.CPUType
	kernel  *core.Kernel
	task    *core.Task // nil: all
}

func onTaskSubject(min core.Flavor, f func(*core.Ctx, *subject) mach.KernReturn) core.Handler {
	return onTask(min, func(c *core.Ctx, t *core.Task) mach.KernReturn {
		return f(c, &subject{TaskActions(t), t.Sub.CPU(), c.Kernel, t})
	})
}

func onThreadSubject(min core.Flavor, f func(*core.Ctx, *subject) mach.KernReturn) core.Handler {
	return onThread(min, func(c *core.Ctx, th *core.Thread) mach.KernReturn {
		return f(c, &subject{ThreadActions(th), th.Task.Sub.CPU(), c.Kernel, th.Task})
	})
}

// onHostSubject: the host's handlers want the privileged port.
func onHostSubject(_ core.Flavor, f func(*core.Ctx, *subject) mach.KernReturn) core.Handler {
	return core.K(func(c *core.Ctx) mach.KernReturn {
		if _, ok := c.Object(0, mach.IPC_OTYPE_HOST_PRIV); !ok {
			return refusal(c)
		}
		return f(c, &subject{HostActions(c.Kernel), c.Task.Sub.CPU(), c.Kernel, nil})
	})
}

// getPorts reports handlers. The arrays have room for all types: nobody looks
// at the count that comes in.
func getPorts(c *core.Ctx, s *subject) mach.KernReturn {
	mask := mach.ExceptionMask(c.U32(1))
	if mask&^excMaskValid != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	return report(c, s.actions.get(mask), 2)
}

func setPorts(c *core.Ctx, s *subject) mach.KernReturn {
	mask, a, kr := actionArgs(c, s.cpu, 1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	s.actions.set(mask, a, false)
	return s.watch()
}

func swapPorts(c *core.Ctx, s *subject) mach.KernReturn {
	mask, a, kr := actionArgs(c, s.cpu, 1)
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	old := s.actions.set(mask, a, true)
	if kr := s.watch(); kr != mach.KERN_SUCCESS {
		for _, e := range old {
			e.port.Release()
		}
		return kr
	}
	return report(c, old, 5)
}

// report stores entries in the four arrays that arguments from i on point to:
// masks, count, handlers, behaviors, flavors. It uses the entries' rights up.
func report(c *core.Ctx, list []entry, i int) mach.KernReturn {
	for j, e := range list {
		name, kr := c.Task.Space.CopyoutRight(e.port)
		if kr != mach.KERN_SUCCESS {
			name = mach.MACH_PORT_NULL
		}
		for arg, word := range map[int]uint32{
			i: uint32(e.mask), i + 2: uint32(name), i + 3: uint32(e.behavior), i + 4: uint32(e.flavor),
		} {
			if kr := put32At(c, arg, j, word); kr != mach.KERN_SUCCESS {
				for _, rest := range list[j+1:] {
					rest.port.Release()
				}
				return kr
			}
		}
	}
	return c.Put32(i+1, uint32(len(list)))
}

// put32At stores element j of the array of words that argument i points to.
func put32At(c *core.Ctx, i, j int, word uint32) mach.KernReturn {
	b := [4]byte{byte(word), byte(word >> 8), byte(word >> 16), byte(word >> 24)}
	return c.WriteAt(c.Args[i]+uint64(4*j), b[:])
}

// getPortsInfo tells which handlers are the same, without rights: each handler
// is two words, the port's and the receiver's hash (ipc_info_port_t).
func getPortsInfo(c *core.Ctx, s *subject) mach.KernReturn {
	mask := mach.ExceptionMask(c.U32(1))
	if mask&^excMaskValid != 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	list := s.actions.get(mask)
	for _, e := range list {
		defer e.port.Release()
	}
	for j, e := range list {
		var port, receiver uint32
		if e.port.Valid() {
			port, receiver = e.port.Port.Hash()
		}
		for _, w := range []struct {
			arg, at int
			word    uint32
		}{{2, j, uint32(e.mask)}, {4, 2 * j, port}, {4, 2*j + 1, receiver}, {5, j, uint32(e.behavior)}, {6, j, uint32(e.flavor)}} {
			if kr := put32At(c, w.arg, w.at, w.word); kr != mach.KERN_SUCCESS {
				return kr
			}
		}
	}
	return c.Put32(3, uint32(len(list)))
}
