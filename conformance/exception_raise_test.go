package conformance_test

import (
	"testing"

	"github.com/gomach/mach"
)

// answer takes one request on p, on a thread of its own: check looks at the
// request and writes the reply behind its header and NDR record, and returns
// its size.
func answer(t testing.TB, p mach.MachPort, check func(in, out buffer) int) (wait func()) {
	t.Helper()
	return onThread(t, func() {
		in, out := newBuffer(8192), newBuffer(8192)
		if err := mach.MachMsg(in.head(), mach.MACH_RCV_MSG|mach.MACH_RCV_TIMEOUT, 0, in.size(), p, 8000, none); err != nil {
			t.Errorf("mach_msg: %v", err)
			return
		}
		place(out, headerSize, mach.NDRRecord())
		n := check(in, out)
		*out.head() = mach.MachMsgHeader{
			MsghBits: in.head().MsghBits & 0x1f, MsghSize: mach.MachMsgSize(n),
			MsghRemotePort: in.head().MsghRemotePort, MsghID: in.head().MsghID + 100,
		}
		in.head().MsghRemotePort = none // the reply has it
		mach.MachMsgDestroy(in.head())
		if err := mach.MachMsg(out.head(), mach.MACH_SEND_MSG, mach.MachMsgSize(n), 0, none, 0, none); err != nil {
			t.Errorf("mach_msg: %v", err)
		}
	})
}

// xnu osfmk/mach/exc.defs, 2401.
func TestExceptionRaise(t *testing.T) {
	kobjectCall(t)
	begin(t)
	p, th, task := sendPort(t), sendPort(t), sendPort(t)
	for _, verdict := range []mach.KernReturn{mach.KERN_SUCCESS, mach.KERN_FAILURE} {
		wait := answer(t, p, func(in, out buffer) int {
			equal(t, "id", in.head().MsghID, 2401)
			equal(t, "size", in.head().MsghSize, 76)
			equal(t, "thread", pick[mach.MachMsgPortDescriptor](in, 28).Name, th)
			equal(t, "task", pick[mach.MachMsgPortDescriptor](in, 40).Name, task)
			equal(t, "data representation", pick[mach.NDRRecord_t](in, 52), mach.NDRRecord())
			equal(t, "exception", pick[mach.ExceptionType](in, 60), mach.EXC_BREAKPOINT)
			equal(t, "codes", pick[[3]int32](in, 64), [3]int32{2, 71, -72})
			return place(out, 32, verdict)
		})
		codes := []mach.ExceptionDataType{71, -72}
		err := mach.ExceptionRaise(p, th, task, mach.EXC_BREAKPOINT, &codes[0], 2)
		if verdict == mach.KERN_SUCCESS {
			ok(t, "exception_raise", err)
		} else {
			want(t, "exception_raise", err, verdict)
		}
		wait()
	}
	refsAre(t, th, mach.MACH_PORT_RIGHT_SEND, 1)
	codes := []mach.ExceptionDataType{1}
	want(t, "exception_raise", mach.ExceptionRaise(newDeadName(t), th, task, mach.EXC_SOFTWARE, &codes[0], 1), mach.MACH_SEND_INVALID_DEST)
}

// xnu osfmk/mach/exc.defs, 2402: nine arguments, all different.
func TestExceptionRaiseState(t *testing.T) {
	kobjectCall(t)
	begin(t)
	p := sendPort(t)
	wait := answer(t, p, func(in, out buffer) int {
		equal(t, "id", in.head().MsghID, 2402)
		equal(t, "exception", pick[mach.ExceptionType](in, 32), mach.EXC_ARITHMETIC)
		equal(t, "codes", pick[[3]int32](in, 36), [3]int32{2, 81, 82})
		equal(t, "flavor", pick[int32](in, 48), 77)
		equal(t, "state", pick[[4]uint32](in, 52), [4]uint32{3, 91, 92, 93})
		equal(t, "size", in.head().MsghSize, 68)
		n := place(out, 32, mach.KERN_SUCCESS)
		n = place(out, n, int32(78))
		return place(out, n, [3]uint32{2, 101, 102})
	})
	codes := []mach.ExceptionDataType{81, 82}
	flavor := mach.ThreadStateFlavor(77)
	old, state, n := []mach.Natural{91, 92, 93}, make([]mach.Natural, 10), mach.MachMsgTypeNumber(10)
	ok(t, "exception_raise_state", mach.ExceptionRaiseState(p, mach.EXC_ARITHMETIC, &codes[0], 2, &flavor, &old[0], 3, &state[0], &n))
	wait()
	equal(t, "flavor", flavor, 78)
	equal(t, "new count", n, 2)
	equal(t, "new state", [3]uint32(state[:3]), [3]uint32{101, 102, 0})
}

// xnu osfmk/mach/exc.defs, 2403: eleven arguments, all different.
func TestExceptionRaiseStateIdentity(t *testing.T) {
	kobjectCall(t)
	begin(t)
	p, th, task := sendPort(t), sendPort(t), sendPort(t)
	wait := answer(t, p, func(in, out buffer) int {
		equal(t, "id", in.head().MsghID, 2403)
		equal(t, "thread", pick[mach.MachMsgPortDescriptor](in, 28).Name, th)
		equal(t, "task", pick[mach.MachMsgPortDescriptor](in, 40).Name, task)
		equal(t, "exception", pick[mach.ExceptionType](in, 60), mach.EXC_BAD_ACCESS)
		equal(t, "codes", pick[[3]int32](in, 64), [3]int32{2, 81, 82})
		equal(t, "flavor", pick[int32](in, 76), 77)
		equal(t, "state", pick[[4]uint32](in, 80), [4]uint32{3, 91, 92, 93})
		equal(t, "size", in.head().MsghSize, 96)
		n := place(out, 32, mach.KERN_SUCCESS)
		n = place(out, n, int32(78))
		return place(out, n, [3]uint32{2, 101, 102})
	})
	codes := []mach.ExceptionDataType{81, 82}
	flavor := mach.ThreadStateFlavor(77)
	old, state, n := []mach.Natural{91, 92, 93}, make([]mach.Natural, 10), mach.MachMsgTypeNumber(10)
	ok(t, "exception_raise_state_identity", mach.ExceptionRaiseStateIdentity(p, th, task, mach.EXC_BAD_ACCESS, &codes[0], 2, &flavor, &old[0], 3, &state[0], &n))
	wait()
	equal(t, "flavor", flavor, 78)
	equal(t, "new count", n, 2)
	equal(t, "new state", [3]uint32(state[:3]), [3]uint32{101, 102, 0})
}
