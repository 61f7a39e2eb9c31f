package ipc

import (
	"math/rand"
	"sync"
	"testing"

	"github.com/gomach/mach"
)

// Threads of two tasks do whatever comes to their mind with the names they
// know; afterwards no right is left over or missing.
func TestStress(t *testing.T) {
	tasks := [2]*Space{NewSpace(), NewSpace()}
	var all sync.Map
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			stress(tasks[i%2], tasks[(i+1)%2], rand.New(rand.NewSource(int64(i))), &all)
		}()
	}
	wg.Wait()
	for _, s := range tasks {
		s.Terminate()
	}
	n := 0
	all.Range(func(p, _ any) bool {
		idle(t, p.(*Port))
		n++
		return true
	})
	if n < 100 {
		t.Errorf("only %d ports", n)
	}
}

func stress(s, other *Space, rnd *rand.Rand, all *sync.Map) {
	x := newTask()
	x.Space, x.msg.Space = s, s
	known := func() mach.MachPort {
		names, _, _ := s.Names()
		if len(names) == 0 {
			return 1
		}
		return names[rnd.Intn(len(names))]
	}
	dispositions := []mach.MachMsgTypeName{
		mach.MACH_MSG_TYPE_MOVE_RECEIVE, mach.MACH_MSG_TYPE_MOVE_SEND, mach.MACH_MSG_TYPE_MOVE_SEND_ONCE,
		mach.MACH_MSG_TYPE_COPY_SEND, mach.MACH_MSG_TYPE_MAKE_SEND, mach.MACH_MSG_TYPE_MAKE_SEND_ONCE,
	}
	any := func() mach.MachMsgTypeName { return dispositions[rnd.Intn(len(dispositions))] }
	for range 6000 {
		switch rnd.Intn(14) {
		case 0, 1:
			if name, kr := s.Allocate(mach.MACH_PORT_RIGHT_RECEIVE, 0); kr == mach.KERN_SUCCESS {
				if r, kr := s.CopyinRight(name, mach.MACH_MSG_TYPE_MAKE_SEND); kr == mach.KERN_SUCCESS && r.Valid() {
					all.Store(r.Port, true)
					r.Release()
				}
			}
		case 2:
			s.Allocate(mach.MACH_PORT_RIGHT_PORT_SET, 0)
		case 3:
			s.InsertMember(known(), known())
		case 4:
			s.MoveMember(known(), known())
		case 5:
			s.Deallocate(known())
		case 6:
			s.ModRefs(known(), mach.MachPortRight(rnd.Intn(5)), int32(rnd.Intn(3)-1))
		case 7:
			if r, kr := s.CopyinRight(known(), any()); kr == mach.KERN_SUCCESS {
				if to := other; rnd.Intn(2) == 0 {
					to.CopyoutRight(r)
				} else {
					s.CopyoutRight(r)
				}
			}
		case 8:
			if r, kr := s.CopyinRight(known(), mach.MACH_MSG_TYPE_MAKE_SEND_ONCE); kr == mach.KERN_SUCCESS {
				ids := []int32{mach.MACH_NOTIFY_DEAD_NAME, mach.MACH_NOTIFY_NO_SENDERS, mach.MACH_NOTIFY_SEND_POSSIBLE, mach.MACH_NOTIFY_PORT_DESTROYED}
				previous, kr, _ := s.RequestNotification(known(), ids[rnd.Intn(4)], uint32(rnd.Intn(2)), r.Port)
				if kr != mach.KERN_SUCCESS {
					r.Release()
				}
				Right{previous, mach.MACH_MSG_TYPE_PORT_SEND_ONCE}.Release()
			}
		case 9, 10, 11:
			x.portMessage(known(), known(), any())
			h := bits(any(), any()) | mach.MACH_MSGH_BITS_COMPLEX
			le.PutUint32(x.vm.bytes, h)
			le.PutUint32(x.vm.bytes[12:], uint32(known()))
			x.send(40)
		case 12:
			x.receive(known(), 0)
		case 13:
			if rnd.Intn(10) == 0 {
				s.Destroy(known())
			}
		}
	}
}
