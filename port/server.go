package port

import (
	"context"
	"errors"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/unusable"
)

// Handler answers requests. The request's content belongs to it until it
// returns: what it does not take out is released then. The answer is set up as
// a MIG reply of success, code and all; the handler adds results, or builds
// another message.
//
// An error is sent as a MIG reply with the [mach.KernReturn] in it, or
// KERN_FAILURE if there is none. [mach.MIG_NO_REPLY] sends nothing: the handler
// has replied, or has taken the reply right for later.
type Handler func(ctx context.Context, request *Received, answer *Message) error

// Source is what can be received from: [Receive] and [Set].
type Source interface {
	Receive(ctx context.Context, m *Received) error
}

// Server hands messages to handlers and sends the answers.
type Server struct {
	// Handlers are by the request's identifier. Set them before Serve.
	Handlers map[int32]Handler
	// Default handles what has no handler of its own. nil answers MIG_BAD_ID.
	Default Handler
	// Dropped, if set, is told when an answer could not be sent, which
	// otherwise is the requester's loss alone.
	Dropped func(request int32, err error)
}

// Serve receives from src, handles one message after the other, and releases
// what is left of each. Several goroutines may serve the same source. It
// returns the error of the receive that failed: the context's when it ends,
// [ErrClosed] when src is closed.
//
// A requester that does not take its answer cannot hold the server up: answers
// by send-once rights have room, and those by send rights are not waited for.
//
// Mach calls: mach_msg.
func (s *Server) Serve(ctx context.Context, src Source) error {
	if src == nil {
		return unusable.New("port", "Source", unusable.Nil)
	}
	if s == nil {
		s = new(Server)
	}
	ctx = background(ctx)
	var request Received
	var answer Message
	defer request.Close()
	defer answer.Close()
	for {
		if err := src.Receive(ctx, &request); err != nil {
			if errors.Is(err, ErrMalformed) {
				continue
			}
			return err
		}
		s.one(ctx, &request, &answer)
	}
}

// one handles a message and releases it.
func (s *Server) one(ctx context.Context, request *Received, answer *Message) {
	defer request.Close()
	defer answer.Close()
	id := request.ID()
	h := s.Handlers[id]
	if h == nil {
		h = s.Default
	}
	if h == nil {
		h = badID
	}
	answer.MIGReply(id, mach.KERN_SUCCESS)
	err := h(ctx, request, answer)
	if errors.Is(err, mach.MIG_NO_REPLY) || !request.HasReply() {
		return
	}
	if err == nil {
		err = answer.Err()
	}
	if err != nil {
		answer.MIGReply(id, code(err))
	}
	if err := request.TryReply(answer); err != nil && s.Dropped != nil {
		s.Dropped(id, err)
	}
}

func badID(context.Context, *Received, *Message) error { return mach.MIG_BAD_ID }
