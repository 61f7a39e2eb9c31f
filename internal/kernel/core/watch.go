package core

import "time"

// watchPeriod is how long the end of a thread may go unnoticed; of a task with
// so many threads that looking takes long, watchShare times as long as that, but
// not longer than watchLimit: a busy machine makes any look take long.
const (
	watchPeriod = 50 * time.Millisecond
	watchShare  = 50
	watchLimit  = time.Second / 2
)

// watchThreads notices the ends of threads that somebody holds ports to, so
// that names of them die. It looks at the list of threads, which does not
// disturb them, and ends when there is nothing left to watch.
func (t *Task) watchThreads() {
	if !t.watching.CompareAndSwap(false, true) {
		return
	}
	go func() {
		timer := time.NewTimer(watchPeriod)
		defer timer.Stop()
		for {
			select {
			case <-t.dead:
				return
			case <-timer.C:
			}
			start := time.Now()
			if t.reap() > 0 {
				timer.Reset(min(max(watchPeriod, watchShare*time.Since(start)), watchLimit))
				continue
			}
			t.watching.Store(false)
			// A port may have been made just before.
			if t.reap() == 0 || !t.watching.CompareAndSwap(false, true) {
				return
			}
			timer.Reset(watchPeriod)
		}
	}()
}

// reap ends threads with ports that are not in the list any more, and counts
// the others with ports.
func (t *Task) reap() (left int) {
	var watched []*Thread
	for _, th := range t.Known() {
		if th.ported.Load() {
			watched = append(watched, th)
		}
	}
	if len(watched) == 0 {
		return 0
	}
	ids, err := t.Sub.Threads()
	if err != nil {
		return len(watched)
	}
	live := make(map[int]bool, len(ids))
	for _, id := range ids {
		live[id] = true
	}
	for _, th := range watched {
		if live[th.ID] {
			left++
		} else {
			th.End()
		}
	}
	return left
}
