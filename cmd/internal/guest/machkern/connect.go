//go:build linux && (amd64 || arm64)

package machkern

import (
	"os"

	"github.com/gomach/mach/cmd/internal/guest/wire"
)

// connect serves the runner of a process that is going to be a guest, which is to say hello.
func (k *Kernel) connect(end *os.File, pid int, a *pendingGuest) error {
	c, err := connOf(end)
	if err != nil {
		return err
	}
	var guest *guestTask // nil until hello; the answer to that goes before everything else
	var w *wire.Conn
	made := make(chan struct{})
	w = wire.New(c, func(body any, files []*os.File) any {
		<-made
		defer func() {
			for _, f := range files {
				_ = f.Close()
			}
		}()
		if h, ok := body.(hello); ok && guest == nil {
			guest = k.adopt(w, pid, h, a)
			w.Accept()
			self, boot := guest.names()
			return adopted{self, boot, k.timebase, a.how}
		}
		m, ok := body.(toKernel)
		if !ok || guest == nil {
			w.Close()
			return nil
		}
		return m.handle(guest, files)
	})
	close(made)
	go func() {
		<-w.Closed()
		k.finish(pid, a)
	}()
	return nil
}

// adopt makes a guest of another runner a task.
func (k *Kernel) adopt(w *wire.Conn, pid int, h hello, a *pendingGuest) *guestTask {
	t := newProxyTask(w, pid, h)
	s := k.admit(t, proxyMemory{w}, k.take(a), func(name string) uint64 {
		o, _ := ask(w, address{name})
		return o.N
	})
	s.watches = &guestWatches{c: w, list: map[int]*guestWatch{}}
	s.task.Space.SetSender(h.Usage.Tokens(pid))
	k.mu.Lock()
	k.guests[pid] = s
	k.mu.Unlock()
	k.finish(pid, a)
	go func() {
		<-w.Closed()
		k.mu.Lock()
		if k.guests[pid] == s {
			delete(k.guests, pid)
			delete(k.tracers, pid)
		}
		k.mu.Unlock()
		k.orphan(s)
		<-s.task.Dead()
		t.release()
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
