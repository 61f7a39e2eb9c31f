//go:build linux

package wire

import (
	"errors"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// ErrClosed is the answer to a question whose connection ends.
var ErrClosed = errors.New("the other side has gone")

// Handler answers questions, each in a goroutine of its own, and hears notices, one after the
// other in the order of sending and before any question that was sent later. It owns the
// files.
type Handler func(body any, files []*os.File) (answer any)

// Conn is one end of a connection. Its methods may be called by any goroutine. Until Accept the
// other end is a stranger: it may ask one question at a time, in a small frame, without files;
// anything else ends the connection.
type Conn struct {
	c        *net.UnixConn
	handle   Handler
	closed   chan struct{}
	accepted atomic.Bool
	asked    atomic.Int32 // questions of the other end that are not answered

	sendMu sync.Mutex
	out    []byte

	mu      sync.Mutex
	next    uint64
	waiting map[uint64]chan any // nil when the connection has ended
}

// New makes an end of a connection and begins to serve what comes over it.
func New(c *net.UnixConn, h Handler) *Conn {
	w := &Conn{c: c, handle: h, closed: make(chan struct{}), waiting: map[uint64]chan any{}}
	go w.receive()
	return w
}

// Accept says that the other end is what it should be.
func (w *Conn) Accept() { w.accepted.Store(true) }

func (w *Conn) limits() (frame, files int) {
	if w.accepted.Load() {
		return mostFrame, mostFiles
	}
	return strangerFrame, strangerFiles
}

// Closed is closed when the connection has ended.
func (w *Conn) Closed() <-chan struct{} { return w.closed }

// Close ends the connection.
func (w *Conn) Close() { _ = w.c.Close() }

// Ask sends a question and waits for its answer. The files stay the caller's.
func (w *Conn) Ask(body any, files ...*os.File) (any, error) {
	reply := make(chan any, 1)
	w.mu.Lock()
	if w.waiting == nil {
		w.mu.Unlock()
		return nil, ErrClosed
	}
	w.next++
	id := w.next
	w.waiting[id] = reply
	w.mu.Unlock()
	if err := w.send(header{kind: question, id: id}, body, files); err != nil {
		w.mu.Lock()
		delete(w.waiting, id)
		w.mu.Unlock()
		return nil, err
	}
	v, ok := <-reply
	if !ok {
		return nil, ErrClosed
	}
	return v, nil
}

// Tell sends a notice. The files stay the caller's.
func (w *Conn) Tell(body any, files ...*os.File) error {
	return w.send(header{kind: notice}, body, files)
}

// mostKept bounds the buffer that stays allocated between frames.
const mostKept = 64 << 10

func (w *Conn) send(h header, body any, files []*os.File) error {
	w.sendMu.Lock()
	defer w.sendMu.Unlock()
	b, err := encode(append(w.out[:0], make([]byte, headerSize)...), body)
	if cap(b) <= mostKept {
		w.out = b
	}
	switch {
	case err != nil:
		return err
	case len(b)-headerSize > mostFrame || len(files) > mostFiles:
		return ErrTooLarge
	}
	h.length, h.files = uint32(len(b)-headerSize), uint8(len(files))
	h.put(b)
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, file := range files {
			fds[i] = int(file.Fd())
		}
		n, _, err := w.c.WriteMsgUnix(b, unix.UnixRights(fds...), nil)
		runtime.KeepAlive(files)
		if err != nil {
			return ErrClosed
		}
		b = b[n:]
	}
	if len(b) > 0 {
		if _, err := w.c.Write(b); err != nil {
			return ErrClosed
		}
	}
	return nil
}

// receive reads frames until the connection ends.
func (w *Conn) receive() {
	for w.one() == nil {
	}
	_ = w.c.Close()
	w.mu.Lock()
	waiting := w.waiting
	w.waiting = nil
	w.mu.Unlock()
	close(w.closed)
	for _, reply := range waiting {
		close(reply)
	}
}

// one takes one frame; after an error the connection is of no use.
func (w *Conn) one() error {
	h, b, files, err := readFrame(w.c, w.limits)
	if err != nil {
		return err
	}
	body, err := decode(b)
	if err != nil || h.kind == answer && len(files) > 0 || h.kind == notice && !w.accepted.Load() {
		closeAll(files)
		return errGarbled
	}
	switch h.kind {
	case answer:
		w.mu.Lock()
		reply := w.waiting[h.id]
		delete(w.waiting, h.id)
		w.mu.Unlock()
		if reply != nil {
			reply <- body
		}
	case notice:
		w.handle(body, files)
	case question:
		most := int32(mostQuestions)
		if !w.accepted.Load() {
			most = strangerAsks
		}
		if w.asked.Add(1) > most {
			closeAll(files)
			return errGarbled
		}
		go func() {
			v := w.handle(body, files)
			w.asked.Add(-1) // before the answer, after which the next one may come
			if w.send(header{kind: answer, id: h.id}, v, nil) != nil {
				w.Close()
			}
		}()
	}
	return nil
}
