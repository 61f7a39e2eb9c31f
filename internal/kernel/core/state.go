package core

import "sync"

// Ender is state of a task or thread that holds something: rights, or memory.
// End gives that up when the task or thread ends, and what is set afterwards at
// once. It may be called more than once.
type Ender interface{ End() }

// states are what the subsystems keep about a task or thread, by key.
type states struct{ m sync.Map }

// get returns the state under key, made by mk at first use; over tells whether
// its owner has ended.
func (s *states) get(key any, mk func() any, over func() bool) any {
	if v, ok := s.m.Load(key); ok {
		return v
	}
	v, loaded := s.m.LoadOrStore(key, mk())
	if e, ok := v.(Ender); ok && !loaded && over() {
		e.End()
	}
	return v
}

func (s *states) end() {
	s.m.Range(func(_, v any) bool {
		if e, ok := v.(Ender); ok {
			e.End()
		}
		return true
	})
}
