//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// The Process holds its /proc/PID directory open. The kernel ties that
// directory to the process, not to the number: once the process has ended,
// every look-up in it fails with ESRCH, also if the pid is in use again.

// openProc opens a file of the process.
func (p *Process) openProc(name string, flags int) (fd int, err error) {
	err = p.dir.use(func(dir int) (err error) {
		for {
			fd, err = unix.Openat(dir, name, flags|unix.O_CLOEXEC, 0)
			if err != unix.EINTR {
				return err
			}
		}
	})
	return fd, err
}

// readProc reads a whole file of the process, appending to buf.
func (p *Process) readProc(name string, buf []byte) ([]byte, error) {
	fd, err := p.openProc(name, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	return readAll(fd, buf)
}

func readAll(fd int, buf []byte) ([]byte, error) {
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		if n <= 0 {
			return buf, nil
		}
		buf = buf[:len(buf)+n]
	}
}

// readFile reads a file that belongs to no process.
func readFile(path string, buf []byte) ([]byte, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, err
		}
		buf, err = readAll(fd, buf)
		unix.Close(fd)
		return buf, err
	}
}

// numbersIn appends the entries of a directory whose names are numbers.
func numbersIn(fd int, to []int) ([]int, error) {
	var buf [16 << 10]byte
	for {
		n, err := unix.Getdents(fd, buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return to, err
		}
		if n <= 0 {
			return to, nil
		}
		to = direntNumbers(buf[:n], to)
	}
}

// direntNumbers walks over linux_dirent64 records: inode 8 bytes, offset 8,
// record length 2, type 1, then the name with a zero behind it.
func direntNumbers(b []byte, to []int) []int {
	const header = 19
	for len(b) > header {
		size := int(b[16]) | int(b[17])<<8
		if size <= header || size > len(b) {
			return to
		}
		name := b[header:size]
		if i := bytes.IndexByte(name, 0); i >= 0 {
			name = name[:i]
		}
		if n, rest := parseUint(name); len(name) > 0 && len(rest) == 0 {
			to = append(to, int(n))
		}
		b = b[size:]
	}
	return to
}
