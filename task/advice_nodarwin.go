//go:build !darwin

package task

// explainOpen says why a process was not to be opened: the hosted kernel has
// reported it.
func explainOpen(_ string, pid int, err error) error { return Explain(pid, err) }
