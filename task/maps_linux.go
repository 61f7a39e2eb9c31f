package task

import (
	"fmt"
	"os"
)

// mappings asks Linux for the mappings of a process. The task has to live
// afterwards: its number may have been another's.
func (t *Task) mappings() (list []mapping, pid int, err error) {
	if pid, err = t.PID(); err != nil {
		return nil, 0, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if _, e := t.PID(); e != nil {
		return nil, 0, e
	}
	if err != nil {
		return nil, 0, fmt.Errorf("task: mappings of process %d: %w", pid, err)
	}
	return parseMaps(text), pid, nil
}

// otherImages finds the images of a process that dyld has not loaded.
func (t *Task) otherImages() (*Images, error) {
	list, pid, err := t.mappings()
	if err != nil {
		return nil, err
	}
	program, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	i := imagesOf(t, list, program)
	if err := t.over(); err != nil {
		return nil, err
	}
	if len(i.List) == 0 {
		return nil, ErrNoImages
	}
	return i, nil
}

// systemFiles asks the system, which knows the files of all regions.
func (t *Task) systemFiles() (*Files, error) {
	list, _, err := t.mappings()
	if err != nil {
		return nil, err
	}
	return filesOf(list), nil
}
