//go:build linux && (amd64 || arm64)

package machkern

// How the kernel takes what guests of other runners say.

func (m invoke) on(s *seat) any {
	if m.Symbol <= 0 {
		return reply{}
	}
	x := s.k.calls.Get().(*call)
	x.thread, x.symbol, x.waits, x.args = m.Thread, m.Symbol, m.Waits, m.Args
	return reply{Word: s.perform(x), OK: true}
}

func (m trap) on(s *seat) any { return reply{OK: s.raise(m.Thread, m.What)} }

func (m threadEnded) on(s *seat) any {
	go s.threadEnded(m.Thread) // ports that die may have much to tell
	return nil
}

func (m threadNamed) on(s *seat) any { return reply{Word: uint64(s.threadName(m.Thread)), OK: true} }

func (m threadNameOf) on(s *seat) any {
	id, ok := s.threadOf(m.Name)
	return reply{Word: uint64(id), OK: ok}
}

func (m expected) on(s *seat) any {
	s.expect(m.PID, m.Not)
	return nil
}
