package task

import (
	"cmp"
	"errors"
	"slices"
)

// Files knows which files stand behind a task's memory: on Darwin those that dyld
// has loaded, as Mach itself has no names of files, on Linux all.
type Files struct {
	parts []part // by address
}

type part struct {
	Segment
	path string
}

// Files looks up the segments of the images that the task has loaded. It fails
// like [Task.Images]; images that do not make sense are left out, as of a task
// that changes them. On Linux it asks the system, which knows the files of all
// mappings. The read port will do.
//
// Mach calls: those of [Task.Images] and [Task.Segments]; pid_for_task on Linux.
func (t *Task) Files() (*Files, error) {
	if f, err := t.systemFiles(); f != nil || err != nil {
		return f, err
	}
	images, err := t.Images()
	if err != nil {
		return nil, err
	}
	f := new(Files)
	for _, m := range images.List {
		list, err := t.Segments(m)
		if errors.Is(err, ErrClosed) || t.ended(err) {
			return nil, err
		}
		for _, s := range list {
			f.parts = append(f.parts, part{s, m.Path})
		}
	}
	slices.SortStableFunc(f.parts, func(a, b part) int { return cmp.Compare(a.Address, b.Address) })
	return f, nil
}

// Of is the path of the file that a region begins with, and the name of its
// segment, such as "__TEXT", where the file has names for them. It is false for
// what belongs to no file that is known.
func (f *Files) Of(r Region) (path, segment string, ok bool) {
	if f == nil {
		return "", "", false
	}
	// Segments may share a place: the libraries of the shared cache have one
	// __LINKEDIT. The last that begins before is as good as any.
	i, _ := slices.BinarySearchFunc(f.parts, r.Address, func(p part, addr uint64) int {
		if p.Address <= addr {
			return -1
		}
		return 1
	})
	if i > 0 && f.parts[i-1].contains(r.Address) {
		return f.parts[i-1].path, f.parts[i-1].Name, true
	}
	return "", "", false
}
