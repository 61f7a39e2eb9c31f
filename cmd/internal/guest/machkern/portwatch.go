//go:build linux && (amd64 || arm64)

package machkern

import (
	"os"
	"sync"
	"sync/atomic"

	"github.com/gomach/mach"
	"github.com/gomach/mach/cmd/internal/guest/wire"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// guestWatches are the watches of a guest of another runner, by its numbers.
type guestWatches struct {
	c    *wire.Conn
	mu   sync.Mutex
	list map[int]*guestWatch
}

// guestWatch passes on that it was woken: the kernel must not wait for the connection.
type guestWatch struct {
	w     *ipc.Watch
	edge  atomic.Bool
	woken chan struct{}
	quit  chan struct{}
}

func (m watchPort) handle(s *guestTask, _ []*os.File) any {
	g := &guestWatch{woken: make(chan struct{}, 1), quit: make(chan struct{})}
	w, kr := s.task.Space.Watch(m.Name, func() {
		g.edge.Store(true)
		select {
		case g.woken <- struct{}{}:
		default:
		}
	})
	if kr != mach.KERN_SUCCESS {
		return reply{Word: uint64(watchError(kr)), OK: true}
	}
	g.w = w
	l := s.watches
	l.mu.Lock()
	old := l.list[m.ID]
	l.list[m.ID] = g
	l.mu.Unlock()
	if old != nil {
		old.stop()
	}
	go func() {
		for {
			select {
			case <-g.woken:
				if l.c.Tell(portWoken{m.ID}) != nil {
					return
				}
			case <-g.quit:
				return
			case <-l.c.Closed():
				w.Stop()
				return
			}
		}
	}()
	return reply{OK: true}
}

func (g *guestWatch) stop() {
	g.w.Stop()
	close(g.quit)
}

func (m unwatchPort) handle(s *guestTask, _ []*os.File) any {
	l := s.watches
	l.mu.Lock()
	g := l.list[m.ID]
	delete(l.list, m.ID)
	l.mu.Unlock()
	if g != nil {
		g.stop()
	}
	return nil
}

func (m firstPort) handle(s *guestTask, _ []*os.File) any {
	g := s.watches.get(m.ID)
	if g == nil {
		return reply{OK: true}
	}
	name, gone := g.w.First()
	return reply{Word: uint64(name), OK: gone}
}

func (m edgeOfPort) handle(s *guestTask, _ []*os.File) any {
	g := s.watches.get(m.ID)
	return reply{OK: g == nil || g.edge.Swap(false)}
}

func (l *guestWatches) get(id int) *guestWatch {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list[id]
}
