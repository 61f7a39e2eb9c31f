package exc

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/port"
)

// Handler judges exceptions: the same shape as [port.Handler]. nil has dealt with
// the exception, and the thread goes on. [Pass] leaves the exception to the
// handler that was there before. Any other error, such as [Refuse], leaves it to
// the next level (thread, task, host, then a signal).
//
// The thread stands still until the handler returns. See [Exception] on what it
// may keep. A server calls it from as many goroutines as serve.
type Handler func(ctx context.Context, e *Exception) error

// What a [Handler] returns when it has not dealt with an exception.
var (
	// Pass leaves the exception to the handler that was there before, or, if
	// there is none, to the next level.
	Pass = errors.New("exc: passed on")
	// Refuse leaves the exception to the next level without asking the handler
	// that was there before.
	Refuse = errors.New("exc: refused")
)

// Server receives exceptions and has a handler judge them. It owns the ports
// that they come to.
type Server struct {
	handler Handler
	set     *port.Set

	mu       sync.Mutex
	attached map[mach.MachPort]*Attachment // by the port's name
	closed   bool
}

// NewServer makes a server, which the caller closes. It does nothing until it
// is attached and served. A nil handler passes everything on.
//
// Mach calls: mach_port_allocate.
func NewServer(h Handler) (*Server, error) {
	if h == nil {
		h = func(context.Context, *Exception) error { return Pass }
	}
	set, err := port.NewSet()
	if err != nil {
		return nil, err
	}
	return &Server{handler: h, set: set, attached: map[mach.MachPort]*Attachment{}}, nil
}

// Attachment is a target that sends its exceptions to a server.
type Attachment struct {
	server *Server
	target Target // with a reference of its own
	mask   mach.ExceptionMask
	port   *port.Receive
	send   *port.Send
	once   sync.Once
	err    error
	before Actions // who was asked before
}

// Attach makes the server the handler of the target's exceptions of the types
// in mask and remembers who was before, for what the handler passes on. It
// tries the behaviors in turn as long as the target denies them
// ([mach.KERN_DENIED]), so that an identity-protected one can follow one that is
// preferred; without any it is EXCEPTION_DEFAULT and then
// EXCEPTION_IDENTITY_PROTECTED, both with 64-bit codes. The caller owns the
// attachment, which keeps a reference of its own to the target.
//
// It does not block if the kernel serves the target's port. It fails with
// [port.ErrClosed] when the server is closed,
// and like [Target.Swap].
//
// Mach calls: mach_port_construct, mach_port_insert_right,
// mach_port_insert_member, mach_port_mod_refs, and those of [Target.Swap].
func (s *Server) Attach(t Target, mask mach.ExceptionMask, flavor mach.ThreadStateFlavor, behaviors ...mach.ExceptionBehavior) (*Attachment, error) {
	if s == nil || s.set == nil {
		return nil, port.ErrClosed
	}
	if len(behaviors) == 0 {
		behaviors = []mach.ExceptionBehavior{mach.EXCEPTION_DEFAULT | codesFlag, mach.EXCEPTION_IDENTITY_PROTECTED | codesFlag}
	}
	t, err := t.keep()
	if err != nil {
		return nil, err
	}
	r, err := port.NewReceive(port.ForExceptions())
	if err != nil {
		t.release()
		return nil, err
	}
	a := &Attachment{server: s, target: t, mask: mask, port: r}
	if a.send, err = r.MakeSend(); err == nil {
		err = s.set.Insert(r)
	}
	if err != nil {
		a.release()
		return nil, err
	}
	// From the swap on exceptions may come: they have to find the attachment.
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		a.release()
		return nil, port.ErrClosed
	}
	s.attached[r.Name()] = a
	err = permitted(behaviors, func(b mach.ExceptionBehavior) (err error) {
		a.before, err = t.Swap(mask, a.send, b, flavor)
		return err
	})
	if err != nil {
		delete(s.attached, r.Name())
		a.release()
		return nil, err
	}
	return a, nil
}

// permitted tries the behaviors until one is not denied.
func permitted(behaviors []mach.ExceptionBehavior, try func(mach.ExceptionBehavior) error) (err error) {
	for _, b := range behaviors {
		if err = try(b); !errors.Is(err, mach.KERN_DENIED) {
			break
		}
	}
	return err
}

func (a *Attachment) release() error {
	return errors.Join(a.port.Close(), a.send.Close(), a.before.Close(), a.target.release())
}

// Close makes the handlers that were there before those of the target again,
// and destroys the port: threads whose exceptions were not judged yet go to the
// next level. A second Close does nothing.
//
// Mach calls: those of [Actions.Restore], mach_port_destruct,
// mach_port_deallocate.
func (a *Attachment) Close() error {
	if a == nil || a.server == nil {
		return nil
	}
	a.once.Do(func() {
		a.err = a.before.Restore(a.target)
		if errors.Is(a.err, mach.MACH_SEND_INVALID_DEST) || errors.Is(a.err, mach.KERN_INVALID_ARGUMENT) {
			a.err = nil // the target is gone, and its handlers with it
		}
		a.server.mu.Lock()
		delete(a.server.attached, a.port.Name())
		a.server.mu.Unlock()
		a.err = errors.Join(a.err, a.release())
	})
	return a.err
}

// Close closes the attachments that are left, and the server. Serve returns
// [port.ErrClosed]. A second Close does nothing.
//
// Mach calls: those of [Attachment.Close], mach_port_mod_refs.
func (s *Server) Close() error {
	if s == nil || s.set == nil {
		return nil
	}
	s.mu.Lock()
	s.closed = true
	var left []*Attachment
	for _, a := range s.attached {
		left = append(left, a)
	}
	s.mu.Unlock()
	var errs []error
	for _, a := range left {
		errs = append(errs, a.Close())
	}
	return errors.Join(append(errs, s.set.Close())...)
}

// restoreBefore makes the handlers that the server's targets had before those of
// another target.
func (s *Server) restoreBefore(t Target) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, a := range s.attached {
		errs = append(errs, a.before.Restore(t))
	}
	return errors.Join(errs...)
}

// Serve hands exceptions to the handler until the context ends or the server is
// closed, and returns the error that says so. Several goroutines may serve.
//
// Mach calls: mach_msg.
func (s *Server) Serve(ctx context.Context) error {
	if s == nil || s.set == nil {
		return port.ErrClosed
	}
	if ctx == nil {
		ctx = context.Background()
	}
	l := new(loop)
	defer func() { l.close() }()
	for {
		if err := s.set.Receive(ctx, &l.request); err != nil {
			if errors.Is(err, port.ErrMalformed) {
				continue
			}
			return err
		}
		if s.one(ctx, l) {
			l = new(loop)
		}
	}
}

// loop is what one Serve uses again and again.
type loop struct {
	request port.Received
	answer  port.Message
	e       Exception
}

// later is the answer of a handler of this package that judges the exception
// while others are served: judge says in its own goroutine what the handler would
// have said. over is called when the answer has been sent.
type later struct {
	judge func() error
	over  func()
}

// Error is for no reader.
func (*later) Error() string { return "exc: judged later" }

// one judges an exception. Whatever happens, the message is released, with its
// rights to thread and task: at once, or, if kept, by the goroutine that goes on.
func (s *Server) one(ctx context.Context, l *loop) (kept bool) {
	defer func() {
		if !kept {
			l.close()
		}
	}()
	if !l.request.HasReply() {
		return false
	}
	if err := l.e.decode(&l.request); err != nil {
		var k mach.KernReturn
		errors.As(err, &k)
		l.answer.MIGReply(l.request.ID(), k)
		l.request.TryReply(&l.answer)
		return false
	}
	state, flavor := slices.Clone(l.e.State), l.e.Flavor
	err := s.handler(ctx, &l.e)
	var x *later
	if !errors.As(err, &x) {
		s.finish(ctx, l, state, flavor, err)
		return false
	}
	go func() {
		defer x.over()
		defer l.close()
		s.finish(ctx, l, state, flavor, x.judge())
	}()
	return true
}

func (l *loop) close() {
	l.e.release()
	l.answer.Close()
	l.request.Close()
}

// finish answers an exception that was judged.
func (s *Server) finish(ctx context.Context, l *loop, state []mach.Natural, flavor mach.ThreadStateFlavor, err error) {
	if errors.Is(err, Pass) {
		// What the handler did to the registers does not count.
		l.e.State, l.e.Flavor = append(l.e.State[:0], state...), flavor
		err = s.forward(ctx, l.request.Port(), &l.e)
	}
	l.e.encodeAnswer(&l.answer, codeOf(err))
	l.request.TryReply(&l.answer)
}

// codeOf is the code of the answer that a handler's error means.
func codeOf(err error) mach.KernReturn {
	if err == nil {
		return mach.KERN_SUCCESS
	}
	var code mach.KernReturn
	if errors.As(err, &code) && code != mach.KERN_SUCCESS {
		return code
	}
	return mach.KERN_FAILURE
}
