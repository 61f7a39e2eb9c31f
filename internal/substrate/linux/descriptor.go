//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"
	"sync"

	"golang.org/x/sys/unix"
)

// descriptor is a file that several goroutines use, and that may be closed
// meanwhile: closing waits for the users, so that none of them meets another
// file under the same number.
type descriptor struct {
	mu sync.RWMutex
	fd int // -1 if not open
}

// use calls f with the number, or gives ErrClosed.
func (d *descriptor) use(f func(fd int) error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.fd < 0 {
		return ErrClosed
	}
	return f(d.fd)
}

// put gives the descriptor a file, if it has none.
func (d *descriptor) put(fd int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd >= 0 {
		unix.Close(fd)
		return
	}
	d.fd = fd
}

func (d *descriptor) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd >= 0 {
		unix.Close(d.fd)
		d.fd = -1
	}
}

// discard closes the file without waiting for users: who has it in use closes
// it in the end. The tracer's thread must not wait for a reader of memory that
// the target is to bring (userfaultfd, FUSE).
func (d *descriptor) discard() {
	if !d.mu.TryLock() {
		go d.close()
		return
	}
	defer d.mu.Unlock()
	if d.fd >= 0 {
		unix.Close(d.fd)
		d.fd = -1
	}
}

// memoryFile is one of the files that show the process's memory, kept open
// after its first use. The kernel ties an open one to the address space, so
// that an exec makes it stale.
type memoryFile struct {
	descriptor
	name  string
	flags int
}

// errStale is what a user of a memoryFile says if it looks as if the address
// space behind it were gone.
var errStale = errors.New("the address space is gone")

// with calls f with the file, and once more with the file opened anew if f
// finds it stale. A second errStale is the caller's to read.
func (p *Process) with(m *memoryFile, f func(fd int) error) error {
	err := m.use(f)
	if err != errStale && err != ErrClosed {
		return err
	}
	m.close()
	fd, err := p.openMemory(m.name, m.flags)
	if err == unix.EACCES && m.flags == unix.O_RDWR {
		fd, err = p.openMemory(m.name, unix.O_RDONLY)
	}
	if err != nil {
		return err
	}
	m.put(fd)
	if err := p.dir.use(func(int) error { return nil }); err != nil {
		m.close() // Close may have been here before put
		return err
	}
	return m.use(f)
}
