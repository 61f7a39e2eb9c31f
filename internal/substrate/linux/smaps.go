//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// Usage is how a mapping, or a whole process, uses memory, in bytes.
type Usage struct {
	Size                       uint64
	RSS, PSS                   uint64 // resident; with shared pages divided among their users
	SharedClean, SharedDirty   uint64
	PrivateClean, PrivateDirty uint64
	Referenced, Anonymous      uint64
	LazyFree, AnonHuge         uint64
	Swap, SwapPSS, Locked      uint64
	KernelPageSize             uint64
	// VMFlags is smaps' line of two-letter flags: "rd wr mr mw me ac".
	VMFlags string
}

func (u *Usage) set(key string, value []byte) {
	var to *uint64
	switch key {
	case "Size":
		to = &u.Size
	case "Rss":
		to = &u.RSS
	case "Pss":
		to = &u.PSS
	case "Shared_Clean":
		to = &u.SharedClean
	case "Shared_Dirty":
		to = &u.SharedDirty
	case "Private_Clean":
		to = &u.PrivateClean
	case "Private_Dirty":
		to = &u.PrivateDirty
	case "Referenced":
		to = &u.Referenced
	case "Anonymous":
		to = &u.Anonymous
	case "LazyFree":
		to = &u.LazyFree
	case "AnonHugePages":
		to = &u.AnonHuge
	case "Swap":
		to = &u.Swap
	case "SwapPss":
		to = &u.SwapPSS
	case "Locked":
		to = &u.Locked
	case "KernelPageSize":
		to = &u.KernelPageSize
	case "VmFlags":
		u.VMFlags = string(bytes.TrimRight(value, " "))
		return
	default:
		return
	}
	*to = kilobytes(value)
}

// ParseSmaps calls f for each mapping in the text of an smaps file, until f
// returns false. The Mapping's Path shares text's memory.
func ParseSmaps(text []byte, f func(*Mapping, *Usage) bool) bool {
	var m Mapping
	var u Usage
	open, more := false, true
	eachLine(text, func(line []byte) {
		var next Mapping
		if ParseMapping(line, &next) {
			if open && more {
				more = f(&m, &u)
			}
			m, u, open = next, Usage{}, true
			return
		}
		if i := bytes.IndexByte(line, ':'); i > 0 {
			u.set(string(line[:i]), bytes.TrimLeft(line[i+1:], " "))
		}
	})
	if open && more {
		more = f(&m, &u)
	}
	return open && more
}

// Smaps tells how each mapping uses memory. It is slow: the kernel walks
// over every page. The arguments are reused between the calls of f.
func (p *Process) Smaps(f func(*Mapping, *Usage) bool) error {
	text, err := p.readProc(p.memoryName("smaps"), make([]byte, 0, 128<<10))
	if err != nil {
		return wrap("read smaps of", p.pid, 0, err)
	}
	ParseSmaps(text, f)
	return nil
}

// SmapsRollup tells how the whole process uses memory.
func (p *Process) SmapsRollup() (Usage, error) {
	text, err := p.readProc(p.memoryName("smaps_rollup"), make([]byte, 0, 2<<10))
	if err == unix.ENOENT && p.Alive() { // before Linux 4.14
		return p.sumSmaps()
	}
	if err != nil {
		return Usage{}, wrap("read smaps_rollup of", p.pid, 0, err)
	}
	var u Usage
	eachKey(text, u.set)
	return u, nil
}

func (p *Process) sumSmaps() (sum Usage, err error) {
	err = p.Smaps(func(_ *Mapping, u *Usage) bool {
		sum.RSS += u.RSS
		sum.PSS += u.PSS
		sum.SharedClean += u.SharedClean
		sum.SharedDirty += u.SharedDirty
		sum.PrivateClean += u.PrivateClean
		sum.PrivateDirty += u.PrivateDirty
		sum.Referenced += u.Referenced
		sum.Anonymous += u.Anonymous
		sum.LazyFree += u.LazyFree
		sum.AnonHuge += u.AnonHuge
		sum.Swap += u.Swap
		sum.SwapPSS += u.SwapPSS
		sum.Locked += u.Locked
		return true
	})
	return sum, err
}
