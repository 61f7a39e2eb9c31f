//go:build linux && (amd64 || arm64)

package libsystem

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Notes of EVFILT_PROC.
const (
	noteExit       = 0x80000000
	noteFork       = 0x40000000
	noteExec       = 0x20000000
	noteSignal     = 0x08000000
	noteExitStatus = 0x04000000
	noteExitDetail = 0x02000000
	noteTracks     = 0x1 | 0x2 | 0x4 // NOTE_TRACK and its relatives, which are no more
)

// procFilter is EVFILT_PROC (filt_procattach, filt_procevent).
type procFilter struct{}

func (procFilter) attach(k *kqueue, n *knote) (bool, proc.Errno) {
	pid := int(n.key.ident)
	if n.wanted&noteTracks != 0 {
		return false, proc.ENOTSUP
	}
	if n.key.ident == 0 || n.key.ident > 1<<30 {
		return false, proc.ESRCH
	}
	n.flags |= evClear
	if pid == os.Getpid() {
		k.state.watchSelf(k, n)
		return false, 0
	}
	s := k.state
	s.mu.Lock()
	child := s.procs[pid]
	s.mu.Unlock()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false, proc.ESRCH
	}
	if condition(fd, unix.POLLIN) != 0 {
		_ = unix.Close(fd)
		return false, proc.ESRCH // proc_find does not find the dead
	}
	switch {
	case n.wanted&noteExit != 0 && n.wanted&noteExitStatus != 0 && !child:
		_ = unix.Close(fd)
		return false, proc.EACCES // whom one may not signal
	case n.wanted&(noteFork|noteExec|noteSignal) != 0:
		_ = unix.Close(fd)
		return false, proc.ENOTSUP // the host does not tell: docs/darwinrun.md
	}
	go k.awaitExit(n, pid, fd)
	return false, 0
}

// awaitExit waits for the end of a process. It goes on when the knote is dropped, until then.
func (k *kqueue) awaitExit(n *knote, pid, fd int) {
	defer unix.Close(fd)
	for {
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err != unix.EINTR {
			break
		}
	}
	var info [128]byte
	status, known := exitStatus(fd, &info)
	k.mu.Lock()
	defer k.mu.Unlock()
	if n.dropped {
		return
	}
	n.fflags |= n.wanted & noteExit
	n.flags |= evEOF | evOneshot
	if n.wanted&noteExitStatus != 0 && known {
		n.fflags |= noteExitStatus
		n.data = int64(status)
	} else {
		n.data = 0
	}
	n.fflags |= n.wanted & noteExitDetail
	if n.fflags != 0 {
		k.activate(n)
	}
}

func (procFilter) touch(_ *kqueue, n *knote, e *event) (bool, proc.Errno) {
	n.wanted = e.Fflags
	return n.fflags != 0, 0
}

func (procFilter) detach(k *kqueue, n *knote) { k.state.unwatchSelf(n) }

func (procFilter) process(_ *kqueue, n *knote, e *event) bool {
	e.Fflags, e.Data = n.fflags, 0
	if n.fflags&noteExitStatus != 0 {
		e.Data = n.data
	}
	return n.fflags != 0
}

// signalFilter is EVFILT_SIGNAL (xnu bsd/kern/kern_sig.c filt_sigattach).
type signalFilter struct{}

func (signalFilter) attach(k *kqueue, n *knote) (bool, proc.Errno) {
	n.flags |= evClear
	k.state.watchSelf(k, n)
	return false, 0
}

func (signalFilter) touch(_ *kqueue, n *knote, _ *event) (bool, proc.Errno) {
	return n.count > 0, 0
}

func (signalFilter) detach(k *kqueue, n *knote) { k.state.unwatchSelf(n) }

func (signalFilter) process(_ *kqueue, n *knote, e *event) bool {
	if n.count == 0 {
		return false
	}
	e.Data = int64(n.count)
	n.count = 0
	return true
}

// watchSelf and unwatchSelf keep the knotes about the guest itself (p_klist).
func (s *State) watchSelf(k *kqueue, n *knote) {
	s.selfMu.Lock()
	defer s.selfMu.Unlock()
	if s.selfNotes == nil {
		s.selfNotes = map[*knote]*kqueue{}
	}
	s.selfNotes[n] = k
}

func (s *State) unwatchSelf(n *knote) {
	s.selfMu.Lock()
	defer s.selfMu.Unlock()
	delete(s.selfNotes, n)
}

// tellSelf tells the knotes about the guest of a signal, or with 0 that it has forked.
func (s *State) tellSelf(signal int32) {
	s.selfMu.Lock()
	var notes []*knote
	var queues []*kqueue
	for n, k := range s.selfNotes {
		notes, queues = append(notes, n), append(queues, k)
	}
	s.selfMu.Unlock()
	for i, n := range notes {
		k := queues[i]
		k.mu.Lock()
		switch {
		case n.dropped:
		case n.key.filter == filterSignal && signal != 0 && n.key.ident == uint64(signal):
			n.count++
			k.activate(n)
		case n.key.filter == filterProc && signal == 0 && n.wanted&noteFork != 0:
			n.fflags |= noteFork
			k.activate(n)
		case n.key.filter == filterProc && signal != 0 && n.wanted&noteSignal != 0:
			n.fflags |= noteSignal
			k.activate(n)
		}
		k.mu.Unlock()
	}
}
