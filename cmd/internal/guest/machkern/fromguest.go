//go:build linux && (amd64 || arm64)

package machkern

import "os"

// How the kernel takes what guests of other runners say.

func (m invoke) on(s *seat, _ []*os.File) any {
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

func (m trap) on(s *seat, _ []*os.File) any { return reply{OK: s.raise(m.Thread, m.What)} }

func (m threadEnded) on(s *seat, _ []*os.File) any {
	go s.threadEnded(m.Thread) // ports that die may have much to tell
	return nil
}

func (m threadNamed) on(s *seat, _ []*os.File) any {
	return reply{Word: uint64(s.threadName(m.Thread)), OK: true}
}

func (m threadNameOf) on(s *seat, _ []*os.File) any {
	id, ok := s.threadOf(m.Name)
	return reply{Word: uint64(id), OK: ok}
}

func (m expected) on(s *seat, files []*os.File) any {
	if len(files) == 1 {
		s.expect(m.PID, files[0], m.How)
	}
	return nil
}
