//go:build linux

package machkern

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/gomach/mach/internal/guest/wire"
	"github.com/gomach/mach/internal/kernel/core"
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
	s := k.admit(t, farMemory{w}, func(name string) uint64 {
		o, _ := ask(w, address{name})
		return o.N
	})
	s.task.Space.SetSender(h.Usage.Tokens(pid))
	k.mu.Lock()
	k.guests[pid] = s
	if come := k.expected[pid]; come != nil {
		close(come)
		delete(k.expected, pid)
	}
	k.mu.Unlock()
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

// leaving notes that a guest is about to become another one, with the same number, or not.
func (k *Kernel) leaving(s *seat, not bool) {
	pid := s.task.Sub.PID()
	k.mu.Lock()
	defer k.mu.Unlock()
	if not {
		k.guests[pid] = s
		if come := k.expected[pid]; come != nil {
			close(come)
			delete(k.expected, pid)
		}
		return
	}
	delete(k.guests, pid)
	if k.expected[pid] == nil {
		k.expected[pid] = make(chan struct{})
	}
}

// expect notes that a process is going to be a guest, or is not after all. A guest that has
// its number already is the one that was meant.
func (k *Kernel) expect(pid int, not bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	come := k.expected[pid]
	switch {
	case not && come != nil:
		close(come)
		delete(k.expected, pid)
	case !not && come == nil && k.guests[pid] == nil:
		k.expected[pid] = make(chan struct{})
	}
}

// longestStart is how long somebody waits for a guest to be a task who asks for it.
const longestStart = 20 * time.Second

// await gives the guest of a process that is expected to be one, once it is.
func (k *Kernel) await(pid int) core.TaskSub {
	k.mu.Lock()
	come := k.expected[pid]
	k.mu.Unlock()
	for due := time.Now().Add(longestStart); come != nil && time.Now().Before(due); {
		select {
		case <-come:
			come = nil
		case <-time.After(10 * time.Millisecond):
			if ended(pid) {
				k.expect(pid, true)
			}
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.guests[pid]; s != nil {
		return s.task.Sub
	}
	return nil
}

// ended says whether a process has, be it waited for or not.
func ended(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	// pid (name) state: the name may contain anything
	rest := b[bytes.LastIndexByte(b, ')')+1:]
	return len(rest) > 2 && (rest[1] == 'Z' || rest[1] == 'X')
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
