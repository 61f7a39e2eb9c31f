package kernel_test

import (
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// guards is a caller that notes the guards it breaks.
type guards struct {
	*caller
	t    *testing.T
	self uint64
	got  []ipc.Violation
}

func cell(i int) uint64 { return cells + uint64(i)*cellSize }

func (g *guards) put(addr uint64, words ...uint32) {
	for i, w := range words {
		var b [4]byte
		le.PutUint32(b[:], w)
		g.args.WriteAt(b[:], addr+4*uint64(i))
	}
}

func (g *guards) name(i int) uint64 {
	var b [4]byte
	g.args.ReadAt(b[:], cell(i))
	return uint64(le.Uint32(b[:]))
}

func (g *guards) must(call string, args ...uint64) {
	g.t.Helper()
	if kr := g.call(call, args...); kr != 0 {
		g.t.Fatal(call, ": ", mach.KernReturn(int32(kr)))
	}
}

func (g *guards) allocate(right mach.MachPortRight) uint64 {
	g.t.Helper()
	g.must("mach_port_allocate", g.self, uint64(right), cell(0))
	return g.name(0)
}

func (g *guards) receive() uint64 { return g.allocate(mach.MACH_PORT_RIGHT_RECEIVE) }

func (g *guards) send() uint64 {
	g.t.Helper()
	p := g.receive()
	g.must("mach_port_insert_right", g.self, p, p, uint64(mach.MACH_MSG_TYPE_MAKE_SEND))
	return p
}

func (g *guards) construct(flags uint32, context uint64) uint64 {
	g.t.Helper()
	g.put(cell(1), flags, 5, 0, 0, 0, 0)
	g.must("mach_port_construct", g.self, cell(1), context, cell(0))
	return g.name(0)
}

// only is a name with a send right alone: its port is another task's.
func (g *guards) only() uint64 { return g.call("mach_host_self") }

func (g *guards) bits(remote, local mach.MachMsgTypeName) uint32 {
	return uint32(remote) | uint32(local)<<8
}

// message sends a header, and a port descriptor if there is a name for one.
func (g *guards) message(bits uint32, to, reply, voucher, port uint64, d mach.MachMsgTypeName) uint64 {
	size := uint64(24)
	if port != 0 {
		bits |= mach.MACH_MSGH_BITS_COMPLEX
		size = 40
	}
	g.put(cell(1), bits, uint32(size), uint32(to), uint32(reply), uint32(voucher), 1, 1, uint32(port), 0, uint32(d)<<16)
	return g.call("mach_msg", cell(1), uint64(mach.MACH_SEND_MSG), size, 0, 0, 0, 0)
}

const nothing = 0x7f000003 // a name of nothing

// guardCases breaks guards in each way that XNU knows (the callers of
// mach_port_guard_exception in osfmk/ipc and osfmk/kern): what is done, and the
// reason and name that are told, or none. Those that are in no case, and why:
//   - kGUARD_EXC_MOD_REFS, _NON_FATAL: ports are pinned in Apple's programs alone.
//   - kGUARD_EXC_STRICT_REPLY: behind the boot argument ipc_strict_reply (ipc_kmsg.c).
//   - kGUARD_EXC_MSG_FILTERED, kGUARD_EXC_SERVICE_PORT_VIOLATION_*: the sandbox and launchd.
//   - kGUARD_EXC_THREAD_SET_STATE, kGUARD_EXC_EXCEPTION_BEHAVIOR_ENFORCE: hardened programs.
//   - kGUARD_EXC_RCV_GUARDED_DESC: development kernels.
//   - kGUARD_EXC_PROVISIONAL_REPLY_PORT: not on macOS.
//   - kGUARD_EXC_IMMOVABLE_NON_FATAL: no option of a kernel that was released asks for it.
//   - kGUARD_EXC_RIGHT_EXISTS, kGUARD_EXC_KERN_NO_SPACE, kGUARD_EXC_KERN_RESOURCE: nobody raises them.
var guardCases = []struct {
	how    string
	reason uint32 // 0: nothing is told
	do     func(g *guards) (kr, name uint64)
	kr     mach.KernReturn
}{
	{"destroy nothing", mach.KGUARD_EXC_INVALID_NAME, func(g *guards) (uint64, uint64) {
		return g.call("mach_port_destroy", g.self, nothing), nothing
	}, mach.KERN_INVALID_NAME},
	{"destroy a guarded port", mach.KGUARD_EXC_DESTROY, func(g *guards) (uint64, uint64) {
		p := g.construct(mach.MPO_CONTEXT_AS_GUARD, 7)
		return g.call("mach_port_destroy", g.self, p), p
	}, mach.KERN_INVALID_RIGHT},
	{"deallocate nothing", mach.KGUARD_EXC_INVALID_NAME, func(g *guards) (uint64, uint64) {
		return g.call("mach_port_deallocate", g.self, nothing), nothing
	}, mach.KERN_INVALID_NAME},
	{"deallocate a receive right", mach.KGUARD_EXC_INVALID_RIGHT, func(g *guards) (uint64, uint64) {
		p := g.receive()
		return g.call("mach_port_deallocate", g.self, p), p
	}, mach.KERN_INVALID_RIGHT},
	{"references of nothing", mach.KGUARD_EXC_INVALID_NAME, modRefs(func(*guards) uint64 { return nothing }, mach.MACH_PORT_RIGHT_SEND, 1), mach.KERN_INVALID_NAME},
	{"a receive right of a send right", mach.KGUARD_EXC_INVALID_RIGHT, modRefs((*guards).only, mach.MACH_PORT_RIGHT_RECEIVE, -1), mach.KERN_INVALID_RIGHT},
	{"a receive right twice", 0, func(g *guards) (uint64, uint64) {
		p := g.send()
		g.must("mach_port_mod_refs", g.self, p, uint64(mach.MACH_PORT_RIGHT_RECEIVE), 1<<64-1)
		return g.call("mach_port_mod_refs", g.self, p, uint64(mach.MACH_PORT_RIGHT_RECEIVE), 1<<64-1), p
	}, mach.KERN_INVALID_RIGHT},
	{"two receive rights", mach.KGUARD_EXC_INVALID_VALUE, modRefs((*guards).receive, mach.MACH_PORT_RIGHT_RECEIVE, 1), mach.KERN_INVALID_VALUE},
	{"a guarded receive right", mach.KGUARD_EXC_DESTROY, modRefs(func(g *guards) uint64 { return g.construct(mach.MPO_CONTEXT_AS_GUARD, 7) }, mach.MACH_PORT_RIGHT_RECEIVE, -1), mach.KERN_INVALID_RIGHT},
	{"one send right more of a receive right", 0, modRefs((*guards).receive, mach.MACH_PORT_RIGHT_SEND, 1), mach.KERN_INVALID_RIGHT},
	{"one send right less of a receive right", mach.KGUARD_EXC_INVALID_RIGHT, modRefs((*guards).receive, mach.MACH_PORT_RIGHT_SEND, -1), mach.KERN_INVALID_RIGHT},
	{"a send right of a dead name", 0, modRefs(func(g *guards) uint64 { return g.allocate(mach.MACH_PORT_RIGHT_DEAD_NAME) }, mach.MACH_PORT_RIGHT_SEND, 1), mach.KERN_INVALID_RIGHT},
	{"too few send rights", mach.KGUARD_EXC_INVALID_VALUE, modRefs((*guards).send, mach.MACH_PORT_RIGHT_SEND, -2), mach.KERN_INVALID_VALUE},
	{"a send-once right of a send right", 0, modRefs((*guards).send, mach.MACH_PORT_RIGHT_SEND_ONCE, -1), mach.KERN_INVALID_RIGHT},
	{"a dead name of a live port", mach.KGUARD_EXC_INVALID_RIGHT, modRefs((*guards).send, mach.MACH_PORT_RIGHT_DEAD_NAME, -1), mach.KERN_INVALID_RIGHT},
	{"a port set of a port", mach.KGUARD_EXC_INVALID_RIGHT, modRefs((*guards).send, mach.MACH_PORT_RIGHT_PORT_SET, -1), mach.KERN_INVALID_RIGHT},
	{"peek at nothing", mach.KGUARD_EXC_INVALID_NAME, peeks(func(*guards) uint64 { return nothing }, 0), mach.KERN_INVALID_NAME},
	{"peek at a send right", mach.KGUARD_EXC_INVALID_RIGHT, peeks((*guards).only, 0), mach.KERN_INVALID_RIGHT},
	{"peek with a context", mach.KGUARD_EXC_INVALID_VALUE, peeks((*guards).receive, uint64(mach.MACH_RCV_TRAILER_CTX)<<24), mach.KERN_INVALID_VALUE},
	{"peek at no message", 0, peeks((*guards).receive, 0), mach.KERN_FAILURE},
	{"guard nothing", mach.KGUARD_EXC_INVALID_NAME, func(g *guards) (uint64, uint64) {
		return g.call("mach_port_guard", g.self, nothing, 5, 0), nothing
	}, mach.KERN_INVALID_NAME},
	{"guard a send right", mach.KGUARD_EXC_INVALID_RIGHT, func(g *guards) (uint64, uint64) {
		p := g.only()
		return g.call("mach_port_guard", g.self, p, 5, 0), p
	}, mach.KERN_INVALID_RIGHT},
	{"guard twice", mach.KGUARD_EXC_INVALID_ARGUMENT, func(g *guards) (uint64, uint64) {
		p := g.construct(mach.MPO_CONTEXT_AS_GUARD, 7)
		return g.call("mach_port_guard", g.self, p, 5, 0), p
	}, mach.KERN_INVALID_ARGUMENT},
	{"unguard what has no guard", mach.KGUARD_EXC_UNGUARDED, func(g *guards) (uint64, uint64) {
		p := g.receive()
		return g.call("mach_port_unguard", g.self, p, 5), p
	}, mach.KERN_INVALID_ARGUMENT},
	{"unguard with another guard", mach.KGUARD_EXC_INCORRECT_GUARD, func(g *guards) (uint64, uint64) {
		p := g.construct(mach.MPO_CONTEXT_AS_GUARD, 7)
		return g.call("mach_port_unguard", g.self, p, 5), p
	}, mach.KERN_INVALID_ARGUMENT},
	{"swap nothing's guard", mach.KGUARD_EXC_INVALID_NAME, func(g *guards) (uint64, uint64) {
		return g.call("mach_port_swap_guard", g.self, nothing, 5, 6), nothing
	}, mach.KERN_INVALID_NAME},
	{"swap a strict guard", mach.KGUARD_EXC_SET_CONTEXT, func(g *guards) (uint64, uint64) {
		p := g.construct(mach.MPO_CONTEXT_AS_GUARD|mach.MPO_STRICT, 7)
		return g.call("mach_port_swap_guard", g.self, p, 7, 6), p
	}, mach.KERN_INVALID_ARGUMENT},
	{"a context for a strict guard", mach.KGUARD_EXC_SET_CONTEXT, func(g *guards) (uint64, uint64) {
		p := g.construct(mach.MPO_CONTEXT_AS_GUARD|mach.MPO_STRICT, 7)
		return g.call("mach_port_set_context", g.self, p, 6), p
	}, mach.KERN_INVALID_ARGUMENT},
	{"destruct nothing", mach.KGUARD_EXC_INVALID_NAME, func(g *guards) (uint64, uint64) {
		return g.call("mach_port_destruct", g.self, nothing, 0, 0), nothing
	}, mach.KERN_INVALID_NAME},
	{"destruct a send right", mach.KGUARD_EXC_INVALID_RIGHT, func(g *guards) (uint64, uint64) {
		p := g.only()
		return g.call("mach_port_destruct", g.self, p, 0, 0), p
	}, mach.KERN_INVALID_RIGHT},
	{"destruct twice", 0, func(g *guards) (uint64, uint64) {
		p := g.send()
		g.must("mach_port_destruct", g.self, p, 0, 0)
		return g.call("mach_port_destruct", g.self, p, 0, 0), p
	}, mach.KERN_INVALID_RIGHT},
	{"destruct with more send rights", mach.KGUARD_EXC_INVALID_VALUE, func(g *guards) (uint64, uint64) {
		p := g.send()
		return g.call("mach_port_destruct", g.self, p, 1, 0), p
	}, mach.KERN_INVALID_VALUE},
	{"a member that is nothing", mach.KGUARD_EXC_INVALID_NAME, func(g *guards) (uint64, uint64) {
		return g.call("mach_port_insert_member", g.self, nothing, g.allocate(mach.MACH_PORT_RIGHT_PORT_SET)), nothing
	}, mach.KERN_INVALID_NAME},
	{"a set that is nothing", mach.KGUARD_EXC_INVALID_NAME, func(g *guards) (uint64, uint64) {
		return g.call("mach_port_move_member", g.self, g.receive(), nothing), nothing
	}, mach.KERN_INVALID_NAME},
	{"a member that is a send right", mach.KGUARD_EXC_INVALID_RIGHT, func(g *guards) (uint64, uint64) {
		p := g.only()
		return g.call("mach_port_insert_member", g.self, p, g.allocate(mach.MACH_PORT_RIGHT_PORT_SET)), p
	}, mach.KERN_INVALID_RIGHT},
	{"a set that is a port", mach.KGUARD_EXC_INVALID_RIGHT, func(g *guards) (uint64, uint64) {
		p := g.receive()
		return g.call("mach_port_extract_member", g.self, g.receive(), p), p
	}, mach.KERN_INVALID_RIGHT},
	{"port-destroyed of a reply port", mach.KGUARD_EXC_INVALID_RIGHT, request(func(g *guards) uint64 { return g.construct(mach.MPO_REPLY_PORT, 0) }, mach.MACH_NOTIFY_PORT_DESTROYED), mach.KERN_INVALID_RIGHT},
	{"no-senders of a reply port", mach.KGUARD_EXC_INVALID_RIGHT, request(func(g *guards) uint64 { return g.construct(mach.MPO_REPLY_PORT, 0) }, mach.MACH_NOTIFY_NO_SENDERS), mach.KERN_INVALID_RIGHT},
	{"port-destroyed twice", mach.KGUARD_EXC_KERN_FAILURE, request(func(g *guards) uint64 {
		p := g.receive()
		request(func(*guards) uint64 { return p }, mach.MACH_NOTIFY_PORT_DESTROYED)(g)
		return p
	}, mach.MACH_NOTIFY_PORT_DESTROYED), mach.KERN_FAILURE},
	{"a notification of nothing", 0, request(func(*guards) uint64 { return nothing }, mach.MACH_NOTIFY_DEAD_NAME), mach.KERN_INVALID_NAME},
	{"attributes of another guard", mach.KGUARD_EXC_UNGUARDED, func(g *guards) (uint64, uint64) {
		p := g.receive()
		g.put(cell(2), 0, 0, 0, 0)
		return g.call("mach_port_assert_attributes", g.self, p, uint64(mach.MACH_PORT_GUARD_INFO), cell(2), 2), p
	}, mach.KERN_INVALID_ARGUMENT},
	{"a send right of a reply port", mach.KGUARD_EXC_INVALID_RIGHT, func(g *guards) (uint64, uint64) {
		p := g.construct(mach.MPO_REPLY_PORT, 0)
		return g.call("mach_port_extract_right", g.self, p, uint64(mach.MACH_MSG_TYPE_MAKE_SEND), cell(2), cell(3)), p
	}, mach.KERN_INVALID_CAPABILITY},
	{"move an immovable right", mach.KGUARD_EXC_IMMOVABLE, func(g *guards) (uint64, uint64) {
		p := g.construct(mach.MPO_CONTEXT_AS_GUARD|mach.MPO_IMMOVABLE_RECEIVE, 7)
		return g.message(g.bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), g.send(), 0, 0, p, mach.MACH_MSG_TYPE_MOVE_RECEIVE), p
	}, mach.MACH_SEND_INVALID_RIGHT},
	{"send a right that is none", mach.KGUARD_EXC_SEND_INVALID_RIGHT, func(g *guards) (uint64, uint64) {
		p := g.receive()
		return g.message(g.bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), g.send(), 0, 0, p, mach.MACH_MSG_TYPE_COPY_SEND), p
	}, mach.MACH_SEND_INVALID_RIGHT},
	{"send the name of nothing", 0, func(g *guards) (uint64, uint64) {
		return g.message(g.bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), g.send(), 0, 0, nothing, mach.MACH_MSG_TYPE_COPY_SEND), nothing
	}, mach.MACH_SEND_INVALID_RIGHT},
	{"a reply port that is nothing", mach.KGUARD_EXC_SEND_INVALID_REPLY, func(g *guards) (uint64, uint64) {
		return g.message(g.bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), g.send(), nothing, 0, 0, 0), nothing
	}, mach.MACH_SEND_INVALID_REPLY},
	{"a reply to no reply port", 1 << 23, func(g *guards) (uint64, uint64) {
		to := g.construct(mach.MPO_ENFORCE_REPLY_PORT_SEMANTICS|mach.MPO_INSERT_SEND_RIGHT, 0)
		p := g.receive()
		return g.message(g.bits(mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), to, p, 0, 0, 0), p
	}, mach.MACH_SEND_INVALID_REPLY},
	{"a voucher that is a port", mach.KGUARD_EXC_SEND_INVALID_VOUCHER, func(g *guards) (uint64, uint64) {
		p := g.send()
		return g.message(g.bits(mach.MACH_MSG_TYPE_COPY_SEND, 0)|uint32(mach.MACH_MSG_TYPE_COPY_SEND)<<16, g.send(), 0, p, 0, 0), p
	}, mach.MACH_SEND_INVALID_VOUCHER},
	{"a message to the kernel", mach.KGUARD_EXC_INVALID_OPTIONS, func(g *guards) (uint64, uint64) {
		return g.message(g.bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), g.only(), 0, 0, 0, 0), 0
	}, mach.MACH_SEND_INVALID_OPTIONS},
	{"receive from a send right", mach.KGUARD_EXC_RCV_INVALID_NAME, receives((*guards).only), mach.MACH_RCV_INVALID_NAME},
	{"receive from nothing", 0, receives(func(*guards) uint64 { return nothing }), mach.MACH_RCV_INVALID_NAME},
	{"receive from a dead name", 0, receives(func(g *guards) uint64 { return g.allocate(mach.MACH_PORT_RIGHT_DEAD_NAME) }), mach.MACH_RCV_INVALID_NAME},
	{"receive from what was moved", 0, receives(func(g *guards) uint64 {
		p := g.send()
		to := g.send()
		if kr := g.message(g.bits(mach.MACH_MSG_TYPE_COPY_SEND, 0), to, 0, 0, p, mach.MACH_MSG_TYPE_MOVE_RECEIVE); kr != 0 {
			g.t.Fatal(kr)
		}
		return p
	}), mach.MACH_RCV_INVALID_NAME},
	{"a right of a routine that is none", mach.KGUARD_EXC_SEND_INVALID_RIGHT, func(g *guards) (uint64, uint64) {
		p := g.receive()
		return g.call("task_set_special_port", g.self, uint64(mach.TASK_BOOTSTRAP_PORT), p), p
	}, mach.MACH_SEND_INVALID_RIGHT},
	{"a right of a routine that moves", mach.KGUARD_EXC_SEND_INVALID_RIGHT, func(g *guards) (uint64, uint64) {
		p := g.receive()
		return g.call("semaphore_destroy", g.self, p), p
	}, mach.MACH_SEND_INVALID_RIGHT},
}

func modRefs(of func(*guards) uint64, right mach.MachPortRight, delta int64) func(*guards) (uint64, uint64) {
	return func(g *guards) (uint64, uint64) {
		p := of(g)
		return g.call("mach_port_mod_refs", g.self, p, uint64(right), uint64(delta)), p
	}
}

func peeks(of func(*guards) uint64, trailer uint64) func(*guards) (uint64, uint64) {
	return func(g *guards) (uint64, uint64) {
		p := of(g)
		g.put(cell(3), 0)
		g.put(cell(7), 68)
		return g.call("mach_port_peek", g.self, p, trailer, cell(3), cell(4), cell(5), cell(6), cell(7)), p
	}
}

func request(of func(*guards) uint64, id uint32) func(*guards) (uint64, uint64) {
	return func(g *guards) (uint64, uint64) {
		p := of(g)
		return g.call("mach_port_request_notification", g.self, p, uint64(id), 0, g.receive(), uint64(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE), cell(6)), p
	}
}

func receives(of func(*guards) uint64) func(*guards) (uint64, uint64) {
	return func(g *guards) (uint64, uint64) {
		p := of(g)
		return g.call("mach_msg", cell(1), uint64(mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT), 0, 512, p, 0, 0), p
	}
}

func TestGuardReasons(t *testing.T) {
	for _, x := range guardCases {
		t.Run(x.how, func(t *testing.T) {
			c := newCaller(t)
			g := &guards{caller: c, t: t, self: uint64(c.task.SelfName())}
			c.k.Guard = func(_ *core.Ctx, v ipc.Violation) { g.got = append(g.got, v) }
			kr, name := x.do(g)
			if mach.KernReturn(int32(kr)) != x.kr {
				t.Errorf("result %v, want %v", mach.KernReturn(int32(kr)), x.kr)
			}
			var want []ipc.Violation
			if x.reason != 0 {
				want = []ipc.Violation{{Reason: x.reason, Name: mach.MachPort(name)}}
			}
			for i := range g.got {
				g.got[i].Payload = 0 // guards and options, which TestGuardExceptions looks at
			}
			if len(g.got) != len(want) || len(want) > 0 && g.got[0] != want[0] {
				t.Errorf("told %+v, want %+v", g.got, want)
			}
		})
	}
}
