package task

import "github.com/gomach/mach/internal/kernel/core"

// processUsage is what a substrate tells of a task without asking each of its threads,
// if it can: a task may have thousands. The times of threads and their switches may be 0.
func processUsage(t *core.Task) (core.Usage, error) {
	if s, ok := t.Sub.(interface{ ProcessUsage() (core.Usage, error) }); ok {
		return s.ProcessUsage()
	}
	return t.Sub.Usage()
}
