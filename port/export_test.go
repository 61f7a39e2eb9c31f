package port

import "time"

// SetPatience changes how long LeakCheck waits for rights to go, and returns
// what it was.
func SetPatience(d time.Duration) time.Duration {
	was := patience
	patience = d
	return was
}
