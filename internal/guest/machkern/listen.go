//go:build linux && (amd64 || arm64)

package machkern

import (
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"sync/atomic"

	"github.com/gomach/mach/internal/guest/wire"
)

// listen gives the address at which other guests find this kernel: an abstract socket, which
// goes with the process, under a name that cannot be guessed.
func (k *Kernel) listen() (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.listener == nil {
		var b [16]byte
		_, _ = rand.Read(b[:])
		l, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: fmt.Sprintf("@darwinrun-%x", b)})
		if err != nil {
			return "", err
		}
		k.listener = l
		go k.accept(l)
	}
	return k.listener.Addr().String(), nil
}

func (k *Kernel) accept(l *net.UnixListener) {
	for {
		c, err := l.AcceptUnix()
		if err != nil {
			return
		}
		pid, err := peer(c)
		if err != nil {
			_ = c.Close()
			continue
		}
		k.connect(c, pid)
	}
}

// connect serves a runner, which is to say hello.
func (k *Kernel) connect(c *net.UnixConn, pid int) {
	var seated atomic.Pointer[seat]
	var w *wire.Conn
	made := make(chan struct{})
	w = wire.New(c, func(body any, files []*os.File) any {
		<-made
		for _, f := range files {
			_ = f.Close()
		}
		if h, ok := body.(hello); ok {
			s := k.seat(w, pid, h)
			if !seated.CompareAndSwap(nil, s) {
				w.Close() // it says so once
				return nil
			}
			self, boot := s.names()
			return welcome{self, boot}
		}
		m, ok := body.(toKernel)
		s := seated.Load()
		if !ok || s == nil {
			return nil
		}
		return m.on(s)
	})
	close(made)
}

// seat makes a guest of another runner a task.
func (k *Kernel) seat(w *wire.Conn, pid int, h hello) *seat {
	t := newFarTask(w, pid, h)
	a, gift := k.welcome(pid, h.Usage.PPID)
	s := k.admit(t, farMemory{w}, gift, func(name string) uint64 {
		o, _ := ask(w, address{name})
		return o.N
	})
	s.task.Space.SetSender(h.Usage.Tokens(pid))
	k.mu.Lock()
	k.guests[pid] = s
	left := k.conclude(pid, a)
	k.mu.Unlock()
	left.release()
	go func() {
		<-w.Closed()
		k.mu.Lock()
		if k.guests[pid] == s {
			delete(k.guests, pid)
		}
		k.mu.Unlock()
		<-s.task.Dead()
		t.left()
	}()
	return s
}

// pids lists the guests of other runners.
func (k *Kernel) pids() (list []int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for pid := range k.guests {
		list = append(list, pid)
	}
	return list
}
