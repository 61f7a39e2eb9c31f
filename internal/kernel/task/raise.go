package task

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// The message ids of <mach/exc.defs> and <mach/mach_exc.defs>.
const (
	excRaise                                 = 2401 // then _state, _state_identity
	machExcRaise                             = 2405 // the same with 64-bit codes
	machExcRaiseIdentityProtected            = 2408
	machExcRaiseStateIdentityProtected       = 2410
	replyOffset                        int32 = 100
)

// Raise tells the handlers of a thread's exception of it: its own, its task's
// and the host's, until one says that it has dealt with it (xnu
// osfmk/kern/exception.c exception_triage_thread). The thread must stand
// still. It reports whether the thread may go on.
func Raise(th *core.Thread, exc mach.ExceptionType, codes [2]int64) bool {
	for _, level := range []*Actions{ThreadActions(th), TaskActions(th.Task), HostActions(th.Task.Kernel)} {
		a, ok := level.snapshot(exc)
		if !ok {
			continue
		}
		kr := deliver(th, exc, codes, a)
		if kr == mach.KERN_SUCCESS || kr == mach.MACH_RCV_PORT_DIED {
			return true
		}
	}
	return false
}

// deliver sends one exception message and waits for its reply. It uses the
// action's right up.
func deliver(th *core.Thread, exc mach.ExceptionType, codes [2]int64, a action) mach.KernReturn {
	behavior := a.behavior &^ mach.MACH_EXCEPTION_MASK
	wide := a.behavior&mach.MACH_EXCEPTION_CODES != 0
	withState := behavior == mach.EXCEPTION_STATE || behavior == mach.EXCEPTION_STATE_IDENTITY ||
		behavior == mach.EXCEPTION_STATE_IDENTITY_PROTECTED

	var old []uint32
	if withState {
		var kr mach.KernReturn
		if old, kr = readState(th, a.flavor, int(mach.THREAD_STATE_MAX)); kr != mach.KERN_SUCCESS {
			a.port.Release()
			return kr
		}
	}
	var b body
	id := int32(excRaise)
	if wide {
		id = machExcRaise
	}
	switch behavior {
	case mach.EXCEPTION_DEFAULT:
		b.ports(th.Port(core.Control), th.Task.Port(core.Control))
	case mach.EXCEPTION_STATE:
		id++
	case mach.EXCEPTION_STATE_IDENTITY:
		id += 2
		b.ports(th.Port(core.Control), th.Task.Port(core.Control))
	case mach.EXCEPTION_IDENTITY_PROTECTED, mach.EXCEPTION_STATE_IDENTITY_PROTECTED:
		wide = true // there is no other form
		id = machExcRaiseIdentityProtected
		if withState {
			id = machExcRaiseStateIdentityProtected
		}
		b.ports(tokenOf(th.Task))
	default:
		a.port.Release()
		return mach.KERN_FAILURE
	}
	b.ndr()
	if behavior >= mach.EXCEPTION_IDENTITY_PROTECTED {
		b.u64(uint64(th.ID))
	}
	b.u32(uint32(exc))
	b.u32(uint32(len(codes)))
	for _, code := range codes {
		if wide {
			b.u64(uint64(code))
		} else {
			b.u32(uint32(code))
		}
	}
	if withState {
		b.u32(uint32(a.flavor))
		b.u32(uint32(len(old)))
		for _, w := range old {
			b.u32(w)
		}
	}
	reply, kr := b.call(id, a.port, th.Task.Dead())
	if kr != mach.KERN_SUCCESS || !withState {
		return kr
	}
	return setReplied(th, reply)
}

// setReplied gives the thread the registers that the reply of a state
// behavior brings: flavor, count and words.
func setReplied(th *core.Thread, reply []byte) mach.KernReturn {
	if len(reply) < 8 {
		return mach.MIG_TYPE_ERROR
	}
	flavor := mach.ThreadStateFlavor(binary.LittleEndian.Uint32(reply))
	count := binary.LittleEndian.Uint32(reply[4:])
	reply = reply[8:]
	if uint64(count)*4 > uint64(len(reply)) || count > mach.THREAD_STATE_MAX {
		return mach.MIG_TYPE_ERROR
	}
	state := make([]uint32, count)
	for i := range state {
		state[i] = binary.LittleEndian.Uint32(reply[4*i:])
	}
	return writeState(th, flavor, state)
}

// body builds the body of a message.
type body struct {
	data  []byte
	descs []ipc.Desc
}

func (b *body) u32(v uint32) { b.data = binary.LittleEndian.AppendUint32(b.data, v) }
func (b *body) u64(v uint64) { b.data = binary.LittleEndian.AppendUint64(b.data, v) }

// ndr appends the record that describes this machine's numbers.
func (b *body) ndr() { b.data = append(b.data, 0, 0, 0, 0, 1, 0, 0, 0) }

const (
	messageHeader  = 24
	portDescriptor = 12
)

// ports begins a complex body with send rights.
func (b *body) ports(ports ...*ipc.Port) {
	b.u32(uint32(len(ports)))
	for _, p := range ports {
		at := len(b.data)
		b.data = append(b.data, make([]byte, portDescriptor)...)
		b.data[at+10] = byte(mach.MACH_MSG_TYPE_PORT_SEND)
		b.data[at+11] = byte(mach.MACH_MSG_PORT_DESCRIPTOR)
		b.descs = append(b.descs, ipc.Desc{
			Offset: messageHeader + at, Type: mach.MACH_MSG_PORT_DESCRIPTOR, Right: ipc.NewSendRight(p),
		})
	}
}

// call sends the message and waits for the reply, or until done is closed. It
// gives what stands behind the reply's return code.
func (b *body) call(id int32, to ipc.Right, done <-chan struct{}) ([]byte, mach.KernReturn) {
	queue := ipc.NewKernelQueue()
	defer queue.Destroy()
	m := ipc.NewMessage(id, b.data, b.descs...)
	m.Dest, m.Reply = to, ipc.NewSendOnceRight(queue)
	m.Send()
	reply, kr := queue.Receive(0, done)
	if kr != mach.KERN_SUCCESS {
		return nil, kr
	}
	defer reply.Destroy()
	const code = messageHeader + 8
	switch {
	case reply.ID == mach.MACH_NOTIFY_SEND_ONCE:
		return nil, mach.MIG_SERVER_DIED
	case reply.ID != id+replyOffset:
		return nil, mach.MIG_REPLY_MISMATCH
	case reply.Complex() || len(reply.Data) < code+4:
		return nil, mach.MIG_TYPE_ERROR
	}
	kr = mach.KernReturn(int32(binary.LittleEndian.Uint32(reply.Data[code:])))
	if kr != mach.KERN_SUCCESS {
		return nil, kr
	}
	return append([]byte(nil), reply.Data[code+4:]...), mach.KERN_SUCCESS
}
