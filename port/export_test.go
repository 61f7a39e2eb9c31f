package port

// LoopWaits is how many goroutines wait in a loop.
func LoopWaits(l *Loop) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.members {
		for s := m.first; s != nil; s = s.next {
			n++
		}
	}
	return n
}
