package core

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gomach/mach/task"
)

// Options change how a core is written. The zero Options are usual.
type Options struct {
	// Progress is told now and then how many bytes of memory are written, of how
	// many: at the end, of all. The task may be stopped meanwhile. It is called by
	// one goroutine at a time.
	Progress func(done, total uint64)
	// Modified leaves out memory that is the same in a file: code and constants of
	// programs and libraries. The core needs those files then.
	Modified bool
	// SharedCache saves what is in submaps, such as the code of Darwin's shared
	// cache of libraries: gigabytes that are the same for all processes.
	SharedCache bool
	// Buffer is how many bytes reading may be ahead of writing: a task that has less
	// memory than that is stopped only while it is read. 0 is 64 MiB.
	Buffer uint64
	// Ready is called while the task is stopped, before anything is read: the place
	// to look at what has to be of the same moment. An error of it ends the write.
	Ready func(context.Context) error
}

const defaultBuffer = 64 << 20

// Report tells what was written.
type Report struct {
	Threads, Regions int           // of the process; threads that ended meanwhile do not count
	Saved            uint64        // bytes of memory that are in the core
	Zeros            uint64        // bytes of Saved that are zeros: holes in a file of Create
	Unreadable       uint64        // bytes of Saved that could not be read, and are zeros
	Size             uint64        // bytes of the file, with its holes
	Stopped          time.Duration // how long the task was stopped
}

// Write writes a core of a task to w, from its beginning to its end. The task is
// stopped while it is read; see the package comment. It takes the control port, or
// the read port where the system permits it to suspend.
//
// If ctx ends, Write fails with its error, and the task runs on at once. What w has
// got so far is no core then. It fails with [mach.KERN_INVALID_ARGUMENT] for the
// program's own task, and like [task.Task.ReadMemory] when the task ends.
//
// Mach calls: those of [task.Task.Suspended], [task.Task.Threads],
// [task.Thread.Registers], [task.Task.Regions] and [task.Task.ReadMemory].
func Write(ctx context.Context, w io.Writer, t *task.Task, o Options) (Report, error) {
	if w == nil {
		return Report{}, errors.New("core: there is no writer")
	}
	return write(ctx, &stream{w: w}, t, o)
}

// Create writes a core of a task to a file, with holes where memory is zeros. The
// file appears, and takes the place of another one, when it is complete; who may not
// read the memory of others may not read it either (its mode is 0600). Otherwise it is
// [Write].
func Create(ctx context.Context, path string, t *task.Task, o Options) (Report, error) {
	out, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return Report{}, err
	}
	r, err := write(ctx, &sparse{f: out}, t, o)
	if e := out.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(out.Name(), path)
	}
	if err != nil {
		return r, errors.Join(err, os.Remove(out.Name()))
	}
	return r, nil
}

// write runs the two sides: this goroutine reads, another one writes.
func write(ctx context.Context, to sink, t *task.Task, o Options) (Report, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	p := newPipe(o.Buffer)
	written := make(chan error, 1)
	go func() {
		err := p.drain(ctx, to, o.Progress)
		if err != nil {
			cancel(err)
		}
		written <- err
	}()
	var r Report
	files := fileMap(t)
	begin := time.Now()
	err := t.Suspended(ctx, func(ctx context.Context) error {
		begin = time.Now()
		if o.Ready != nil {
			if err := o.Ready(ctx); err != nil {
				return err
			}
		}
		d := &dump{task: t.WithContext(ctx), options: o, files: files, pipe: p, report: &r}
		return d.run(ctx)
	})
	r.Stopped = time.Since(begin)
	if err != nil {
		cancel(err)
	}
	close(p.full)
	if e := <-written; e != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = e
	}
	r.Zeros = p.zeros
	if err == nil {
		err = to.finish()
	}
	if err != nil {
		return r, fmt.Errorf("core: %w", err)
	}
	return r, nil
}

// files are what the process has loaded, looked up before it is stopped.
type files struct {
	files  *task.Files
	images []Image
}

func fileMap(t *task.Task) files {
	var f files
	f.files, _ = t.Files()
	list, err := t.Images()
	if err != nil {
		return f
	}
	for _, m := range list.List {
		x := Image{Address: m.Address, Path: m.Path}
		x.UUID, _ = t.UUID(m)
		if parts, err := t.Segments(m); err == nil {
			for _, s := range parts {
				x.Segments = append(x.Segments, ImageSegment{s.Name, s.Address})
			}
		}
		f.images = append(f.images, x)
	}
	return f
}
