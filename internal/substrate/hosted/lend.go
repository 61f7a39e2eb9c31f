//go:build linux && (amd64 || arm64)

package hosted

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/kernel/core"
)

// lend opens a file of ours in the process, so that it can be mapped there.
// Linux passes descriptors on only by sockets; but a process may open what
// another one has open by its name below /proc. done closes it again.
func (s *space) lend(m core.Mapping) (fd uint64, done func(), err error) {
	if s.t.Self() {
		return uint64(m.File.Fd()), func() {}, nil
	}
	path := "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/" + strconv.Itoa(int(m.File.Fd()))
	page := s.PageSize()
	note, err := s.call(unix.SYS_MMAP, 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uint64(0), 0)
	if err != nil {
		return 0, nil, err
	}
	defer s.call(unix.SYS_MUNMAP, note, page)
	if _, err := s.WriteAt(append([]byte(path), 0), note); err != nil {
		return 0, nil, err
	}
	at := int64(unix.AT_FDCWD)
	fd, err = s.call(unix.SYS_OPENAT, uint64(at), note, unix.O_RDWR|unix.O_CLOEXEC)
	if err == unix.EACCES || err == unix.EPERM {
		fd, err = s.call(unix.SYS_OPENAT, uint64(at), note, unix.O_RDONLY|unix.O_CLOEXEC)
	}
	if err != nil {
		return 0, nil, err
	}
	return fd, func() { s.call(unix.SYS_CLOSE, fd) }, nil
}
