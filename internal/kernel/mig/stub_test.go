package mig_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/fake"
	"github.com/gomach/mach/internal/kernel/ipc"
	"github.com/gomach/mach/internal/proto"
)

// Where the memory of bench's task is: a slot for each argument, and buffers
// of the server.
const (
	slots    = 0x100000000
	slotSize = 0x8000
	message  = slots + 16*slotSize
)

// bench is a task that calls routines on a port that it serves itself.
type bench struct {
	t          *testing.T
	k          *core.Kernel
	task       *core.Task
	mem        *fake.Memory
	port, send uint32 // what is called, and a send right to hand over
}

func newBench(t *testing.T) *bench {
	machine := fake.NewMachine()
	sub := machine.AddTask(mach.CPU_TYPE_ARM64)
	b := &bench{t: t, k: kernel.New(machine), mem: sub.Mem}
	if _, err := sub.Mem.Map(core.Mapping{Addr: slots, Size: 32 * slotSize, Fixed: true}); err != nil {
		t.Fatal(err)
	}
	b.task = b.k.NewTask(sub)
	t.Cleanup(b.task.End)
	b.port, b.send = b.newPort(), b.newPort()
	return b
}

func (b *bench) call(name string, args ...uint64) mach.KernReturn {
	var words [12]uint64
	copy(words[:], args)
	c := core.Ctx{Args: &words, Task: b.task, Mem: b.mem}
	c.Thread, _ = b.task.Thread(fake.ThreadID)
	return mach.KernReturn(int32(b.k.Call(&c, core.Number(name))))
}

func (b *bench) newPort() uint32 {
	self := uint64(b.task.SelfName())
	if kr := b.call("mach_port_allocate", self, uint64(mach.MACH_PORT_RIGHT_RECEIVE), message); kr != 0 {
		b.t.Fatal(kr)
	}
	p := uint64(le.Uint32(b.read(message, 4)))
	if kr := b.call("mach_port_insert_right", self, p, p, uint64(mach.MACH_MSG_TYPE_MAKE_SEND)); kr != 0 {
		b.t.Fatal(kr)
	}
	return uint32(p)
}

func (b *bench) read(addr uint64, n int) []byte {
	p := make([]byte, n)
	if _, err := b.mem.ReadAt(p, addr); err != nil {
		b.t.Error(err)
	}
	return p
}

func (b *bench) write(addr uint64, p []byte) {
	if _, err := b.mem.WriteAt(p, addr); err != nil {
		b.t.Error(err)
	}
}

// serve answers one request by what answer makes of it; nil: by destroying it.
// The channel is closed when that is done.
func (b *bench) serve(answer func(request []byte) []byte) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if kr := b.call("mach_msg", message, uint64(mach.MACH_RCV_MSG), 0, slotSize, uint64(b.port), 0); kr != 0 {
			return // the caller failed, and the test is over
		}
		head := b.read(message, 24)
		reply := answer(b.read(message, int(le.Uint32(head[4:]))))
		if reply == nil {
			b.call("mach_msg_destroy", message)
			return
		}
		le.PutUint32(reply, le.Uint32(reply)|uint32(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE))
		le.PutUint32(reply[8:], le.Uint32(head[8:]))
		le.PutUint32(reply[20:], le.Uint32(reply[20:])+le.Uint32(head[20:])+100)
		b.write(message+slotSize, reply)
		if kr := b.call("mach_msg", message+slotSize, uint64(mach.MACH_SEND_MSG), uint64(len(reply)), 0, 0, 0); kr != 0 {
			b.t.Error("answering:", kr)
		}
	}()
	return done
}

// member is a field of a message with its place, its arrays of one element.
type member struct {
	proto.Field
	at, size int
}

// members lays a message out by what <mach/*.h> say of its structure: an array
// with a count before it is as long as that says, here one element.
func members(m *proto.Message) (list []member, size int, complex int) {
	at, names := 24, map[string]bool{}
	last := false
	for i, f := range m.Fields {
		if f.Name == "Head" {
			continue
		}
		end := m.Size
		if i+1 < len(m.Fields) {
			end = m.Fields[i+1].Offset
		}
		n := end - f.Offset
		if open := strings.LastIndexByte(f.Type, '['); open >= 0 && last && !strings.HasPrefix(f.Type, "mach_msg_") {
			elements, _ := strconv.Atoi(strings.TrimSuffix(f.Type[open+1:], "]"))
			n = (n/elements + 3) &^ 3
		}
		if strings.HasPrefix(f.Type, "mach_msg_") && strings.Contains(f.Type, "descriptor_t") {
			complex++
			if open := strings.LastIndexByte(f.Type, '['); open >= 0 {
				elements, _ := strconv.Atoi(strings.TrimSuffix(f.Type[open+1:], "]"))
				complex += elements - 1
			}
		}
		last = last || strings.HasSuffix(f.Name, "Cnt")
		names[f.Name] = true
		list = append(list, member{f, at, n})
		at += n
	}
	return list, at, complex
}

func slot(i int) uint64 { return slots + uint64(i)*slotSize }

// pattern is what the memory of an argument or result begins with.
func pattern(i, n int) []byte { return bytes.Repeat([]byte{byte(0x21 + i)}, n) }

// The user side of every routine that MIG makes for libSystem: the request has
// the fields of the structure in <mach/*.h> with the arguments' values, and
// results are stored from the reply's.
func TestEveryUserSide(t *testing.T) {
	tried := 0
	for i := range proto.Routines {
		r := &proto.Routines[i]
		n := core.Number(r.Name)
		if n == 0 || r.Subsystem == "clock_reply" || strings.HasSuffix(r.Name, "_resume2") || strings.HasPrefix(r.Name, "vm_") {
			continue // a function of another routine, or of another kind
		}
		tried++
		t.Run(r.Name, func(t *testing.T) { userSide(t, r, &proto.Functions[n-1]) })
	}
	if tried < 200 {
		t.Errorf("only %d routines were tried", tried)
	}
}

func userSide(t *testing.T, r *proto.Routine, f *proto.Function) {
	b := newBench(t)
	var args [12]uint64
	args[0] = uint64(b.port)
	in, size, descs := members(&r.Request)
	index := map[string]int{}
	for i, p := range f.Params {
		index[p.Name] = i
		if i == 0 {
			continue
		}
		switch p.Kind {
		case proto.Word32:
			args[i] = uint64(0x1000 + i)
			if strings.HasSuffix(p.Name, "Cnt") {
				args[i] = 1
			}
			if strings.HasSuffix(p.Name, "Poly") {
				args[i] = uint64(mach.MACH_MSG_TYPE_COPY_SEND)
			}
		case proto.Word64:
			args[i] = 0x2000_0000_0000 + uint64(i)
		case proto.SmallStruct:
			args[i] = 0x3000_0000_1000 + uint64(i)
		default:
			args[i] = slot(i)
			b.write(slot(i), pattern(i, slotSize))
			if p.Kind == proto.CString {
				b.write(slot(i), []byte("abc\x00"))
			}
			if strings.HasSuffix(p.Name, "Cnt") {
				b.write(slot(i), []byte{0, 0, 0, 0x70}) // room for everything
			}
		}
	}
	rename := map[string]string{"parent_handle": "parent_entry"}
	of := func(m member) (int, bool) {
		i, ok := index[m.Name]
		if !ok {
			i, ok = index[rename[m.Name]]
		}
		return i, ok && i > 0
	}
	for _, m := range in {
		i, ok := of(m)
		if ok && m.Type == "mach_msg_port_descriptor_t" {
			if f.Params[i].Kind == proto.Pointer {
				b.write(slot(i), le.AppendUint32(nil, b.send))
			} else {
				args[i] = uint64(b.send)
			}
		}
		if ok && strings.Contains(m.Type, "_ool_") {
			args[i] = slot(i)
			if strings.Contains(m.Type, "_ports_") {
				b.write(slot(i), le.AppendUint32(nil, b.send))
			} else {
				b.write(slot(i), pattern(i, 64))
			}
			if strings.HasSuffix(f.Params[i].Type, "*") {
				b.write(slot(15), pattern(i, 64))
				b.write(slot(i), le.AppendUint64(nil, slot(15)))
				if j, ok := index[m.Name+"Cnt"]; ok {
					b.write(slot(j), []byte{1, 0, 0, 0})
				}
			}
		}
	}
	out, replySize, outDescs := members(&r.Reply)
	done := b.serve(func(q []byte) []byte {
		if len(q) < size && !strings.HasPrefix(r.Subsystem, "netname") || len(q) > r.Request.Size {
			t.Errorf("a request of %d bytes, want %d", len(q), size)
			return nil
		}
		if id := int32(le.Uint32(q[20:])); id != r.ID {
			t.Errorf("id %d", id)
		}
		if got := le.Uint32(q)&mach.MACH_MSGH_BITS_COMPLEX != 0; got != (descs > 0) {
			t.Errorf("complex is %v with %d descriptors", got, descs)
		}
		if r.Subsystem != "netname" { // whose strings move what follows
			for _, m := range in {
				if i, ok := of(m); ok {
					b.compare(f, m, i, args[i], q[m.at:m.at+m.size])
				}
			}
		}
		return b.success(r, out, replySize, outDescs)
	})
	kr := b.call(f.Name, args[:]...)
	if kr != mach.KERN_SUCCESS {
		t.Fatal(kr)
	}
	<-done
	for k, m := range out {
		i, ok := of(m)
		if !ok || f.Params[i].Kind != proto.Pointer && f.Params[i].Kind != proto.CString {
			continue
		}
		got := b.read(slot(i), min(m.size, 4))
		want := pattern(40+k, len(got))
		switch {
		case strings.HasSuffix(m.Name, "Cnt"):
			want = []byte{1, 0, 0, 0}
		case strings.HasPrefix(m.Type, "mach_msg_port_descriptor_t"):
			want = le.AppendUint32(nil, b.send)
		case strings.Contains(m.Type, "_ool_"):
			if addr := le.Uint64(b.read(slot(i), 8)); addr == 0 || bytes.Equal(b.read(slot(i), 8), pattern(i, 8)) {
				t.Errorf("%s: address %#x", m.Name, addr)
			}
			continue
		}
		if strings.HasPrefix(m.Type, "char") || strings.HasPrefix(m.Type, "uint8_t") {
			got, want = got[:1], want[:1]
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is %x, want %x", m.Name, got, want)
		}
	}
}

// compare holds a field of a request against its argument.
func (b *bench) compare(f *proto.Function, m member, i int, arg uint64, got []byte) {
	var want []byte
	switch kind := f.Params[i].Kind; {
	case m.Type == "mach_msg_port_descriptor_t":
		if got[11] != byte(mach.MACH_MSG_PORT_DESCRIPTOR) || le.Uint32(got) == 0 {
			b.t.Errorf("%s: descriptor %x", m.Name, got)
		}
		return
	case strings.Contains(m.Type, "_ool_"):
		addr, n := le.Uint64(got), le.Uint32(got[12:])
		want = le.AppendUint32(nil, b.send)
		if strings.Contains(m.Type, "_ool_descriptor") {
			want = pattern(i, int(min(n, 16)))
		}
		if !bytes.Equal(b.read(addr, len(want)), want) || n == 0 {
			b.t.Errorf("%s: %d of %x", m.Name, n, b.read(addr, len(want)))
		}
		return
	case strings.HasSuffix(m.Name, "Cnt") && kind == proto.Pointer:
		if n := le.Uint32(got); n == 0 || n > 5120 {
			b.t.Errorf("%s: room for %d", m.Name, n)
		}
		return
	case kind == proto.Word32, kind == proto.Word64, kind == proto.SmallStruct:
		want = le.AppendUint64(nil, arg)[:min(8, len(got))]
	case kind == proto.CString:
		want = []byte("abc\x00")
	default:
		want = pattern(i, len(got))
		if bytes.HasPrefix([]byte(m.Type), []byte("uint8_t[")) {
			want = append(want[:1:1], 0, 0, 0) // one byte, rounded up
		}
	}
	if !bytes.HasPrefix(got, want) {
		b.t.Errorf("%s is %x, want %x", m.Name, got, want)
	}
}

// success is a reply with a pattern in each field.
func (b *bench) success(r *proto.Routine, out []member, size, descs int) []byte {
	reply := make([]byte, size)
	if descs > 0 {
		le.PutUint32(reply, uint32(mach.MACH_MSGH_BITS_COMPLEX))
	}
	le.PutUint32(reply[4:], uint32(size))
	for k, m := range out {
		field := reply[m.at : m.at+m.size]
		switch {
		case m.Name == "NDR":
			copy(field, ndr)
		case m.Name == "RetCode":
		case m.Name == "msgh_body":
			le.PutUint32(field, uint32(descs))
		case strings.HasSuffix(m.Name, "Cnt"):
			le.PutUint32(field, 1)
		case strings.HasPrefix(m.Type, "mach_msg_port_descriptor_t"):
			for d := field; len(d) >= 12; d = d[12:] {
				le.PutUint32(d, b.send)
				d[10], d[11] = byte(mach.MACH_MSG_TYPE_COPY_SEND), byte(mach.MACH_MSG_PORT_DESCRIPTOR)
			}
		case strings.Contains(m.Type, "_ool_"):
			from := slot(14)
			b.write(from, le.AppendUint32(nil, b.send))
			le.PutUint64(field, from)
			field[11] = byte(mach.MACH_MSG_OOL_DESCRIPTOR)
			le.PutUint32(field[12:], 1)
			if strings.Contains(m.Type, "_ports_") {
				field[10], field[11] = byte(mach.MACH_MSG_TYPE_COPY_SEND), byte(mach.MACH_MSG_OOL_PORTS_DESCRIPTOR)
			}
		default:
			copy(field, pattern(40+k, m.size))
		}
	}
	return reply
}

// What a user side makes of replies that are not as they have to be
// (__MIG_check__Reply in what MIG writes): out-arguments stay as they are.
func TestUserSideErrors(t *testing.T) {
	simple := func(id, code uint32, n int) func([]byte) []byte {
		return func([]byte) []byte {
			m := make([]byte, n)
			le.PutUint32(m[4:], uint32(n))
			le.PutUint32(m[20:], id)
			copy(m[24:], ndr)
			if n >= 36 {
				le.PutUint32(m[32:], code)
			}
			return m
		}
	}
	info := func(count uint32) func([]byte) []byte {
		return func(q []byte) []byte {
			m := simple(0, 0, 40+4*int(count))(q)
			le.PutUint32(m[36:], count)
			return append(m[:40], pattern(3, 4*int(count))...)
		}
	}
	for _, c := range []struct {
		name   string
		answer func([]byte) []byte
		want   mach.KernReturn
		count  uint32 // afterwards
	}{
		{"the server's code", simple(0, 77, 36), 77, 10},
		{"another id", simple(1, 0, 36), mach.MIG_REPLY_MISMATCH, 10},
		{"success without results", simple(0, 0, 36), mach.MIG_TYPE_ERROR, 10},
		{"a header alone", simple(0, 0, 24), mach.MIG_TYPE_ERROR, 10},
		{"a destroyed request", func([]byte) []byte { return nil }, mach.MIG_SERVER_DIED, 10},
		{"as much as there is room for", info(10), mach.KERN_SUCCESS, 10},
		{"less", info(3), mach.KERN_SUCCESS, 3},
		{"more", info(12), mach.MIG_ARRAY_TOO_LARGE, 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.write(slot(1), []byte{10, 0, 0, 0})
			done := b.serve(c.answer)
			kr := b.call("task_info", uint64(b.port), uint64(mach.MACH_TASK_BASIC_INFO), slot(2), slot(1))
			<-done
			count := le.Uint32(b.read(slot(1), 4))
			if kr != c.want || count != c.count {
				t.Errorf("%v and count %d, want %v and %d", kr, count, c.want, c.count)
			}
			if got := b.read(slot(2), 4)[0] != 0; got != (c.want == 0 || c.want == mach.MIG_ARRAY_TOO_LARGE) {
				t.Errorf("results stored: %v", got)
			}
			if after := b.read(slot(2)+40, 4); !bytes.Equal(after, make([]byte, 4)) {
				t.Errorf("beyond the room: %x", after)
			}
		})
	}
}

// The rules of macOS 13 and of System Integrity Protection
// (osfmk/ipc/ipc_policy.c, ipc_validate_kmsg_dest_from_user).
func TestMessagePolicy(t *testing.T) {
	for _, c := range []struct {
		policy          string
		object, routine mach.KernReturn // mach_msg to a kernel object, a routine to a queue
	}{
		{"macos12", mach.MACH_MSG_SUCCESS, mach.KERN_SUCCESS},
		{"macos13", mach.MACH_SEND_INVALID_OPTIONS, mach.KERN_SUCCESS},
		{"macos13-sip", mach.MACH_SEND_INVALID_OPTIONS, mach.MACH_SEND_INVALID_OPTIONS},
	} {
		t.Run(c.policy, func(t *testing.T) {
			b := newBench(t)
			var err error
			if b.k.Policy, err = ipc.ParsePolicy(c.policy); err != nil || fmt.Sprint(b.k.Policy) != c.policy {
				t.Fatal(b.k.Policy, err)
			}
			m := make([]byte, 24)
			le.PutUint32(m, uint32(mach.MACH_MSG_TYPE_COPY_SEND))
			le.PutUint32(m[8:], uint32(b.task.SelfName()))
			b.write(slot(1), m)
			if kr := b.call("mach_msg", slot(1), uint64(mach.MACH_SEND_MSG), 24, 0, 0, 0); kr != c.object {
				t.Errorf("mach_msg to a task port: %v", kr)
			}
			if c.routine == mach.KERN_SUCCESS {
				done := b.serve(func([]byte) []byte {
					reply := make([]byte, 36)
					le.PutUint32(reply[4:], 36)
					return reply
				})
				defer func() { <-done }()
			}
			if kr := b.call("task_suspend", uint64(b.port)); kr != c.routine {
				t.Errorf("task_suspend of a message queue: %v", kr)
			}
			if c.routine == mach.MACH_SEND_INVALID_OPTIONS {
				// libsyscall makes the stubs of exc.defs with KOBJECT_SERVER, too.
				if kr := b.call("exception_raise", uint64(b.port), 0, 0, uint64(mach.EXC_BREAKPOINT), slot(1), 0); kr != c.routine {
					t.Errorf("exception_raise to a message queue: %v", kr)
				}
			}
			// Messages to queues pass in any case.
			le.PutUint32(m[8:], b.send)
			b.write(slot(1), m)
			if kr := b.call("mach_msg", slot(1), uint64(mach.MACH_SEND_MSG), 24, 0, 0, 0); kr != 0 {
				t.Errorf("mach_msg to a queue: %v", kr)
			}
		})
	}
	if _, err := ipc.ParsePolicy("macos11"); err == nil {
		t.Error("macos11 is a policy")
	}
}
