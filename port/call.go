package port

import (
	"context"
	"sync"

	"github.com/gomach/mach"
)

// replyPorts are receive rights for answers, kept for the next call. The C
// library's reply port belongs to a thread and does not fit goroutines.
var replyPorts struct {
	sync.Mutex
	free []*right
}

const maxFree = 64 // reply ports kept

func takeReplyPort() (*right, error) {
	replyPorts.Lock()
	if n := len(replyPorts.free); n > 0 {
		r := replyPorts.free[n-1]
		replyPorts.free[n-1] = nil
		replyPorts.free = replyPorts.free[:n-1]
		replyPorts.Unlock()
		return r, nil
	}
	replyPorts.Unlock()
	r := new(right)
	// A reply port gives out one send-once right at a time and nothing else,
	// which some kernel calls insist on. It is there since macOS 13; macOS 12
	// takes no notice of the flag (xnu-8020, osfmk/ipc/mach_port.c,
	// mach_port_construct).
	return r, r.construct(&mach.MachPortOptions{Flags: mach.MPO_REPLY_PORT})
}

// putReplyPort keeps a port that nobody can send to any more.
func putReplyPort(r *right) {
	replyPorts.Lock()
	if len(replyPorts.free) < maxFree {
		replyPorts.free = append(replyPorts.free, r)
		r = nil
	}
	replyPorts.Unlock()
	r.close()
}

// CloseIdleReplyPorts releases the reply ports that earlier calls have left for
// later ones, at most 64. Calls under way keep theirs, and later calls make new
// ones.
//
// Mach calls: mach_port_destruct.
func CloseIdleReplyPorts() {
	replyPorts.Lock()
	free := replyPorts.free
	replyPorts.free = nil
	replyPorts.Unlock()
	for _, r := range free {
		r.close()
	}
}

// Call sends a request and waits for the answer, which goes into answer. On
// success the request is empty again. A request that was sent is not called
// back when the context ends: its answer is thrown away.
//
// Ports that the kernel serves (task, thread and host ports, for instance) refuse
// such requests since macOS 13 with [mach.MACH_SEND_INVALID_OPTIONS]: only
// libSystem's own functions reach them, which package mach has.
//
// It fails with [ErrNoReply] when the receiver throws the request away or dies,
// with [mach.MACH_SEND_INVALID_DEST] when the port is dead already, and with
// the context's error when the context ends first. The answer may carry an
// error of its own; see [Received.MIGError].
//
// Mach calls: mach_msg; mach_port_construct for the reply port, which is kept
// for other calls.
func (s *Send) Call(ctx context.Context, request *Message, answer *Received) error {
	name, ok := s.right().use()
	if !ok {
		return notUsable(s)
	}
	defer s.right().unuse()
	return call(background(ctx), name, request, answer)
}

// CallName is [Send.Call] through a send right of which only the name is at
// hand. Whoever owns it keeps it during the call.
func CallName(ctx context.Context, name mach.MachPort, request *Message, answer *Received) error {
	return call(background(ctx), name, request, answer)
}

func call(ctx context.Context, name mach.MachPort, request *Message, answer *Received) error {
	if request == nil || answer == nil {
		return ErrNoMessage
	}
	answer.Close()
	r, err := takeReplyPort()
	if err != nil {
		return err
	}
	local, _ := r.use()
	h := header{
		remote: name, remoteAs: mach.MACH_MSG_TYPE_COPY_SEND,
		local: local, localAs: mach.MACH_MSG_TYPE_MAKE_SEND_ONCE,
	}
	if ctx.Done() == nil {
		err = roundTrip(&h, request, answer)
	} else if err = request.send(ctx, &h); err == nil {
		h.spent = true
		if err = r.receive(ctx, answer); err == nil {
			h.spent = false
		}
	}
	r.unuse()
	if h.spent {
		// An answer may be on its way: it must not meet the next call.
		r.close()
	} else {
		putReplyPort(r)
	}
	if err == nil && answer.ID() == mach.MACH_NOTIFY_SEND_ONCE && len(answer.Data()) == 0 {
		answer.Close()
		return ErrNoReply
	}
	return err
}

// roundTrip sends and receives in one call of the kernel.
func roundTrip(h *header, request *Message, answer *Received) error {
	size, err := request.finish(h)
	if err != nil {
		return err
	}
	answer.buf.grow(roomy)
	const option = mach.MACH_SEND_MSG | wanted
	err = mach.MachMsgOverwrite(request.buf.head(), option, uint32(size), uint32(8*len(answer.buf.words)),
		h.local, 0, 0, answer.buf.head(), 0)
	switch {
	case err == nil:
		request.empty()
		answer.local = h.local
		return answer.accept()
	case !receiving(err):
		return request.sent(h, err)
	}
	request.empty()
	h.spent = true
	for err = answer.trouble(err); err == errAgain; {
		if err = answer.get(h.local, 0, 0); err == nil {
			h.spent = false
			return answer.accept()
		}
	}
	return failed("mach_msg", err)
}

// receiving says whether an error came from the second half of a round trip.
func receiving(err error) bool { return code(err)&^0x3fff == mach.MACH_RCV_IN_PROGRESS&^0x3fff }
