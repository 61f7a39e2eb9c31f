//go:build linux && (amd64 || arm64)

package libsystem

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// Functions of libproc (<libproc.h>), for the calling process only. They return the length of
// what they store, or 0 and errno.
const (
	maxPath         = 1024   // MAXPATHLEN
	processNameSize = 2 * 16 // 2*MAXCOMLEN (libproc.c)
)

// procString answers with a string of the calling process; the buffer must have room for at
// least some bytes, as libproc checks first.
func procString(least uint32, value func(c *proc.Call) (string, proc.Errno), buffer int) func(*proc.Call) {
	return func(c *proc.Call) {
		fail := func(e proc.Errno) {
			c.Fail(e)
			c.Return(0)
		}
		n := c.Uint32(buffer + 1)
		if n < least {
			fail(proc.ENOMEM)
			return
		}
		if pid := c.Int(0); pid != of(c).pid() {
			fail(proc.ESRCH)
			return
		}
		v, e := value(c)
		if e != 0 {
			fail(e)
			return
		}
		b := append([]byte(v), 0)
		if uint64(len(b)) > uint64(n) {
			b = append(b[:n-1:n-1], 0)
		}
		if to, ok := to(c, c.Arg(buffer), uint64(len(b))); ok {
			copy(to, b)
			c.ReturnInt(len(b) - 1)
		}
	}
}

func init() {
	on("proc_regionfilename", procString(maxPath, func(c *proc.Call) (string, proc.Errno) { return fileAt(c, c.Arg(1)) }, 2))
	on("proc_pidpath", procString(maxPath, func(c *proc.Call) (string, proc.Errno) { return of(c).GuestPath(c.Process.Path), 0 }, 1))
	on("proc_name", procString(processNameSize, func(c *proc.Call) (string, proc.Errno) {
		name := filepath.Base(c.Process.Path)
		return name[:min(len(name), processNameSize-1)], 0
	}, 1))
}

// fileAt is the file that the memory at an address, or at the next one that is mapped, comes
// from; "" where that is none.
func fileAt(c *proc.Call, address uint64) (string, proc.Errno) {
	r, ok := c.Process.Space.Lookup(address)
	if !ok {
		return "", proc.EINVAL // xnu bsd/kern/proc_info.c proc_pidregionpath
	}
	at := max(address, r.Start)
	if c.Process.Main.Contains(at) {
		return of(c).GuestPath(c.Process.Path), 0
	}
	return of(c).GuestPath(hostFileAt(at)), 0
}

// hostFileAt asks the host which file is mapped at an address.
func hostFileAt(address uint64) string {
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.SplitN(lines.Text(), " ", 6)
		low, high, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(low, 16, 64)
		end, err2 := strconv.ParseUint(high, 16, 64)
		if err1 != nil || err2 != nil || address < start || address >= end || len(fields) < 6 {
			continue
		}
		if name := strings.TrimSpace(fields[5]); strings.HasPrefix(name, "/") {
			return name
		}
		return ""
	}
	return ""
}
