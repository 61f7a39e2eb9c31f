//go:build linux && (amd64 || arm64)

package task_test

import (
	"encoding/binary"
	"io"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/gomach/mach"
)

// server is an exception server of this test: it receives messages by hand.
type server struct {
	t    *testing.T
	port mach.MachPort
	buf  [8192]byte
}

func newServer(t *testing.T) *server {
	s := &server{t: t}
	must(t, mach.MachPortAllocate(self(), mach.MACH_PORT_RIGHT_RECEIVE, &s.port))
	must(t, mach.MachPortInsertRight(self(), s.port, s.port, mach.MACH_MSG_TYPE_MAKE_SEND))
	t.Cleanup(func() { mach.MachPortDestruct(self(), s.port, -1, 0) })
	return s
}

func (s *server) header() *mach.MachMsgHeader {
	return (*mach.MachMsgHeader)(unsafe.Pointer(&s.buf[0]))
}

// receive waits for a message and returns its body.
func (s *server) receive() (id int32, body []byte) {
	s.t.Helper()
	h := s.header()
	err := mach.MachMsg(h, mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, mach.MachMsgSize(len(s.buf)), s.port, 10_000, mach.MACH_PORT_NULL)
	must(s.t, err)
	return int32(h.MsghID), s.buf[24:h.MsghSize]
}

// reply answers the last message with a code and what follows it.
func (s *server) reply(kr mach.KernReturn, rest ...uint32) {
	s.t.Helper()
	h := s.header()
	size := 36 + 4*len(rest)
	h.MsghBits = mach.MachMsgBits(mach.MACH_MSG_TYPE_MOVE_SEND_ONCE)
	h.MsghSize = mach.MachMsgSize(size)
	h.MsghLocalPort = mach.MACH_PORT_NULL
	h.MsghID += 100
	copy(s.buf[24:32], []byte{0, 0, 0, 0, 1, 0, 0, 0})
	binary.LittleEndian.PutUint32(s.buf[32:], uint32(kr))
	for i, w := range rest {
		binary.LittleEndian.PutUint32(s.buf[36+4*i:], w)
	}
	must(s.t, mach.MachMsg(h, mach.MACH_SEND_MSG, h.MsghSize, 0, mach.MACH_PORT_NULL, mach.MACH_MSG_TIMEOUT_NONE, mach.MACH_PORT_NULL))
}

func word(b []byte, i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }

const codes = mach.MACH_EXCEPTION_CODES

// TestExceptionDefault: thread and task come along, 64-bit codes say what and
// where, and after KERN_SUCCESS the thread goes on with the registers that the
// server gave it (xnu osfmk/kern/exception.c).
func TestExceptionDefault(t *testing.T) {
	x, s := start(t), newServer(t)
	must(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_BAD_ACCESS, s.port, mach.EXCEPTION_DEFAULT|codes, mach.THREAD_STATE_NONE))
	io.WriteString(x.In, "s")
	id, b := s.receive()
	if id != 2405 || word(b, 0) != 2 {
		t.Fatalf("message %d with %d descriptors", id, word(b, 0))
	}
	thread, task := mach.MachPort(word(b, 4)), mach.MachPort(word(b, 16))
	if task != x.task {
		t.Errorf("task %#x, want %#x", task, x.task)
	}
	rest := b[4+24+8:]
	if e, n := mach.ExceptionType(word(rest, 0)), word(rest, 4); e != mach.EXC_BAD_ACCESS || n != 2 {
		t.Errorf("exception %v with %d codes", e, n)
	}
	if code, sub := binary.LittleEndian.Uint64(rest[8:]), binary.LittleEndian.Uint64(rest[16:]); code != uint64(mach.KERN_INVALID_ADDRESS) || sub != 16 {
		t.Errorf("codes %d, %#x", code, sub)
	}
	x.moveTo(thread, x.skip)
	s.reply(mach.KERN_SUCCESS)
	x.Says("skipped")
	must(t, mach.MachPortDeallocate(self(), thread))
	must(t, mach.MachPortDeallocate(self(), task))
}

// A refusal sends the exception on: from the thread's handler to the task's,
// and then it is a signal.
func TestExceptionGoesOn(t *testing.T) {
	x, first, second := start(t, "handle"), newServer(t), newServer(t)
	commander := x.threads()[2]
	must(t, mach.ThreadSetExceptionPorts(commander, mach.EXC_MASK_BAD_ACCESS, first.port, mach.EXCEPTION_DEFAULT, mach.THREAD_STATE_NONE))
	must(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_ALL, second.port, mach.EXCEPTION_DEFAULT|codes, mach.THREAD_STATE_NONE))
	io.WriteString(x.In, "s")
	id, b := first.receive()
	if rest := b[4+24+8:]; id != 2401 || len(rest) != 16 || word(rest, 8) != uint32(mach.KERN_INVALID_ADDRESS) || word(rest, 12) != 16 {
		t.Errorf("message %d: %v", id, b)
	}
	first.reply(mach.KERN_FAILURE)
	if id, _ := second.receive(); id != 2405 {
		t.Errorf("message %d", id)
	}
	second.reply(mach.KERN_FAILURE)
	x.Says("signal 11")
}

// A state behavior brings the registers, and takes them back.
func TestExceptionState(t *testing.T) {
	flavor, count, pc := mach.X86_THREAD_STATE64, int(mach.X86_THREAD_STATE64_COUNT), 32
	if runtime.GOARCH == "arm64" {
		flavor, count, pc = mach.ARM_THREAD_STATE64, int(mach.ARM_THREAD_STATE64_COUNT), 64
	}
	for _, behavior := range []mach.ExceptionBehavior{mach.EXCEPTION_STATE, mach.EXCEPTION_STATE_IDENTITY, mach.EXCEPTION_STATE_IDENTITY_PROTECTED} {
		x, s := start(t), newServer(t)
		must(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_BAD_ACCESS, s.port, behavior|codes, flavor))
		io.WriteString(x.In, "s")
		id, b := s.receive()
		want := map[mach.ExceptionBehavior]int32{mach.EXCEPTION_STATE: 2406, mach.EXCEPTION_STATE_IDENTITY: 2407, mach.EXCEPTION_STATE_IDENTITY_PROTECTED: 2410}[behavior]
		if id != want {
			t.Errorf("message %d, want %d", id, want)
		}
		at := map[mach.ExceptionBehavior]int{mach.EXCEPTION_STATE: 8, mach.EXCEPTION_STATE_IDENTITY: 36, mach.EXCEPTION_STATE_IDENTITY_PROTECTED: 32}[behavior]
		rest := b[at+24:] // behind exception and codes
		if mach.ThreadStateFlavor(word(rest, 0)) != flavor || int(word(rest, 4)) != count {
			t.Fatalf("flavor %d, count %d", word(rest, 0), word(rest, 4))
		}
		state := make([]uint32, 2+count)
		for i := range state {
			state[i] = word(rest, 4*i)
		}
		state[2+pc], state[3+pc] = uint32(x.skip), uint32(x.skip>>32)
		if runtime.GOARCH == "amd64" {
			state[2+14] = state[2+14]&^15 - 520
		}
		s.reply(mach.KERN_SUCCESS, state...)
		x.Says("skipped")
	}
}

func TestExceptionKinds(t *testing.T) {
	intel := runtime.GOARCH == "amd64"
	for _, k := range []struct {
		command string
		want    mach.ExceptionType
		code    int64
		signal  string
	}{
		{"d", mach.EXC_ARITHMETIC, mach.EXC_I386_DIV, "signal 8"},
		{"b", mach.EXC_BREAKPOINT, mach.EXC_I386_BPT, "signal 5"},
		{"i", mach.EXC_BAD_INSTRUCTION, mach.EXC_I386_INVOP, "signal 4"},
	} {
		if k.command == "d" && !intel {
			continue // ARM divides by 0 without complaint
		}
		x, s := start(t, "handle"), newServer(t)
		must(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_ALL, s.port, mach.EXCEPTION_DEFAULT|codes, mach.THREAD_STATE_NONE))
		io.WriteString(x.In, k.command)
		_, b := s.receive()
		rest := b[36:]
		if got := mach.ExceptionType(word(rest, 0)); got != k.want {
			t.Errorf("%s: %v, want %v", k.command, got, k.want)
		}
		if got := int64(binary.LittleEndian.Uint64(rest[8:])); intel && got != k.code {
			t.Errorf("%s: code %d, want %d", k.command, got, k.code)
		}
		s.reply(mach.KERN_FAILURE)
		x.Says(k.signal)
	}
}

// What somebody sends with kill is a signal, and no exception.
func TestKillIsNoException(t *testing.T) {
	x, s := start(t, "handle"), newServer(t)
	must(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_ALL, s.port, mach.EXCEPTION_DEFAULT|codes, mach.THREAD_STATE_NONE))
	io.WriteString(x.In, "k")
	x.Says("signal 11")
	h := s.header()
	is(t, mach.MachMsg(h, mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, mach.MachMsgSize(len(s.buf)), s.port, 50, mach.MACH_PORT_NULL), mach.MACH_RCV_TIMED_OUT)
}

// The server may die instead of answering: then the exception goes on.
func TestServerDies(t *testing.T) {
	x, s := start(t, "handle"), newServer(t)
	must(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_ALL, s.port, mach.EXCEPTION_DEFAULT|codes, mach.THREAD_STATE_NONE))
	io.WriteString(x.In, "s")
	s.receive()
	must(t, mach.MachPortDeallocate(self(), s.header().MsghRemotePort)) // the reply port
	x.Says("signal 11")
}

// xnu osfmk/kern/ipc_tt.c: entries with the same handler are one.
func TestExceptionPortsGetAndSwap(t *testing.T) {
	x, a, b := start(t), newServer(t), newServer(t)
	both := mach.EXC_MASK_BAD_ACCESS | mach.EXC_MASK_ARITHMETIC
	must(t, mach.TaskSetExceptionPorts(x.task, both, a.port, mach.EXCEPTION_DEFAULT, mach.THREAD_STATE_NONE))
	var masks [14]mach.ExceptionMask
	var ports [14]mach.MachPort
	var behaviors [14]mach.ExceptionBehavior
	var flavors [14]mach.ThreadStateFlavor
	n := mach.MachMsgTypeNumber(len(masks))
	must(t, mach.TaskGetExceptionPorts(x.task, mach.EXC_MASK_ALL, &masks[0], &n, &ports[0], &behaviors[0], &flavors[0]))
	found := false
	for i := range n {
		if ports[i] == a.port {
			found = true
			if masks[i] != both || behaviors[i] != mach.EXCEPTION_DEFAULT || flavors[i] != mach.THREAD_STATE_NONE {
				t.Errorf("%v, %v, %v", masks[i], behaviors[i], flavors[i])
			}
			must(t, mach.MachPortDeallocate(self(), ports[i]))
		}
	}
	if !found || n != 2 {
		t.Errorf("%d entries: %v", n, ports)
	}
	n = mach.MachMsgTypeNumber(len(masks))
	must(t, mach.TaskSwapExceptionPorts(x.task, mach.EXC_MASK_BAD_ACCESS, b.port, mach.EXCEPTION_STATE, mach.MACHINE_THREAD_STATE,
		&masks[0], &n, &ports[0], &behaviors[0], &flavors[0]))
	if n != 1 || ports[0] != a.port || masks[0] != mach.EXC_MASK_BAD_ACCESS {
		t.Errorf("%d entries: %v, %v", n, ports[0], masks[0])
	}
	must(t, mach.MachPortDeallocate(self(), ports[0]))

	is(t, mach.TaskSetExceptionPorts(x.task, 1<<30, a.port, mach.EXCEPTION_DEFAULT, mach.THREAD_STATE_NONE), mach.KERN_INVALID_ARGUMENT)
	is(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_ALL, a.port, 77, mach.THREAD_STATE_NONE), mach.KERN_INVALID_ARGUMENT)
	is(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_ALL, a.port, mach.EXCEPTION_STATE, 999), mach.KERN_INVALID_ARGUMENT)
	is(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_ALL, a.port, mach.EXCEPTION_IDENTITY_PROTECTED, mach.THREAD_STATE_NONE), mach.KERN_INVALID_ARGUMENT)
	must(t, mach.TaskSetExceptionPorts(x.task, mach.EXC_MASK_ALL, mach.MACH_PORT_NULL, mach.EXCEPTION_DEFAULT, mach.THREAD_STATE_NONE))
	time.Sleep(10 * time.Millisecond)
	if !x.runs() {
		t.Error("the target stands")
	}
}
