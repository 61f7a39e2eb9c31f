//go:build linux && (amd64 || arm64)

package machkern

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"github.com/gomach/mach/internal/kernel/core"
)

// arrival is a process that is going to be a guest.
type arrival struct {
	over      chan struct{} // closed when it is one, or will not be
	announced chan struct{} // closed when who started it has said so
	gift      heritage      // after that
}

// arrival gives a process's entry, made if need be; k.mu is held.
func (k *Kernel) arrival(pid int) *arrival {
	a := k.arrivals[pid]
	if a == nil {
		a = &arrival{over: make(chan struct{}), announced: make(chan struct{})}
		k.arrivals[pid] = a
	}
	return a
}

// conclude ends an arrival and gives what is left of its gift; k.mu is held.
func (k *Kernel) conclude(pid int, a *arrival) (gift heritage) {
	if k.arrivals[pid] == a {
		delete(k.arrivals, pid)
		close(a.over)
		gift, a.gift = a.gift, heritage{}
	}
	return gift
}

// expect is told by a guest that has started a process, or that is about to become another one
// itself; or with not that nothing has come of it.
func (k *Kernel) expect(by *seat, pid int, not bool) {
	if not {
		k.mu.Lock()
		var gift heritage
		if a := k.arrivals[pid]; a != nil {
			gift = k.conclude(pid, a)
		}
		if pid == by.task.Sub.PID() && by != k.first {
			k.guests[pid] = by
		}
		k.mu.Unlock()
		gift.release()
		return
	}
	gift := by.heritage()
	k.mu.Lock()
	if pid == by.task.Sub.PID() {
		delete(k.guests, pid) // what it is now does not count any more
	}
	if k.guests[pid] != nil {
		k.mu.Unlock()
		gift.release() // it has not waited
		return
	}
	a := k.arrival(pid)
	select {
	case <-a.announced:
		defer gift.release()
	default:
		a.gift = gift
		close(a.announced)
		go k.watch(pid, a)
	}
	k.mu.Unlock()
}

// watch ends the arrival of a process that has ended.
func (k *Kernel) watch(pid int, a *arrival) {
	for {
		select {
		case <-a.over:
			return
		case <-time.After(20 * time.Millisecond):
			if ended(pid) {
				k.mu.Lock()
				gift := k.conclude(pid, a)
				k.mu.Unlock()
				gift.release()
				return
			}
		}
	}
}

// longestWord is how long a process waits for its parent to say that it is its child: what the
// parent does after that is not for the child.
const longestWord = 2 * time.Second

// welcome waits for the word of a process's parent, and takes what that has left.
func (k *Kernel) welcome(pid, parent int) (a *arrival, gift heritage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a = k.arrival(pid)
	by := k.guests[parent]
	if k.first != nil && k.first.task.Sub.PID() == parent {
		by = k.first
	}
	if by != nil {
		k.mu.Unlock()
		timer := time.NewTimer(longestWord)
		select {
		case <-a.announced:
		case <-by.task.Dead():
		case <-timer.C:
		}
		timer.Stop()
		k.mu.Lock()
	}
	gift, a.gift = a.gift, heritage{}
	return a, gift
}

// longestStart is how long somebody waits for a guest to be a task who asks for it.
const longestStart = 20 * time.Second

// await gives the guest of a process that is going to be one, once it is.
func (k *Kernel) await(pid int) core.TaskSub {
	k.mu.Lock()
	a := k.arrivals[pid]
	k.mu.Unlock()
	if a != nil {
		timer := time.NewTimer(longestStart)
		defer timer.Stop()
		select {
		case <-a.over:
		case <-timer.C:
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
