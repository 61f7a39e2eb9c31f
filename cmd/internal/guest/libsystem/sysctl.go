//go:build linux && (amd64 || arm64)

package libsystem

import (
	"encoding/binary"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/cmd/internal/guest/proc"
)

// The system that guests believe to run on.
const (
	osRelease = "24.6.0" // macOS 15.6
	osVersion = "15.6"
	osBuild   = "24G84"
)

func word32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
func word64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }
func text(s string) []byte   { return append([]byte(s), 0) }

func totalMemory() uint64 {
	var si unix.Sysinfo_t
	_ = unix.Sysinfo(&si)
	return uint64(si.Totalram) * uint64(si.Unit)
}

// machineName is hw.machine.
func machineName(a *cpu.Arch) string {
	if a == cpu.ARM64 {
		return "arm64"
	}
	return "x86_64"
}

// sysctlValue answers a sysctl by name; ok is false where there is none.
func sysctlValue(c *proc.Call, name string) (v []byte, ok bool) {
	a := c.Process.Arch
	arm := a == cpu.ARM64
	switch name {
	case "hw.ncpu", "hw.activecpu", "hw.logicalcpu", "hw.logicalcpu_max", "hw.physicalcpu", "hw.physicalcpu_max", "hw.availcpu":
		return word32(uint32(runtime.NumCPU())), true
	case "hw.pagesize", "vm.pagesize":
		if name == "hw.pagesize" {
			return word64(a.PageSize), true
		}
		return word32(uint32(a.PageSize)), true
	case "hw.memsize", "hw.physmem", "hw.usermem":
		return word64(totalMemory() &^ (a.PageSize - 1)), true // whole pages of the guest
	case "hw.byteorder":
		return word32(1234), true
	case "hw.cputype":
		return word32(a.CPUType), true
	case "hw.cpufamily":
		return word32(cpuFamily(a)), true
	case "hw.cpusubtype":
		return word32(2), true
	case "hw.cpu64bit_capable":
		return word32(1), true
	case "hw.cachelinesize":
		if arm {
			return word64(128), true
		}
		return word64(64), true
	case "hw.tbfrequency":
		return word64(c.Process.Timebase.Frequency()), true
	case "hw.machine":
		return text(machineName(a)), true
	case "hw.model":
		return text("darwinrun1,1"), true
	case "machdep.cpu.brand_string":
		return text("darwinrun emulated processor"), true
	case "kern.ostype":
		return text("Darwin"), true
	case "kern.osrelease":
		return text(osRelease), true
	case "kern.osversion":
		return text(osBuild), true
	case "kern.osproductversion":
		return text(osVersion), true
	case "kern.version":
		return text("Darwin Kernel Version " + osRelease + ": darwinrun"), true
	case "kern.osreleasetype":
		return text("User"), true
	case "kern.development": // 1 in kernels for debugging
		return word32(0), true
	case "kern.osrevision":
		return word32(199506), true
	case "kern.hostname":
		h, _ := os.Hostname()
		return text(h), true
	case "kern.maxfiles", "kern.maxfilesperproc":
		return word32(maxFiles), true
	case "kern.maxproc", "kern.maxprocperuid":
		return word32(4096), true
	case "kern.argmax":
		return word32(1 << 20), true
	case "kern.ngroups":
		return word32(16), true
	case "kern.ipc.somaxconn":
		return word32(128), true
	case "kern.osreldate", "kern.posix1version":
		return word32(200112), true
	case "kern.boottime":
		var si unix.Sysinfo_t
		_ = unix.Sysinfo(&si)
		return append(word64(uint64(time.Now().Unix()-int64(si.Uptime))), word64(0)...), true
	case "vm.loadavg":
		var si unix.Sysinfo_t
		_ = unix.Sysinfo(&si)
		v := make([]byte, 24)
		for i := range 3 { // both count in fixed point; Darwin's scale is 2048
			binary.LittleEndian.PutUint32(v[4*i:], uint32(uint64(si.Loads[i])*2048>>16))
		}
		binary.LittleEndian.PutUint64(v[16:], 2048)
		return v, true
	case "vm.swapusage":
		var si unix.Sysinfo_t
		_ = unix.Sysinfo(&si)
		total, free := uint64(si.Totalswap)*uint64(si.Unit), uint64(si.Freeswap)*uint64(si.Unit)
		v := append(append(word64(total), word64(free)...), word64(total-free)...)
		return append(append(v, word32(uint32(a.PageSize))...), word32(0)...), true
	case "kern.secure_kernel", "sysctl.proc_translated", "hw.optional.arm.FEAT_SME", "hw.optional.armv8_2_fhm":
		return word32(0), true
	case "hw.optional.arm64", "hw.optional.floatingpoint", "hw.optional.neon", "hw.optional.armv8_crc32", "hw.optional.armv8_1_atomics", "hw.optional.arm.FEAT_LSE",
		"hw.optional.arm.FEAT_AES", "hw.optional.arm.FEAT_SHA1", "hw.optional.arm.FEAT_SHA256", "hw.optional.arm.FEAT_PMULL":
		if arm {
			return word32(1), true
		}
	case "hw.optional.armv8_2_sha512", "hw.optional.armv8_2_sha3", "hw.optional.arm.FEAT_DIT":
		if arm {
			return word32(0), true
		}
	}
	return levelValue(a, name)
}

// mibs are the numeric names (xnu bsd/sys/sysctl.h) of the values above.
var mibs = map[[2]int32]string{
	{1, 1}: "kern.ostype", {1, 2}: "kern.osrelease", {1, 3}: "kern.osrevision", {1, 4}: "kern.version", {1, 6}: "kern.maxproc", {1, 7}: "kern.maxfiles",
	{1, 8}: "kern.argmax", {1, 10}: "kern.hostname", {1, 18}: "kern.ngroups", {1, 29}: "kern.maxfilesperproc", {1, 65}: "kern.osversion",
	{1, 21}: "kern.boottime", {2, 2}: "vm.loadavg", {2, 5}: "vm.swapusage",
	{6, 1}: "hw.machine", {6, 2}: "hw.model", {6, 3}: "hw.ncpu", {6, 4}: "hw.byteorder", {6, 5}: "hw.physmem", {6, 6}: "hw.usermem", {6, 7}: "vm.pagesize",
	{6, 16}: "hw.cachelinesize", {6, 24}: "hw.memsize", {6, 25}: "hw.availcpu",
}

// nameToNumbers asks for the numbers of a name; names that have none here get some of ours.
var nameToNumbers = [2]int32{0, 3}

const ownNumbers = 1000

func sysctlNumbers(c *proc.Call) {
	b, ok := c.Bytes(c.Arg(4), c.Arg(5))
	if !ok || len(b) > 256 {
		c.Fail(proc.EFAULT)
		return
	}
	name := strings.TrimRight(string(b), "\x00")
	if _, ok := sysctlValue(c, name); !ok {
		c.Fail(proc.ENOENT)
		return
	}
	for m, n := range mibs {
		if n == name {
			answerSysctl(c, append(word32(uint32(m[0])), word32(uint32(m[1]))...), c.Arg(2), c.Arg(3))
			return
		}
	}
	s := of(c)
	i := slices.Index(s.oids, name)
	if i < 0 {
		i = len(s.oids)
		s.oids = append(s.oids, name)
	}
	answerSysctl(c, append(word32(ownNumbers), word32(uint32(i))...), c.Arg(2), c.Arg(3))
}

// answerSysctl follows the protocol of sysctl's old and oldlen.
func answerSysctl(c *proc.Call, v []byte, old, oldLen uint64) {
	if oldLen == 0 {
		return
	}
	n := proc.At[uint64](c, oldLen)
	if n == nil {
		c.Fail(proc.EFAULT)
		return
	}
	if old == 0 {
		*n = uint64(len(v))
		return
	}
	part, e := fitSysctl(v, *n)
	if e != 0 {
		c.Fail(e)
		if e != proc.ENOMEM {
			return
		}
	}
	b, ok := c.Out(old, uint64(len(part)))
	if !ok {
		c.Fail(proc.EFAULT)
		return
	}
	*n = uint64(len(part))
	copy(b, part)
}

// fitSysctl is what goes into a buffer: as much as there is room for, with ENOMEM where that is
// not all (sysctl(3)). A number of 8 bytes may be asked for as an int, if it is one
// (xnu bsd/kern/kern_newsysctl.c, sysctl_io_number).
func fitSysctl(v []byte, room uint64) ([]byte, proc.Errno) {
	if room >= uint64(len(v)) {
		return v, 0
	}
	if room == 4 && len(v) == 8 {
		if n := int64(binary.LittleEndian.Uint64(v)); n != int64(int32(n)) {
			return nil, proc.ERANGE
		}
		return v[:4], 0
	}
	return v[:room], proc.ENOMEM
}

// sysctlByName reads a value; new ones are refused.
func sysctlByName(c *proc.Call, name string, old, oldLen, fresh uint64) {
	v, ok := sysctlValue(c, name)
	switch {
	case !ok:
		c.Fail(proc.ENOENT)
	case fresh != 0:
		c.Fail(proc.EPERM)
	default:
		answerSysctl(c, v, old, oldLen)
	}
}

func init() {
	on("sysctlbyname", func(c *proc.Call) {
		name, ok := c.String(c.Arg(0))
		if !ok {
			c.Fail(proc.EFAULT)
			return
		}
		sysctlByName(c, name, c.Arg(1), c.Arg(2), c.Arg(3))
	})
	on("sysctl", func(c *proc.Call) {
		n := c.Uint32(1)
		if n < 2 || n > 12 {
			c.Fail(proc.EINVAL)
			return
		}
		m := proc.Read[[2]int32](c, c.Arg(0))
		if m == nil {
			c.Fail(proc.EFAULT)
			return
		}
		if *m == nameToNumbers {
			sysctlNumbers(c)
			return
		}
		name, ok := mibs[*m]
		if i := int(m[1]); m[0] == ownNumbers && i >= 0 && i < len(of(c).oids) {
			name, ok = of(c).oids[i], true
		}
		if !ok || n != 2 {
			c.Fail(proc.ENOENT)
			return
		}
		sysctlByName(c, name, c.Arg(2), c.Arg(3), c.Arg(4))
	})
	on("uname", func(c *proc.Call) {
		b, ok := c.Out(c.Arg(0), 5*256)
		if !ok {
			c.Fail(proc.EFAULT)
			return
		}
		clear(b)
		h, _ := os.Hostname()
		for i, s := range []string{"Darwin", h, osRelease, "Darwin Kernel Version " + osRelease + ": darwinrun", machineName(c.Process.Arch)} {
			copy(b[256*i:256*i+255], s)
		}
	})
	on("sysconf", func(c *proc.Call) {
		switch c.Int(0) {
		case 1: // _SC_ARG_MAX
			c.Return(1 << 20)
		case 3: // _SC_CLK_TCK
			c.Return(100)
		case 5: // _SC_OPEN_MAX
			c.Return(maxFiles)
		case 29: // _SC_PAGESIZE
			c.Return(c.Process.Arch.PageSize)
		case 57, 58: // _SC_NPROCESSORS_CONF, ONLN
			c.ReturnInt(runtime.NumCPU())
		case 70, 71: // _SC_GETGR_R_SIZE_MAX, _SC_GETPW_R_SIZE_MAX
			c.Return(4096)
		case 200: // _SC_PHYS_PAGES
			c.Return(totalMemory() / c.Process.Arch.PageSize)
		default:
			c.Fail(proc.EINVAL)
		}
	})
	on("getpagesize", func(c *proc.Call) { c.Return(c.Process.Arch.PageSize) })
}
