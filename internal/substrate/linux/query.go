//go:build linux && (amd64 || arm64)

package linux

import (
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// procmapQuery is struct procmap_query of linux/fs.h, in which Linux 6.11
// and newer look up one mapping without writing out any text.
type procmapQuery struct {
	Size                 uint64
	Flags                uint64
	Addr                 uint64
	Start, End           uint64
	VMAFlags             uint64
	PageSize             uint64
	Offset               uint64
	Inode                uint64
	Major, Minor         uint32
	NameSize, BuildIDLen uint32
	NameAddr             uint64
	BuildIDAddr          uint64
}

const (
	procmapQueryRequest = 0xc0686611 // PROCMAP_QUERY: _IOWR('f', 17, struct procmap_query)
	queryCoveringOrNext = 0x10       // PROCMAP_QUERY_COVERING_OR_NEXT_VMA
	queryPermissions    = 0xf        // read, write, exec, shared: Perm's order
)

// MappingAt finds the mapping that contains addr, or else the next one
// behind it; found is false if there is neither. The kernel is asked directly
// where it can be (Linux 6.11), else the maps are read.
func (p *Process) MappingAt(addr uint64) (m Mapping, found bool, err error) {
	return p.mappingAt(addr, true)
}

// MappingAtUnnamed is MappingAt without the Path, and faster for it.
func (p *Process) MappingAtUnnamed(addr uint64) (m Mapping, found bool, err error) {
	return p.mappingAt(addr, false)
}

func (p *Process) mappingAt(addr uint64, named bool) (m Mapping, found bool, err error) {
	m, found, err = p.queryMapping(addr, named)
	switch err {
	case nil:
		if gate := gateMapping(); !found && gate.End > addr && !p.Exited() {
			return gate, true, nil
		}
		return m, found, nil
	case unix.ENOTTY, unix.EINVAL, unix.ENAMETOOLONG:
	default:
		return m, false, wrap("read mappings of", p.pid, 0, err)
	}
	for have, err := range p.Maps() {
		if err != nil {
			return Mapping{}, false, err
		}
		if have.End > addr {
			m = *have
			m.Path = append([]byte(nil), have.Path...)
			return m, true, nil
		}
	}
	return Mapping{}, false, nil
}

func (p *Process) queryMapping(addr uint64, named bool) (m Mapping, found bool, err error) {
	q := procmapQuery{Flags: queryCoveringOrNext, Addr: addr}
	q.Size = uint64(len(bytesOf(&q)))
	var name []byte
	if named {
		name = make([]byte, unix.PathMax)
		q.NameSize, q.NameAddr = uint32(len(name)), addressOf(name)
	}
	err = p.with(&p.maps, func(fd int) error {
		_, err := ioctl(fd, procmapQueryRequest, &q)
		if err == unix.ESRCH {
			return errStale
		}
		return err
	})
	runtime.KeepAlive(name)
	if err == unix.ENOENT {
		return m, false, nil // nothing at addr or behind it
	}
	if err == errStale {
		err = unix.ESRCH
	}
	if err != nil {
		return m, false, err
	}
	m = Mapping{
		Start: q.Start, End: q.End, Perm: Perm(q.VMAFlags & queryPermissions),
		Offset: q.Offset, Major: q.Major, Minor: q.Minor, Inode: q.Inode,
	}
	if n := int(q.NameSize); n > 1 && n <= len(name) {
		m.Path = name[:n-1]
	}
	return m, true, nil
}

// gateMapping is amd64's [vsyscall] page, which the maps show in every
// process and the query does not know. It is empty where there is none.
var gateMapping = sync.OnceValue(func() (gate Mapping) {
	p, err := Self()
	if err != nil {
		return gate
	}
	defer p.Close()
	for m, err := range p.Maps() {
		if err == nil && string(m.Path) == "[vsyscall]" {
			gate = *m
			gate.Path = []byte("[vsyscall]")
		}
	}
	return gate
})
