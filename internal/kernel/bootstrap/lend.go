package bootstrap

import (
	"sync"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/kernel/ipc"
)

// lender gets the receive rights of services back when the tasks that checked
// in let them go or end: the messages that wait there, and everybody's send
// rights, stay good for who checks in next.
type lender struct {
	once  sync.Once
	queue *ipc.Port

	mu   sync.Mutex
	lent map[*ipc.Port]func(ipc.Right)
}

func newLender() *lender {
	return &lender{queue: ipc.NewKernelQueue(), lent: map[*ipc.Port]func(ipc.Right){}}
}

// lend arranges that back is called with the receive right r once its next
// holder is done with it. It returns the right to hand out.
func (l *lender) lend(r ipc.Right, back func(ipc.Right)) (ipc.Right, bool) {
	l.once.Do(func() { go l.collect() })
	// The request is made where the port is received, which takes a space.
	space := ipc.NewSpace()
	port := r.Port
	name, kr := space.CopyoutRight(r)
	if kr != mach.KERN_SUCCESS {
		return ipc.Right{}, false
	}
	once := ipc.NewSendOnceRight(l.queue)
	if _, kr, _ := space.RequestNotification(name, mach.MACH_NOTIFY_PORT_DESTROYED, 0, once.Port); kr != mach.KERN_SUCCESS {
		once.Release()
	}
	l.mu.Lock()
	l.lent[port] = back
	l.mu.Unlock()
	out, kr := space.CopyinRight(name, mach.MACH_MSG_TYPE_MOVE_RECEIVE)
	return out, kr == mach.KERN_SUCCESS
}

func (l *lender) collect() {
	for {
		m, kr := l.queue.Receive(0, nil)
		if m == nil {
			if kr == mach.MACH_RCV_PORT_CHANGED {
				return
			}
			continue
		}
		for i := range m.Descs {
			r := m.Descs[i].Right
			if r.Type != mach.MACH_MSG_TYPE_PORT_RECEIVE || !r.Valid() {
				continue
			}
			m.Descs[i].Right = ipc.Right{}
			l.mu.Lock()
			back := l.lent[r.Port]
			delete(l.lent, r.Port)
			l.mu.Unlock()
			if back == nil {
				back = ipc.Right.Release
			}
			back(r)
		}
		m.Destroy()
	}
}
