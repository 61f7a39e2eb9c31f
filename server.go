package mach

import "errors"

// A Demux answers one request. It finds the routine by request.MsghID, runs
// it, and builds the answer in reply, a whole message with the rights that
// the client's reply port came with: MIG's demultiplexing functions do that.
// What it returns does not matter to the server loops; by convention it says
// whether the request had a number that the function knows.
//
// Both messages stand in buffers of the server loop, which go on behind their
// headers: the request with its body and trailer, the reply with as much room
// as the loop was started with. They are good until the function returns.
type Demux = func(request, reply *MachMsgHeader) bool

// MachMsgServer serves requests that arrive at rcvName, a receive right or port
// set, until receiving or sending fails, and returns that error.
//
// maxSize is the size of the largest request and of the largest reply, without
// trailer. options are those of [MachMsg], for both directions: with
// [MACH_RCV_LARGE] the buffer grows for requests larger than maxSize; trailer
// options are honoured. What demux leaves in the reply decides what happens
// next:
//
//   - a complex reply, or one whose RetCode (see [MIGReplyError]) is
//     [KERN_SUCCESS], is sent: demux has used up the rights and memory of the
//     request;
//   - RetCode [MIG_NO_REPLY]: nothing is sent, demux keeps the reply right;
//   - any other RetCode: the request is destroyed with its rights and memory,
//     and the error reply is sent;
//   - no remote port: nothing is sent.
//
// A reply to a send-once right is sent without time limit, since that never
// waits; one to a send right must be taken at once. A reply that the client
// cannot take any more is destroyed, and the loop goes on.
//
// The loop does not ask for vouchers and does not take on those of its
// clients, which C's does: they belong to a thread, and Go moves the demux
// function between threads.
//
// It waits for messages: the scheduler is told about the calls.
//
// C: mach_msg_server of <mach/mach.h>.
func MachMsgServer(demux Demux, maxSize MachMsgSize, rcvName MachPortName, options MachMsgOptions) error {
	s, err := newServer(demux, maxSize, rcvName, options)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		err := s.receive()
		for err == nil {
			if !s.answer() {
				err = s.receive()
				continue
			}
			err = s.sendAndReceive()
		}
		if !s.tooLarge(err) {
			return err
		}
		if err := s.grow(); err != nil {
			return err
		}
	}
}

// MachMsgServerOnce serves one request as [MachMsgServer] does, and returns
// the error of receiving it or of sending the reply. That the client was gone
// or did not take the reply is no error.
//
// It waits for a message: the scheduler is told about the calls.
//
// C: mach_msg_server_once of <mach/mach.h>.
func MachMsgServerOnce(demux Demux, maxSize MachMsgSize, rcvName MachPortName, options MachMsgOptions) error {
	s, err := newServer(demux, maxSize, rcvName, options)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		err = s.receive()
		if !s.tooLarge(err) {
			break
		}
		if err := s.grow(); err != nil {
			return err
		}
	}
	if err != nil || !s.answer() {
		return err
	}
	reply := s.reply.header
	err = MachMsg(reply, MACH_SEND_MSG|s.sendTimeout()|s.options, reply.MsghSize, 0, MACH_PORT_NULL, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL)
	if cameBack(err) {
		destroyUnsent(reply)
		return nil
	}
	return err
}

// MachMsgServerImportance is [MachMsgServer]: the system lifts and drops the
// importance of a server by itself.
//
// C: mach_msg_server_importance of <mach/mach.h>.
func MachMsgServerImportance(demux Demux, maxSize MachMsgSize, rcvName MachPortName, options MachMsgOptions) error {
	return MachMsgServer(demux, maxSize, rcvName, options)
}

// A server holds the two messages of a server loop. The steps are those of xnu
// libsyscall/mach/mach_msg.c.
type server struct {
	demux          Demux
	port           MachPortName
	options        MachMsgOptions
	trailer        MachMsgSize // room behind a request
	limit          MachMsgSize // room that a receive is told
	request, reply messageBuffer
}

// messageBuffer is memory for one message.
type messageBuffer struct {
	header *MachMsgHeader
	size   VMSize
}

func newServer(demux Demux, maxSize MachMsgSize, port MachPortName, options MachMsgOptions) (*server, error) {
	if demux == nil {
		return nil, KERN_INVALID_ARGUMENT
	}
	s := &server{demux: demux, port: port, options: options &^ (MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_VOUCHER)}
	s.trailer = RequestedTrailerSize(options)
	room := uint64(maxSize)
	if options&MACH_SEND_TRAILER != 0 {
		room += MAX_TRAILER_SIZE
	}
	if err := s.reply.allocate(room); err != nil {
		return nil, err
	}
	room = uint64(maxSize) + uint64(s.trailer)
	if err := s.request.allocate(room); err != nil {
		s.close()
		return nil, err
	}
	s.limit = MachMsgSize(room)
	if s.options&MACH_RCV_LARGE != 0 {
		s.limit = MachMsgSize(s.request.size)
	}
	return s, nil
}

// allocate takes zeroed memory for a message of that size. There is always
// room for an error reply.
func (b *messageBuffer) allocate(room uint64) error {
	const largest = 1 << 32
	size := RoundPage(max(room, 1))
	if size >= largest || room >= largest {
		return KERN_NO_SPACE
	}
	var address VMAddress
	if err := VMAllocate(MachTaskSelf(), &address, size, VMMakeTag(VM_MEMORY_MACH_MSG)|VM_FLAGS_ANYWHERE); err != nil {
		return err
	}
	if address == 0 { // of no size, as the kernel does not know its page size
		return KERN_NO_SPACE
	}
	*b = messageBuffer{headerAt(address), size}
	return nil
}

func (b *messageBuffer) free() {
	if b.header != nil {
		VMDeallocate(MachTaskSelf(), AddressOf(b.header), b.size)
	}
	*b = messageBuffer{}
}

func (s *server) close() {
	s.request.free()
	s.reply.free()
}

// receive waits for a request.
func (s *server) receive() error {
	return MachMsg(s.request.header, MACH_RCV_MSG|s.options, 0, s.limit, s.port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL)
}

// tooLarge reports whether err says that a request is waiting which needs a
// larger buffer.
func (s *server) tooLarge(err error) bool {
	return s.options&MACH_RCV_LARGE != 0 && err != nil && errors.Is(err, MACH_RCV_TOO_LARGE)
}

// grow makes room for the request whose size is in the header.
func (s *server) grow() error {
	room := uint64(s.request.header.MsghSize) + uint64(s.trailer)
	s.request.free()
	if err := s.request.allocate(room); err != nil {
		return err
	}
	s.limit = MachMsgSize(s.request.size)
	return nil
}

// answer runs demux on the request and reports whether there is a reply to
// send.
func (s *server) answer() bool {
	request, reply := s.request.header, s.reply.header
	*reply = MachMsgHeader{}
	s.demux(request, reply)
	if !MachMsghBitsIsComplex(reply.MsghBits) {
		switch replyCode(reply) {
		case KERN_SUCCESS:
		case MIG_NO_REPLY:
			reply.MsghRemotePort = MACH_PORT_NULL
		default:
			// The reply port has moved into the reply.
			request.MsghRemotePort = MACH_PORT_NULL
			MachMsgDestroy(request)
		}
	}
	return reply.MsghRemotePort != MACH_PORT_NULL
}

// sendTimeout is the option for a reply that could wait: one to a send right.
func (s *server) sendTimeout() MachMsgOption {
	if MachMsghBitsRemote(s.reply.header.MsghBits) == MACH_MSG_TYPE_MOVE_SEND_ONCE {
		return 0
	}
	return MACH_SEND_TIMEOUT
}

// sendAndReceive sends the reply and takes the next request if there is one,
// in one call; else it waits for one.
func (s *server) sendAndReceive() error {
	reply := s.reply.header
	option := MACH_SEND_MSG | MACH_RCV_MSG | MACH_RCV_TIMEOUT | s.sendTimeout() | s.options
	var err error
	if s.request.size == s.reply.size {
		err = MachMsg(reply, option, reply.MsghSize, s.limit, s.port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL)
		s.request, s.reply = s.reply, s.request
	} else {
		err = MachMsgOverwrite(reply, option, reply.MsghSize, s.limit, s.port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL, s.request.header, 0)
	}
	switch {
	case cameBack(err):
		destroyUnsent(reply)
	case err == nil || !errors.Is(err, MACH_RCV_TIMED_OUT):
		return err
	}
	return s.receive()
}

// cameBack reports whether a send failed in a way that leaves the message with
// its rights to the caller. After other errors the kernel may have consumed a
// part of it.
func cameBack(err error) bool {
	return err != nil && (errors.Is(err, MACH_SEND_INVALID_DEST) || errors.Is(err, MACH_SEND_TIMED_OUT) || errors.Is(err, MACH_SEND_INTERRUPTED))
}

// destroyUnsent releases what an unsent message holds, also the right in the
// local port, which MachMsgDestroy leaves alone.
func destroyUnsent(msg *MachMsgHeader) {
	switch MachMsghBitsLocal(msg.MsghBits) {
	case MACH_MSG_TYPE_MOVE_SEND, MACH_MSG_TYPE_MOVE_SEND_ONCE:
		if MachPortValid(msg.MsghLocalPort) {
			MachPortDeallocate(MachTaskSelf(), msg.MsghLocalPort)
			msg.MsghLocalPort = MACH_PORT_NULL
		}
	}
	MachMsgDestroy(msg)
}
