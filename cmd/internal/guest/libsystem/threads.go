//go:build linux && (amd64 || arm64)

package libsystem

import (
	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/mem"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

const (
	defaultStack = 512 << 10
	minStack     = 16 << 10
	attrSig      = 0x54485241 // 'THRA'
)

// attr is our use of the 64 bytes of a pthread_attr_t.
type attr struct {
	Sig      uint64
	Stack    uint64
	Size     uint64
	Detached uint32
	Scope    uint32
	Guard    uint64
	Policy   uint32
	Inherit  uint32
	Priority uint32
	_        uint32
}

type keyState struct {
	used       bool
	destructor uint64
}

func withAttr(f func(c *proc.Call, a *attr)) func(*proc.Call) {
	return func(c *proc.Call) {
		a := proc.At[attr](c, c.Arg(0))
		if a == nil || a.Sig != attrSig {
			c.Return(uint64(proc.EINVAL))
			return
		}
		f(c, a)
	}
}

// out stores an out-parameter of a pthread function; those return their error.
func out[T any](c *proc.Call, n int, v T) {
	p := proc.At[T](c, c.Arg(n))
	if p == nil {
		c.Return(uint64(proc.EINVAL))
		return
	}
	*p = v
}

func init() {
	on("pthread_attr_init", func(c *proc.Call) {
		out(c, 0, attr{Sig: attrSig, Size: defaultStack, Detached: 1, Guard: c.Process.Arch.PageSize, Policy: 1, Priority: 31})
	})
	on("pthread_attr_destroy", withAttr(func(c *proc.Call, a *attr) { *a = attr{} }))
	on("pthread_attr_setdetachstate", withAttr(func(c *proc.Call, a *attr) { a.Detached = c.Uint32(1) }))
	on("pthread_attr_getdetachstate", withAttr(func(c *proc.Call, a *attr) { out(c, 1, a.Detached) }))
	on("pthread_attr_getstacksize", withAttr(func(c *proc.Call, a *attr) { out(c, 1, a.Size) }))
	on("pthread_attr_setstacksize", withAttr(func(c *proc.Call, a *attr) {
		if c.Arg(1) < minStack || c.Arg(1) > 1<<32 {
			c.Return(uint64(proc.EINVAL))
			return
		}
		a.Size = c.Arg(1)
	}))
	on("pthread_attr_setstack", withAttr(func(c *proc.Call, a *attr) { a.Stack, a.Size = c.Arg(1), c.Arg(2) }))
	on("pthread_attr_setguardsize", withAttr(func(c *proc.Call, a *attr) { a.Guard = c.Arg(1) }))
	on("pthread_attr_setscope pthread_attr_setschedpolicy pthread_attr_setinheritsched pthread_attr_setschedparam pthread_attr_set_qos_class_np", withAttr(func(c *proc.Call, a *attr) {}))
	on("pthread_create", func(c *proc.Call) { createThread(c, false) })
	on("pthread_create_suspended_np", func(c *proc.Call) { createThread(c, true) })
	on("pthread_self", func(c *proc.Call) { c.Return(c.Thread.Pthread) })
	on("pthread_equal", func(c *proc.Call) {
		if c.Arg(0) == c.Arg(1) {
			c.Return(1)
		}
	})
	on("pthread_main_np", func(c *proc.Call) {
		if c.Thread.ID == 1 {
			c.Return(1)
		}
	})
	on("pthread_threadid_np", func(c *proc.Call) {
		t := c.Thread
		if c.Arg(0) != 0 {
			t = c.Process.ByPthread(c.Arg(0))
		}
		if t == nil {
			c.Return(uint64(proc.ESRCH))
			return
		}
		out(c, 1, t.UniqueID())
	})
	on("pthread_setname_np", func(c *proc.Call) {
		if s, ok := c.String(c.Arg(0)); ok {
			c.Thread.Name = s
		}
	})
	on("pthread_getname_np", func(c *proc.Call) {
		t := c.Process.ByPthread(c.Arg(0))
		b, ok := c.Out(c.Arg(1), c.Arg(2))
		switch {
		case t == nil:
			c.Return(uint64(proc.ESRCH))
		case !ok || len(b) <= len(t.Name):
			c.Return(uint64(proc.ERANGE))
		default:
			copy(b, t.Name+"\x00")
		}
	})
	on("pthread_get_stackaddr_np", func(c *proc.Call) {
		if t := c.Process.ByPthread(c.Arg(0)); t != nil {
			c.Return(t.Stack + t.StackSz)
		}
	})
	on("pthread_get_stacksize_np", func(c *proc.Call) {
		if t := c.Process.ByPthread(c.Arg(0)); t != nil {
			c.Return(t.StackSz)
		}
	})
	on("pthread_detach", func(c *proc.Call) {
		t := c.Process.ByPthread(c.Arg(0))
		if t == nil {
			c.Return(uint64(proc.ESRCH))
			return
		}
		t.Detached = true
	})
	on("pthread_join", joinThread)
	onAsync("pthread_exit", exitThread)
	on("sched_yield pthread_yield_np", func(c *proc.Call) { c.Process.Yield(c) })
	on("pthread_setcancelstate pthread_setcanceltype pthread_testcancel pthread_set_qos_class_self_np pthread_atfork pthread_setconcurrency pthread_jit_write_protect_np", func(c *proc.Call) {})
	on("pthread_setschedparam pthread_getschedparam", func(c *proc.Call) {})
	on("pthread_key_create", func(c *proc.Call) {
		s := of(c)
		for i := range s.keys {
			if !s.keys[i].used {
				s.keys[i] = keyState{true, c.Arg(1)}
				out(c, 0, uint64(i+proc.FirstUserKey))
				return
			}
		}
		c.Return(uint64(proc.EAGAIN))
	})
	on("pthread_key_delete", func(c *proc.Call) {
		s, k := of(c), c.Arg(0)-proc.FirstUserKey
		if k >= uint64(len(s.keys)) || !s.keys[k].used {
			c.Return(uint64(proc.EINVAL))
			return
		}
		s.keys[k] = keyState{}
		for _, t := range c.Process.Threads() {
			t.SetSlot(c.Arg(0), 0)
		}
	})
	on("pthread_setspecific", func(c *proc.Call) {
		s, k := of(c), c.Arg(0)-proc.FirstUserKey
		if k >= uint64(len(s.keys)) || !s.keys[k].used {
			c.Return(uint64(proc.EINVAL))
			return
		}
		c.Thread.SetSlot(c.Arg(0), c.Arg(1))
	})
	on("pthread_getspecific", func(c *proc.Call) { c.Return(c.Thread.Slot(c.Arg(0))) })
}

func createThread(c *proc.Call, suspended bool) {
	size, detached, stack := uint64(defaultStack), false, uint64(0)
	if c.Arg(1) != 0 {
		a := proc.Read[attr](c, c.Arg(1))
		if a == nil || a.Sig != attrSig {
			c.Return(uint64(proc.EINVAL))
			return
		}
		size, detached, stack = a.Size, a.Detached == 2, a.Stack
	}
	low := stack
	if stack == 0 {
		guard := c.Process.Arch.PageSize
		at, err := c.Process.Space.Map(mem.Request{Size: size + guard, Prot: cpu.ProtRead | cpu.ProtWrite, Max: 7, Inherit: 1, Stays: true})
		if err != nil {
			c.Return(uint64(proc.EAGAIN))
			return
		}
		low = at
		_ = c.Process.Space.Protect(at, guard, 0, false)
		size += guard
	}
	t, err := c.Process.NewThread(low + size&^15)
	if err != nil {
		c.Return(uint64(proc.EAGAIN))
		return
	}
	if stack == 0 {
		t.Stack, t.StackSz = low, size
	}
	t.Detached = detached
	t.Sig.Mask = c.Thread.Sig.Mask
	t.Sig.Alt.Flags = proc.StackDisable
	if p := proc.At[uint64](c, c.Arg(0)); p != nil {
		*p = t.Pthread
	}
	t.StartThread(c.Arg(2), c.Arg(3))
	if suspended {
		t.Suspend()
	}
}

func joinThread(c *proc.Call) {
	p := c.Process
	s := of(c)
	t := p.ByPthread(c.Arg(0))
	finish := func(result uint64) {
		if c.Arg(1) != 0 {
			if q := proc.At[uint64](c, c.Arg(1)); q != nil {
				*q = result
			}
		}
	}
	if t == nil {
		if r, ok := s.sync.ended[c.Arg(0)]; ok {
			delete(s.sync.ended, c.Arg(0))
			finish(r)
			return
		}
		c.Return(uint64(proc.ESRCH))
		return
	}
	if t == c.Thread {
		c.Return(uint64(proc.EDEADLK))
		return
	}
	if t.Detached || t.Joiner != nil {
		c.Return(uint64(proc.EINVAL))
		return
	}
	c.Park()
	t.Joiner = func() {
		delete(s.sync.ended, c.Arg(0))
		finish(t.Result)
		c.Finish(0)
	}
}

// exitThread runs the destructors of thread-specific data, then ends the thread.
func exitThread(c *proc.Call) {
	s, t := of(c), c.Thread
	for range 4 { // PTHREAD_DESTRUCTOR_ITERATIONS
		again := false
		var keys [proc.MaxKeys]keyState
		c.Process.Sync(func() { keys = s.keys })
		for i := range keys {
			k := uint64(i + proc.FirstUserKey)
			if v := t.Slot(k); v != 0 && keys[i].used {
				t.SetSlot(k, 0)
				if d := keys[i].destructor; d != 0 {
					again = true
					c.Guest(d, v)
				}
			}
		}
		if !again {
			break
		}
	}
	c.Park()
	c.Process.Post(func() {
		if !t.Detached && t.Joiner == nil {
			s.sync.ended[t.Pthread] = c.Arg(0)
		}
		pthread, stack, size := t.Pthread, t.Stack, t.StackSz
		t.End(c.Arg(0))
		if t.ID != 1 {
			if size != 0 {
				_ = c.Process.Space.Unmap(stack, size)
			}
			// The block stays until it is certain that nobody joins it: its address is the name.
			if _, waits := s.sync.ended[pthread]; !waits {
				_ = c.Process.Space.Unmap(pthread, proc.PthreadSize)
			}
		}
	})
}
