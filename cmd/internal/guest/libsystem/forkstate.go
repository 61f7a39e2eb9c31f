//go:build linux && (amd64 || arm64)

package libsystem

import (
	"maps"
	"slices"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// ownState is what of a guest's libSystem is kept on this side of its memory, and so has to
// be put back when a forked child has ended.
type ownState struct {
	atexit  []exitHandler
	keys    [proc.MaxKeys]keyState
	rand    uint64
	limits  map[int][2]uint64
	dlError uint64
	token   uint64
	sync    syncState
	streams map[uint64]*stream
	timers  [3]*intervalTimer
}

// fork makes copies for a child, and returns what the parent goes on with. Other threads of
// the parent may be in calls that hold on to its streams and locks, so the child gets the copies.
func (s *State) fork(t *proc.Thread) ownState {
	own := ownState{atexit: s.atexit, keys: s.keys, rand: s.rand, limits: s.limits, dlError: s.dlError, token: s.token, sync: s.sync, timers: s.timers}
	s.timers = [3]*intervalTimer{}
	s.limits = maps.Clone(s.limits)
	s.sync = s.sync.clone()
	s.mu.Lock()
	s.atexit = slices.Clone(s.atexit)
	s.mu.Unlock()
	s.stdio.mu.Lock()
	own.streams = s.stdio.streams
	s.stdio.streams = map[uint64]*stream{}
	for fp, f := range own.streams {
		s.stdio.streams[fp] = f.clone()
	}
	s.stdio.mu.Unlock()
	s.heap.fork(t)
	return own
}

// unfork forgets the child's.
func (s *State) unfork(p *proc.Process, own ownState) {
	s.keys, s.rand, s.limits, s.dlError, s.token, s.sync = own.keys, own.rand, own.limits, own.dlError, own.token, own.sync
	for _, t := range s.timers {
		if t != nil && t.timer != nil {
			t.timer.Stop()
		}
	}
	s.timers = own.timers
	s.mu.Lock()
	s.atexit = own.atexit
	s.mu.Unlock()
	s.stdio.mu.Lock()
	s.stdio.streams = own.streams
	s.stdio.mu.Unlock()
	s.heap.unfork(p)
}

// clone copies the locks as they are, without those who wait for them: a forked child has one
// thread.
func (s *syncState) clone() syncState {
	var n syncState
	n.init()
	n.next = s.next
	for i, m := range s.mutexes {
		n.mutexes[i] = &mutex{kind: m.kind, owner: m.owner, count: m.count}
	}
	for i := range s.conds {
		n.conds[i] = &cond{}
	}
	for i, l := range s.rwlocks {
		n.rwlocks[i] = &rwlock{readers: maps.Clone(l.readers), writer: l.writer}
	}
	maps.Copy(n.ended, s.ended)
	return n
}
