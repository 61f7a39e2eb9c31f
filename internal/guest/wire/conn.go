//go:build linux

package wire

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// ErrClosed is the answer to a question whose connection ends.
var ErrClosed = errors.New("the other side has gone")

// kind says what a frame is.
type kind uint8

const (
	question kind = iota
	answer
	notice // nobody answers it
)

// frame is what is sent. The types of bodies are registered with package gob.
type frame struct {
	Kind  kind
	ID    uint64 // of the question
	Files int    // how many descriptors came along
	Body  any
}

// Handler answers questions, each in a goroutine of its own, and hears notices, one after the
// other in the order of sending and before any question that was sent later. It owns the
// files.
type Handler func(body any, files []*os.File) (answer any)

// Conn is one end of a connection. Its methods may be called by any goroutine.
type Conn struct {
	c      *net.UnixConn
	handle Handler
	closed chan struct{}

	sendMu sync.Mutex
	out    bytes.Buffer
	enc    *gob.Encoder

	mu      sync.Mutex
	next    uint64
	waiting map[uint64]chan any // nil when the connection has ended
}

// New makes an end of a connection and begins to serve what comes over it.
func New(c *net.UnixConn, h Handler) *Conn {
	w := &Conn{c: c, handle: h, closed: make(chan struct{}), waiting: map[uint64]chan any{}}
	w.enc = gob.NewEncoder(&w.out)
	go w.receive()
	return w
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
	if err := w.send(&frame{question, id, len(files), body}, files); err != nil {
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

// Tell sends a notice.
func (w *Conn) Tell(body any) error { return w.send(&frame{Kind: notice, Body: body}, nil) }

// mostKept bounds the buffer that stays allocated between frames.
const mostKept = 4 << 20

func (w *Conn) send(f *frame, files []*os.File) error {
	w.sendMu.Lock()
	defer w.sendMu.Unlock()
	w.out.Reset()
	if err := w.enc.Encode(f); err != nil {
		w.Close() // the encoder may have told of types that were not sent
		return fmt.Errorf("%T: %w", f.Body, err)
	}
	b := w.out.Bytes()
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
	if w.out.Cap() > mostKept {
		w.out = bytes.Buffer{}
	}
	return nil
}

// receive reads frames until the connection ends.
func (w *Conn) receive() {
	r := &reader{c: w.c}
	dec := gob.NewDecoder(r)
	for {
		var f frame
		if err := dec.Decode(&f); err != nil {
			break
		}
		if f.Files < 0 || f.Files > len(r.files) {
			break
		}
		files := r.files[:f.Files:f.Files]
		r.files = r.files[f.Files:]
		switch f.Kind {
		case answer:
			w.mu.Lock()
			reply := w.waiting[f.ID]
			delete(w.waiting, f.ID)
			w.mu.Unlock()
			if reply != nil {
				reply <- f.Body
			}
		case notice:
			w.handle(f.Body, files)
		case question:
			go func() {
				_ = w.send(&frame{Kind: answer, ID: f.ID, Body: w.handle(f.Body, files)}, nil)
			}()
		}
	}
	_ = w.c.Close()
	for _, f := range r.files {
		_ = f.Close()
	}
	w.mu.Lock()
	waiting := w.waiting
	w.waiting = nil
	w.mu.Unlock()
	close(w.closed)
	for _, reply := range waiting {
		close(reply)
	}
}

// reader reads bytes and collects the descriptors that come with them. Those of a frame come
// no later than its last byte.
type reader struct {
	c     *net.UnixConn
	oob   [256]byte
	files []*os.File
}

func (r *reader) Read(p []byte) (int, error) {
	n, some, _, _, err := r.c.ReadMsgUnix(p, r.oob[:])
	n = max(n, 0) // it is -1 on errors
	if some > 0 {
		messages, bad := unix.ParseSocketControlMessage(r.oob[:some])
		if bad != nil {
			return n, bad
		}
		for i := range messages {
			fds, bad := unix.ParseUnixRights(&messages[i])
			if bad != nil {
				continue
			}
			for _, fd := range fds {
				r.files = append(r.files, os.NewFile(uintptr(fd), "passed"))
			}
		}
	}
	if n == 0 && err == nil && len(p) > 0 {
		return 0, net.ErrClosed
	}
	return n, err
}
