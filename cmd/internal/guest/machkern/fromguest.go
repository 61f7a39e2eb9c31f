//go:build linux && (amd64 || arm64)

package machkern

import "os"

// How the kernel takes what guests of other runners say.

func (m invoke) handle(s *guestTask, _ []*os.File) any {
	if m.Symbol <= 0 {
		return reply{}
	}
	x := s.k.calls.Get().(*call)
	x.thread, x.symbol, x.waits, x.args = m.Thread, m.Symbol, m.Waits, m.Args
	if !m.Waits && s.watches != nil {
		x.Waits = func() { _ = s.watches.c.Tell(callWaits{m.Thread}) }
	}
	return reply{Word: s.perform(x), OK: true}
}

func (m trap) handle(s *guestTask, _ []*os.File) any { return reply{OK: s.raise(m.Thread, m.What)} }

func (m threadEnded) handle(s *guestTask, _ []*os.File) any {
	go s.threadEnded(m.Thread) // ports that die may have much to tell
	return nil
}

func (m threadNamed) handle(s *guestTask, _ []*os.File) any {
	return reply{Word: uint64(s.threadName(m.Thread)), OK: true}
}

func (m threadNameOf) handle(s *guestTask, _ []*os.File) any {
	id, ok := s.threadOf(m.Name)
	return reply{Word: uint64(id), OK: ok}
}

func (m expected) handle(s *guestTask, files []*os.File) any {
	if len(files) == 1 {
		s.started(m.PID, files[0], m.How)
	}
	return nil
}
