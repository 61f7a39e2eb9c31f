//go:build linux && (amd64 || arm64)

package linux

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Range is a piece of a process's address space.
type Range struct {
	Addr uint64
	Size uint64
}

const (
	maxVectors  = 1024 // UIO_MAXIOV
	maxTransfer = 0x7ffff000
)

// ReadAt reads len(buf) bytes at addr. On a fault it gives the number of
// bytes read before it and an error that is ErrFault. For the own process
// any address is safe to ask for.
func (p *Process) ReadAt(buf []byte, addr uint64) (int, error) {
	return p.access("read memory of", buf, addr, false)
}

// WriteAt writes buf at addr, also to pages that are mapped without write
// permission (private ones get a copy, as with a debugger's breakpoint). On a
// fault it gives the number of bytes written before it and ErrFault.
//
// For the own process a read-only page is not written: that is an ErrFault,
// as a store would fault.
func (p *Process) WriteAt(buf []byte, addr uint64) (int, error) {
	return p.access("write memory of", buf, addr, true)
}

// WriteAtChecked is WriteAt that heeds page protections: it fails with
// ErrFault where the process itself could not write.
func (p *Process) WriteAtChecked(buf []byte, addr uint64) (int, error) {
	n, err := p.transfer(buf, addr, true)
	return n, wrap("write memory of", p.pid, 0, err)
}

func (p *Process) access(op string, buf []byte, addr uint64, write bool) (int, error) {
	n, err := p.transfer(buf, addr, write)
	if err == nil || (p.self && err == unix.EFAULT) {
		return n, wrap(op, p.pid, 0, err)
	}
	if err != unix.EFAULT && err != unix.ENOSYS && err != unix.EPERM {
		return n, wrap(op, p.pid, 0, err)
	}
	// The second way: /proc/PID/mem heeds no protections, and exists where
	// the first call does not.
	more, memErr := p.throughMem(buf[n:], addr+uint64(n), write)
	n += more
	if n == len(buf) {
		return n, nil
	}
	if memErr == ErrClosed || memErr == unix.ESRCH || memErr != nil && err != unix.EFAULT {
		err = memErr
	}
	return n, wrap(op, p.pid, 0, err)
}

// transfer moves memory by process_vm_readv or process_vm_writev.
func (p *Process) transfer(buf []byte, addr uint64, write bool) (done int, err error) {
	if write && !p.Alive() {
		return 0, unix.ESRCH
	}
	for tries := 0; done < len(buf); {
		part := buf[done:min(len(buf), done+maxTransfer)]
		at := addr + uint64(done)
		if at < addr {
			return done, unix.EFAULT
		}
		var local [1]unix.Iovec
		var remote [1]unix.RemoteIovec
		local[0].Base = &part[0]
		local[0].SetLen(len(part))
		remote[0] = unix.RemoteIovec{Base: uintptr(at), Len: len(part)}
		var n int
		if write {
			n, err = unix.ProcessVMWritev(p.bearer(), local[:], remote[:], 0)
		} else {
			n, err = unix.ProcessVMReadv(p.bearer(), local[:], remote[:], 0)
		}
		if err == unix.ESRCH && p.otherBearer(&tries) {
			continue
		}
		if err != nil {
			break
		}
		if n <= 0 {
			err = unix.EFAULT
			break
		}
		done += n
	}
	if !write && !p.Alive() {
		return 0, unix.ESRCH // the pid may have meant another process
	}
	return done, err
}

// throughMem moves memory by /proc/PID/mem.
func (p *Process) throughMem(buf []byte, addr uint64, write bool) (done int, err error) {
	err = p.with(&p.mem, func(fd int) error {
		for done < len(buf) {
			at := addr + uint64(done)
			if at < addr || int64(at) < 0 {
				return unix.EFAULT
			}
			var n int
			var err error
			if write {
				n, err = unix.Pwrite(fd, buf[done:], int64(at))
			} else {
				n, err = unix.Pread(fd, buf[done:], int64(at))
			}
			switch {
			case err == unix.EINTR:
				continue
			case err == unix.EIO:
				return unix.EFAULT
			case err != nil:
				return err
			case n <= 0:
				return errStale
			}
			done += n
		}
		return nil
	})
	if err == errStale {
		err = unix.EFAULT
	}
	return done, err
}

// ReadRanges reads several ranges into buf, one behind the other, in as few
// system calls as can be. It stops at the first fault, and gives the bytes
// read before it.
func (p *Process) ReadRanges(buf []byte, ranges []Range) (int, error) {
	return p.ranges("read memory of", buf, ranges, false)
}

// WriteRanges writes buf, cut up by the ranges' sizes; otherwise as
// ReadRanges. Like WriteAt it writes read-only pages of other processes.
func (p *Process) WriteRanges(buf []byte, ranges []Range) (int, error) {
	return p.ranges("write memory of", buf, ranges, true)
}

func (p *Process) ranges(op string, buf []byte, ranges []Range, write bool) (int, error) {
	done := 0
	for len(ranges) > 0 {
		batch := ranges[:min(len(ranges), maxVectors)]
		ranges = ranges[len(batch):]
		n, err := p.batch(op, buf[done:], batch, write)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (p *Process) batch(op string, buf []byte, batch []Range, write bool) (int, error) {
	remote := make([]unix.RemoteIovec, 0, len(batch))
	total := uint64(0)
	for _, r := range batch {
		if r.Size > uint64(len(buf))-total {
			return 0, wrap(op, p.pid, 0, errShortBuffer)
		}
		total += r.Size
		if r.Size > 0 {
			remote = append(remote, unix.RemoteIovec{Base: uintptr(r.Addr), Len: int(r.Size)})
		}
	}
	if total == 0 {
		return 0, nil
	}
	n := 0
	if total <= maxTransfer && (!write || p.Alive()) {
		var err error
		var local [1]unix.Iovec
		local[0].Base = &buf[0]
		local[0].SetLen(int(total))
		if write {
			n, err = unix.ProcessVMWritev(p.bearer(), local[:], remote, 0)
		} else {
			n, err = unix.ProcessVMReadv(p.bearer(), local[:], remote, 0)
		}
		if n = max(n, 0); uint64(n) == total && err == nil && (write || p.Alive()) {
			return n, nil
		}
	}
	// Part of it failed: go on range by range from there, by the slower way
	// that knows how to do the rest or say why not.
	skip, done := uint64(n), n
	for _, r := range batch {
		if skip >= r.Size {
			skip -= r.Size
			continue
		}
		got, err := p.access(op, buf[done:done+int(r.Size-skip)], r.Addr+skip, write)
		done += got
		skip = 0
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

var errShortBuffer = errors.New("the buffer is shorter than the ranges")
