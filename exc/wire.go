package exc

import (
	"encoding/binary"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
	"github.com/gomach/mach/task"
)

// The messages of <mach/exc.defs> and <mach/mach_exc.defs>, as MIG lays them
// out, by bytes. All that is known about their form is in this file: generated
// code can take its place.
//
// A request is: the rights, the NDR record, the thread's number where there are
// no rights to it, the type, the codes with their count, and the flavor and the
// words of the state with their count. Arrays take the room that they need, and
// what follows moves up. An answer is the NDR record, a code, and the new
// flavor and state where the request had a state.

// form is what a request holds.
type form struct {
	behavior mach.ExceptionBehavior
	ports    int  // rights: thread and task, or one
	id       bool // the thread's number
	state    bool
	wide     bool // codes of 64 bits
}

const (
	firstNarrow = 2401 // exception_raise
	firstWide   = 2405 // mach_exception_raise
	codesFlag   = mach.MACH_EXCEPTION_CODES
)

// forms are by the message's identifier.
var forms = map[int32]form{
	2401: {behavior: mach.EXCEPTION_DEFAULT, ports: 2},
	2402: {behavior: mach.EXCEPTION_STATE, state: true},
	2403: {behavior: mach.EXCEPTION_STATE_IDENTITY, ports: 2, state: true},
	2405: {behavior: mach.EXCEPTION_DEFAULT | codesFlag, ports: 2, wide: true},
	2406: {behavior: mach.EXCEPTION_STATE | codesFlag, state: true, wide: true},
	2407: {behavior: mach.EXCEPTION_STATE_IDENTITY | codesFlag, ports: 2, state: true, wide: true},
	2408: {behavior: mach.EXCEPTION_IDENTITY_PROTECTED | codesFlag, ports: 1, id: true, wide: true},
	2409: {behavior: mach.MACH_EXCEPTION_BACKTRACE_PREFERRED | codesFlag, ports: 1, wide: true},
	2410: {behavior: mach.EXCEPTION_STATE_IDENTITY_PROTECTED | codesFlag, ports: 1, id: true, state: true, wide: true},
}

// requestFor is the identifier of a behavior's message, with or without its
// flags; 0 if there is none.
func requestFor(behavior mach.ExceptionBehavior) int32 {
	wide := behavior & codesFlag
	behavior &^= mach.MACH_EXCEPTION_MASK
	if behavior == mach.EXCEPTION_STATE_IDENTITY_PROTECTED || behavior == mach.EXCEPTION_IDENTITY_PROTECTED {
		wide = codesFlag // there is no other form
	}
	for id, f := range forms {
		if f.behavior == behavior|wide {
			return id
		}
	}
	return 0
}

const (
	maxCodes = 2
	maxState = int(mach.THREAD_STATE_MAX)
	ndrSize  = 8
)

var le = binary.LittleEndian

// fields reads numbers off the front of data. Once short, it stays short.
type fields struct {
	data  []byte
	short bool
}

func (f *fields) next(n int) []byte {
	if f.short || n < 0 || n > len(f.data) {
		f.short = true
		return nil
	}
	b := f.data[:n]
	f.data = f.data[n:]
	return b
}

func (f *fields) u32() uint32 {
	if b := f.next(4); b != nil {
		return le.Uint32(b)
	}
	return 0
}

func (f *fields) u64() uint64 {
	if b := f.next(8); b != nil {
		return le.Uint64(b)
	}
	return 0
}

// decode takes a request apart into e, whose slices it uses again, and moves its
// rights there. It returns the code of the answer that a request of a wrong form
// gets.
func (e *Exception) decode(m *port.Received) error {
	*e = Exception{Codes: e.Codes[:0], State: e.State[:0], request: m.ID()}
	f, known := forms[m.ID()]
	if !known {
		return mach.MIG_BAD_ID
	}
	if m.Descriptors() != f.ports {
		return mach.MIG_TYPE_ERROR
	}
	for i := range f.ports {
		if k := m.Kind(i); k != port.SendRight && k != port.NullRight {
			return mach.MIG_TYPE_ERROR
		}
	}
	e.form, e.Behavior = f, f.behavior
	switch {
	case f.ports == 2:
		if of := takeSend(m, 1); of != nil {
			e.Task = task.Own(of.Relinquish())
		}
		if th := takeSend(m, 0); th != nil {
			e.Thread = task.OwnThread(th.Relinquish(), e.Task)
		}
	case f.id:
		e.TaskToken = takeSend(m, 0)
	case f.ports == 1:
		e.Backtrace = takeSend(m, 0)
	}
	e.sender, _ = m.Sender()
	if err := e.decodeData(m.Data()); err != nil {
		e.release()
		return err
	}
	return nil
}

// takeSend moves a send right out of a message, where there is one that lives.
func takeSend(m *port.Received, i int) *port.Send {
	if s, err := m.TakeSend(i); err == nil && valid(s.Name()) {
		return s
	}
	return nil
}

func (e *Exception) decodeData(data []byte) error {
	in := fields{data: data}
	in.next(ndrSize)
	if e.form.id {
		e.ThreadID = in.u64()
	}
	e.Type = mach.ExceptionType(in.u32())
	n := in.u32()
	if n > maxCodes {
		return mach.MIG_TYPE_ERROR
	}
	for range n {
		if e.form.wide {
			e.Codes = append(e.Codes, int64(in.u64()))
		} else {
			e.Codes = append(e.Codes, int64(int32(in.u32())))
		}
	}
	if e.form.state {
		e.Flavor = mach.ThreadStateFlavor(in.u32())
		n := in.u32()
		if n > uint32(maxState) {
			return mach.MIG_TYPE_ERROR
		}
		for range n {
			e.State = append(e.State, in.u32())
		}
	}
	if in.short {
		return mach.MIG_TYPE_ERROR
	}
	return nil
}

// encode makes m the request that tells e in that behavior.
func (e *Exception) encode(m *port.Message, behavior mach.ExceptionBehavior) error {
	id := requestFor(behavior)
	if id == 0 {
		return mach.KERN_INVALID_ARGUMENT
	}
	f := forms[id]
	m.Reset(id)
	switch {
	case f.ports == 2:
		if e.Thread.Name() == mach.MACH_PORT_NULL || e.Task.Name() == mach.MACH_PORT_NULL {
			return port.ErrKind
		}
		m.CopyName(e.Thread.Name()).CopyName(e.Task.Name())
	case f.id:
		if e.TaskToken.Name() == mach.MACH_PORT_NULL {
			return port.ErrKind
		}
		m.CopyName(e.TaskToken.Name())
	case f.ports == 1:
		if e.Backtrace.Name() == mach.MACH_PORT_NULL {
			return port.ErrKind
		}
		m.CopyName(e.Backtrace.Name())
	}
	m.AppendNDR()
	if f.id {
		m.AppendUint64(e.ThreadID)
	}
	m.AppendUint32(uint32(e.Type))
	codes := e.Codes[:min(len(e.Codes), maxCodes)]
	m.AppendUint32(uint32(len(codes)))
	for _, c := range codes {
		if f.wide {
			m.AppendUint64(uint64(c))
		} else {
			m.AppendUint32(uint32(c))
		}
	}
	if f.state {
		appendState(m, e.Flavor, e.State)
	}
	return m.Err()
}

func appendState(m *port.Message, flavor mach.ThreadStateFlavor, state []mach.Natural) {
	state = state[:min(len(state), maxState)]
	m.AppendUint32(uint32(flavor)).AppendUint32(uint32(len(state)))
	for _, w := range state {
		m.AppendUint32(w)
	}
}

// encodeAnswer makes m the answer to e.
func (e *Exception) encodeAnswer(m *port.Message, code mach.KernReturn) {
	m.MIGReply(e.request, code)
	if code == mach.KERN_SUCCESS && e.form.state {
		appendState(m, e.Flavor, e.State)
	}
}

// decodeAnswer reads an answer's state into e, where it has one.
func (e *Exception) decodeAnswer(m *port.Received, request int32) error {
	if err := m.MIGError(request); err != nil {
		return err
	}
	if !forms[request].state {
		return nil
	}
	in := fields{data: m.Data()}
	in.next(ndrSize + 4)
	flavor := mach.ThreadStateFlavor(in.u32())
	n := in.u32()
	if n > uint32(maxState) {
		return mach.MIG_TYPE_ERROR
	}
	state := make([]mach.Natural, 0, n)
	for range n {
		state = append(state, in.u32())
	}
	if in.short {
		return mach.MIG_TYPE_ERROR
	}
	e.Flavor, e.State = flavor, state
	return nil
}
