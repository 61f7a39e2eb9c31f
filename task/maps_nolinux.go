//go:build !linux

package task

func (t *Task) otherImages() (*Images, error) { return nil, ErrNoImages }

// systemFiles is nil where the system has no list of a process's files.
func (t *Task) systemFiles() (*Files, error) { return nil, nil }
