package mig

import (
	"strings"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/proto"
)

// stubs are the plans of functions that are user sides of MIG routines, by
// symbol number.
var stubs = buildStubs()

// through are functions that libSystem performs by another one's message (xnu
// libsyscall/mach/mach_vm.c).
var through = map[string]string{
	"vm_allocate":         "mach_vm_allocate",
	"vm_deallocate":       "mach_vm_deallocate",
	"vm_protect":          "mach_vm_protect",
	"vm_purgable_control": "mach_vm_purgable_control",
}

func buildStubs() map[int]*plan {
	m := map[int]*plan{}
	for i := range proto.Routines {
		r := &proto.Routines[i]
		if core.Number(r.Name) == 0 {
			continue
		}
		if other := through[r.Name]; other != "" {
			for j := range proto.Routines {
				if proto.Routines[j].Name == other {
					r = &proto.Routines[j]
				}
			}
		}
		sym := core.Number(proto.Routines[i].Name)
		if p := matched(r, sym); p != nil {
			m[sym] = p
		}
	}
	return m
}

// Stub performs the function of c on a port that is a message queue, as the
// user side that MIG makes does: it sends the routine's request and waits for
// the reply. It reports false for a function that is no such user side.
func Stub(c *core.Ctx) (mach.KernReturn, bool) {
	p := stubs[core.Number(c.Fn.Name)]
	if p == nil {
		return 0, false
	}
	return (&stub{c: c, plan: p}).call(), true
}

// stub is one call of a user side.
type stub struct {
	c     *core.Ctx
	plan  *plan
	mem   overlay // the request is buffer 0, the reply buffer 1
	reply []byte
	words []uint32 // of the reply's fields that are counts
}

// trailerRoom is the trailer that the user side's reply structure ends with.
const trailerRoom = 8

func (x *stub) call() mach.KernReturn {
	request, kr := x.request()
	if kr != mach.KERN_SUCCESS {
		return kr
	}
	s := x.c.Task.Space
	local, kr := s.Construct(ipc.Construction{Flags: mach.MPO_REPLY_PORT})
	if kr != mach.KERN_SUCCESS {
		return mach.MACH_SEND_INVALID_REPLY
	}
	defer s.ModRefs(local, mach.MACH_PORT_RIGHT_RECEIVE, -1)
	le.PutUint32(request[4:], uint32(len(request)))
	le.PutUint32(request[8:], uint32(x.c.Name(0)))
	le.PutUint32(request[12:], uint32(local))
	le.PutUint32(request[20:], uint32(x.plan.routine.ID))
	x.mem.under = x.c.Mem
	x.mem.buffers[0] = request
	x.mem.buffers[1] = make([]byte, x.plan.routine.Reply.Size+trailerRoom)
	msg := ipc.Msg{
		Space: s, VM: x.c.Task.VM(), Mem: &x.mem, Caller: x, Policy: x.c.Kernel.Policy, Kobject: !inQueues[x.plan.routine.Subsystem],
		Send: bufferAddress(0), Receive: bufferAddress(1), Option: mach.MACH_SEND_MSG | mach.MACH_RCV_MSG,
		SendSize: uint32(len(request)), RcvSize: uint32(len(x.mem.buffers[1])), RcvName: local,
	}
	if x.c.Waits != nil {
		x.c.Waits()
	}
	if kr := msg.Do(); kr != mach.MACH_MSG_SUCCESS {
		return kr
	}
	x.reply = x.mem.buffers[1]
	if kr := x.answered(); kr != mach.KERN_SUCCESS {
		return kr
	}
	return x.results()
}

// inQueues are the subsystems whose user sides libSystem makes for message
// queues; the others are for kernel objects (KernelServer in their .defs files,
// built with KOBJECT_SERVER: xnu libsyscall/Libsyscall.xcconfig).
var inQueues = map[string]bool{"netname": true, "clock_reply": true}

// Interrupt implements ipc.Caller.
func (x *stub) Interrupt() <-chan struct{} { return x.c.Interrupt() }

// Serve implements ipc.Caller: a queue has become no kernel object.
func (x *stub) Serve(m *ipc.Message) *ipc.Message { return Serve(x.c, m) }

// Guard implements ipc.Caller.
func (x *stub) Guard(v ipc.Violation) { x.c.Guard(v) }

// request builds the request but for the header's ports, size and id.
func (x *stub) request() ([]byte, mach.KernReturn) {
	p := x.plan
	bits := uint32(mach.MACH_MSG_TYPE_COPY_SEND) | uint32(mach.MACH_MSG_TYPE_MAKE_SEND_ONCE)<<8
	b := make([]byte, headerSize)
	if p.inDescs > 0 {
		bits |= mach.MACH_MSGH_BITS_COMPLEX
		b = le.AppendUint32(b, uint32(p.inDescs))
	}
	le.PutUint32(b, bits)
	for i := range p.in {
		var kr mach.KernReturn
		if b, kr = x.put(b, i); kr != mach.KERN_SUCCESS {
			return nil, kr
		}
	}
	return b, mach.KERN_SUCCESS
}

// put appends a field of the request.
func (x *stub) put(b []byte, i int) ([]byte, mach.KernReturn) {
	f := &x.plan.in[i]
	switch f.kind {
	case ndr:
		return append(b, 0, 0, 0, 0, 1, 0, 0, 0), mach.KERN_SUCCESS
	case pad:
		return append(b, make([]byte, f.size)...), mach.KERN_SUCCESS
	case portDesc:
		name, kr := x.word(f.param, 4)
		if kr != mach.KERN_SUCCESS {
			return nil, kr
		}
		d := make([]byte, 12)
		le.PutUint32(d, uint32(name))
		d[10], d[11] = byte(x.disposition(f)), byte(mach.MACH_MSG_PORT_DESCRIPTOR)
		return append(b, d...), mach.KERN_SUCCESS
	case oolDesc, oolPorts:
		count, kr := x.counted(f)
		if kr != mach.KERN_SUCCESS {
			return nil, kr
		}
		d := make([]byte, 16)
		at := x.c.U64(f.param)
		if strings.HasSuffix(x.plan.fn.Params[f.param].Type, "*") { // comes in and out
			if at, kr = x.c.Get64(f.param); kr != mach.KERN_SUCCESS {
				return nil, kr
			}
		}
		le.PutUint64(d, at)
		d[9], d[11] = byte(mach.MACH_MSG_VIRTUAL_COPY), byte(mach.MACH_MSG_OOL_DESCRIPTOR)
		le.PutUint32(d[12:], count*elementSize(x.plan.fn.Params[f.param].Type))
		if f.kind == oolPorts {
			d[10], d[11] = byte(mach.MACH_MSG_TYPE_COPY_SEND), byte(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR)
			le.PutUint32(d[12:], count)
		}
		return append(b, d...), mach.KERN_SUCCESS
	}
	return x.putPlain(b, i)
}

// elementSize is the size of an element of out-of-line memory.
func elementSize(typ string) uint32 {
	switch typ {
	case "dyld_kernel_image_info_array_t":
		return 40
	case "emulation_vector_t":
		return 8
	case "mach_port_options_ptr_t":
		return 24
	}
	return 1
}

// counted is the number of elements of an out-of-line field: what the field of
// its name and Cnt says, or one.
func (x *stub) counted(f *field) (uint32, mach.KernReturn) {
	for j := range x.plan.in {
		if g := &x.plan.in[j]; g.name == f.name+"Cnt" {
			n, kr := x.word(g.param, 4)
			return uint32(n), kr
		}
	}
	return 1, mach.KERN_SUCCESS
}

// disposition is that of a right that a request carries.
func (x *stub) disposition(f *field) mach.MachMsgTypeName {
	ps := x.plan.fn.Params
	if i := f.param + 1; i < len(ps) && ps[i].Name == ps[f.param].Name+"Poly" {
		return mach.MachMsgTypeName(x.c.U32(i))
	}
	switch x.plan.routine.Name + "." + f.name {
	case "clock_alarm.alarm_port", "host_request_notification.notify_port":
		return mach.MACH_MSG_TYPE_MAKE_SEND_ONCE
	}
	return mach.MACH_MSG_TYPE_COPY_SEND
}

// word is an argument, or what it points to where the parameter is a pointer.
func (x *stub) word(param, size int) (uint64, mach.KernReturn) {
	if x.plan.fn.Params[param].Kind != proto.Pointer {
		return x.c.U64(param), mach.KERN_SUCCESS
	}
	if size == 8 {
		return x.c.Get64(param)
	}
	v, kr := x.c.Get32(param)
	return uint64(v), kr
}

// putPlain appends a field that is not a descriptor.
func (x *stub) putPlain(b []byte, i int) ([]byte, mach.KernReturn) {
	p := x.plan
	f := &p.in[i]
	if f.param < 0 {
		return x.putLength(b, i)
	}
	n := f.size
	if f.count >= 0 {
		count, kr := x.lengthOf(f)
		if kr != mach.KERN_SUCCESS {
			return nil, kr
		}
		if count > uint32(f.n) {
			return nil, mach.MIG_ARRAY_TOO_LARGE
		}
		n = int(count) * f.elem
	}
	field := make([]byte, n, n+3)
	if f.count >= 0 {
		field = field[:roundUp4(n)]
	}
	switch kind := p.fn.Params[f.param].Kind; {
	case kind == proto.CString:
		s, kr := x.text(f)
		if kr != mach.KERN_SUCCESS {
			return nil, kr
		}
		copy(field, s)
	case kind == proto.BigStruct, kind == proto.Pointer && !x.isCount(f):
		if kr := x.c.Read(f.param, field[:n]); kr != mach.KERN_SUCCESS {
			return nil, kr
		}
	case kind == proto.Pointer: // the room for what comes back, no more than the routine gives
		v, kr := x.c.Get32(f.param)
		if kr != mach.KERN_SUCCESS {
			return nil, kr
		}
		le.PutUint32(field, min(v, x.most(f)))
	default:
		copy(field, le.AppendUint64(nil, x.c.U64(f.param)))
	}
	return append(b, field...), mach.KERN_SUCCESS
}

// lengthOf is the number of elements of an in-line array of the request.
func (x *stub) lengthOf(f *field) (uint32, mach.KernReturn) {
	g := &x.plan.in[f.count]
	if g.param < 0 {
		s, kr := x.text(f)
		return uint32(len(s) + 1), kr
	}
	n, kr := x.word(g.param, 4)
	return uint32(n), kr
}

// text is a string argument, cut to its field (mig_strncpy).
func (x *stub) text(f *field) (string, mach.KernReturn) {
	var s []byte
	var b [1]byte
	for addr := x.c.U64(f.param); len(s) < f.n*f.elem-1; addr++ {
		if kr := x.c.ReadAt(addr, b[:]); kr != mach.KERN_SUCCESS {
			return "", kr
		}
		if b[0] == 0 {
			break
		}
		s = append(s, b[0])
	}
	return string(s), mach.KERN_SUCCESS
}

// putLength appends the length of the string that a field without a parameter
// counts.
func (x *stub) putLength(b []byte, i int) ([]byte, mach.KernReturn) {
	for j := range x.plan.in {
		if f := &x.plan.in[j]; f.count == i {
			n, kr := x.lengthOf(f)
			return le.AppendUint32(b, n), kr
		}
	}
	return append(b, make([]byte, x.plan.in[i].size)...), mach.KERN_SUCCESS
}

// isCount reports whether a field of the request holds the room for an array of
// the reply.
func (x *stub) isCount(f *field) bool { return x.most(f) > 0 }

// most is the number of elements of the reply's array that a field of the
// request holds the room for.
func (x *stub) most(f *field) uint32 {
	p := x.plan
	for j := range p.out {
		if g := &p.out[j]; g.kind == plain && (g.count >= 0 && p.out[g.count].name == f.name || g.name+"Cnt" == f.name) {
			return uint32(g.n)
		}
	}
	return 0
}
