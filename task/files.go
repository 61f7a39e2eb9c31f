package task

import (
	"cmp"
	"errors"
	"slices"
)

// Files knows which files stand behind a task's memory, as far as dyld has
// loaded them. Mach itself has no names of files.
type Files struct {
	parts   []part // by address
	objects map[uint64]string
}

type part struct {
	Segment
	path string
}

// Files looks up the segments of the images that the task has loaded. It fails
// like [Task.Images]; images that do not make sense are left out, as of a task
// that changes them. The read port will do.
//
// Mach calls: those of [Task.Images] and [Task.Segments], and of
// [Task.RegionAt] for images that are no Mach-O files.
func (t *Task) Files() (*Files, error) {
	images, err := t.Images()
	if err != nil {
		return nil, err
	}
	f := &Files{objects: map[uint64]string{}}
	for _, m := range images.List {
		list, err := t.Segments(m)
		switch {
		case errors.Is(err, ErrClosed):
			return nil, err
		case errors.Is(err, ErrNotMachO):
			// The regions of the object that the header is in are of the
			// same file.
			if r, err := t.RegionAt(m.Address); err == nil && r.External && r.Object != 0 {
				f.objects[r.Object] = m.Path
			}
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
// what belongs to no image.
func (f *Files) Of(r *Region) (path, segment string, ok bool) {
	if f == nil || r == nil {
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
	if r.External && r.Object != 0 {
		path, ok = f.objects[r.Object]
	}
	return path, "", ok
}
