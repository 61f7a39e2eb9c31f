//go:build linux && (amd64 || arm64)

package hosted

import (
	"errors"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/internal/kernel/core"
	"github.com/gomach/mach/internal/substrate/linux"
)

// Freeze implements core.Freezer.
func (s *space) Freeze(f func() error) error { return s.t.freeze(f) }

// OpenRegion opens the file behind a mapping: the very one if the system lets
// us, else the one that has its name now, if it is the same.
func (s *space) OpenRegion(r *core.Region) (*os.File, error) {
	dir := "/proc/" + strconv.Itoa(s.t.PID()) + "/"
	whole, _, err := s.t.p.MappingAt(r.Start) // r may be a part of a mapping
	if err != nil {
		return nil, err
	}
	links := []string{
		dir + "map_files/" + strconv.FormatUint(whole.Start, 16) + "-" + strconv.FormatUint(whole.End, 16),
		dir + "root" + string(whole.Path),
	}
	err = fs.ErrNotExist
	for _, name := range links {
		for _, mode := range []int{os.O_RDWR, os.O_RDONLY} {
			if mode == os.O_RDWR && !r.Shared {
				continue
			}
			var f *os.File
			if f, err = os.OpenFile(name, mode, 0); err != nil {
				continue
			}
			if sameFile(f, r) {
				return f, nil
			}
			f.Close()
			err = fs.ErrNotExist
		}
	}
	return nil, err
}

func sameFile(f *os.File, r *core.Region) bool {
	var st unix.Stat_t
	return unix.Fstat(int(f.Fd()), &st) == nil && st.Ino == r.Inode
}

// StatRegion implements core.RegionStatter by the page map.
func (s *space) StatRegion(r *core.Region) error {
	runs, err := s.t.p.PageRuns(nil, r.Start, r.End)
	if err != nil {
		return err
	}
	page := s.PageSize()
	for _, run := range runs {
		n := (min(run.End, r.End) - max(run.Start, r.Start)) / page
		switch {
		case run.Kind&linux.PageSwapped != 0:
			r.Swapped += n
		case run.Kind&linux.PageZero != 0: // costs nobody memory; smaps does not count it
		case run.Kind&linux.PagePresent != 0:
			r.Resident += n
			if run.Kind&linux.PageOfFile != 0 {
				r.SharedPages += n
			} else {
				r.Dirty += n
			}
		}
	}
	r.Refs = 1
	return nil
}

// Fork says whether a child gets the range.
func (s *space) Fork(addr, size uint64, keep bool) error {
	advice := unix.MADV_DONTFORK
	if keep {
		advice = unix.MADV_DOFORK
	}
	_, err := s.call(unix.SYS_MADVISE, addr, size, uint64(advice))
	return err
}

// CopyTo implements core.Copier where one of the two processes is ours: then
// the system copies straight from one into the other.
func (s *space) CopyTo(dst core.AddressSpace, to, from, size uint64) (uint64, error) {
	d, ok := dst.(*space)
	switch {
	case !ok:
		return 0, errors.ErrUnsupported
	case d.t.Self():
		return transfer(unix.SYS_PROCESS_VM_READV, s.t.p, to, from, size)
	case s.t.Self():
		n, err := transfer(unix.SYS_PROCESS_VM_WRITEV, d.t.p, from, to, size)
		return n, err
	}
	return 0, errors.ErrUnsupported
}

// transfer moves bytes between our memory at here and the process's at there.
// Any address may be asked for: the system checks both.
func transfer(call uintptr, p *linux.Process, here, there, size uint64) (done uint64, err error) {
	const most = 1 << 30
	for done < size {
		n := min(size-done, most)
		local, remote := [2]uint64{here + done, n}, [2]uint64{there + done, n}
		got, errno := vector(call, p.PID(), &local, &remote)
		if errno != 0 {
			return done, errno
		}
		if got == 0 {
			return done, unix.EFAULT
		}
		done += uint64(got)
	}
	if !p.Alive() {
		return 0, linux.ErrProcessGone // the pid may have meant another one
	}
	return done, nil
}
