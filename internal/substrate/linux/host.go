//go:build linux && (amd64 || arm64)

package linux

import (
	"bytes"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// PageSize gives the system's page size in bytes.
func PageSize() int { return os.Getpagesize() }

// ClockTicks gives the ticks a second in which /proc counts CPU time.
func ClockTicks() int { return clockTicks() }

var clockTicks = sync.OnceValue(func() int {
	const atCLKTCK = 17 // AT_CLKTCK of elf.h's auxiliary vector
	if vector, err := unix.Auxv(); err == nil {
		for _, entry := range vector {
			if entry[0] == atCLKTCK && entry[1] > 0 {
				return int(entry[1])
			}
		}
	}
	return 100 // USER_HZ of both architectures
})

// CPUTimes counts a CPU's time by use, in clock ticks since boot. Guest time
// is contained in User and Nice.
type CPUTimes struct {
	User, Nice, System, Idle, IOWait, IRQ, SoftIRQ, Steal, Guest, GuestNice uint64
}

// HostStat is /proc/stat.
type HostStat struct {
	Total           CPUTimes
	CPUs            []CPU // those on line, in order of their number
	ContextSwitches uint64
	BootTime        uint64 // seconds since 1970
	Forks           uint64
	Running         uint64
	Blocked         uint64
	Interrupts      uint64
	SoftInterrupts  uint64
}

// CPU is one processor's times.
type CPU struct {
	Number int
	Times  CPUTimes
}

// ParseHostStat reads the text of /proc/stat.
func ParseHostStat(text []byte) HostStat {
	var s HostStat
	eachLine(text, func(line []byte) {
		f := fields{line}
		key := f.next()
		switch string(key) {
		case "cpu":
			s.Total = parseCPUTimes(&f)
		case "ctxt":
			s.ContextSwitches = f.uint()
		case "btime":
			s.BootTime = f.uint()
		case "processes":
			s.Forks = f.uint()
		case "procs_running":
			s.Running = f.uint()
		case "procs_blocked":
			s.Blocked = f.uint()
		case "intr":
			s.Interrupts = f.uint()
		case "softirq":
			s.SoftInterrupts = f.uint()
		default:
			number, ok := bytes.CutPrefix(key, []byte("cpu"))
			if n, rest := parseUint(number); ok && len(number) > 0 && len(rest) == 0 {
				s.CPUs = append(s.CPUs, CPU{int(n), parseCPUTimes(&f)})
			}
		}
	})
	return s
}

func parseCPUTimes(f *fields) (c CPUTimes) {
	for _, to := range []*uint64{&c.User, &c.Nice, &c.System, &c.Idle, &c.IOWait,
		&c.IRQ, &c.SoftIRQ, &c.Steal, &c.Guest, &c.GuestNice} {
		*to = f.uint()
	}
	return c
}

// ReadHostStat reads /proc/stat.
func ReadHostStat() (HostStat, error) {
	text, err := readFile("/proc/stat", make([]byte, 0, 8<<10))
	return ParseHostStat(text), err
}

// Figures are named numbers, as /proc/meminfo and /proc/vmstat have them.
type Figures map[string]uint64

// ParseMeminfo reads the text of /proc/meminfo, in bytes (HugePages_ figures
// are counts).
func ParseMeminfo(text []byte) Figures {
	m := Figures{}
	eachKey(text, func(key string, value []byte) {
		n, rest := parseUint(value)
		if bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte("kB")) {
			n <<= 10
		}
		m[key] = n
	})
	return m
}

// ReadMeminfo reads /proc/meminfo: "MemTotal", "MemFree", "Active(file)", ...
func ReadMeminfo() (Figures, error) {
	text, err := readFile("/proc/meminfo", make([]byte, 0, 4<<10))
	return ParseMeminfo(text), err
}

// ParseVmstat reads the text of /proc/vmstat.
func ParseVmstat(text []byte) Figures {
	m := Figures{}
	eachLine(text, func(line []byte) {
		f := fields{line}
		if key := f.next(); len(key) > 0 {
			m[string(key)] = f.uint()
		}
	})
	return m
}

// ReadVmstat reads /proc/vmstat: "pgfault", "pswpin", "pgsteal_kswapd", ...
// nr_ figures are pages.
func ReadVmstat() (Figures, error) {
	text, err := readFile("/proc/vmstat", make([]byte, 0, 8<<10))
	return ParseVmstat(text), err
}

// Loadavg is /proc/loadavg. The averages are thousandths.
type Loadavg struct {
	One, Five, Fifteen uint64
	Runnable, Threads  uint64
	LastPID            int
}

// ParseLoadavg reads the text of /proc/loadavg.
func ParseLoadavg(text []byte) Loadavg {
	f := fields{text}
	var l Loadavg
	l.One = parseThousandths(f.next())
	l.Five = parseThousandths(f.next())
	l.Fifteen = parseThousandths(f.next())
	n, rest := parseUint(f.next())
	l.Runnable = n
	if len(rest) > 1 {
		l.Threads, _ = parseUint(rest[1:])
	}
	l.LastPID = int(f.uint())
	return l
}

func parseThousandths(b []byte) uint64 {
	n, rest := parseUint(b)
	n *= 1000
	if len(rest) > 0 && rest[0] == '.' {
		unit := uint64(100)
		for _, c := range rest[1:] {
			if c-'0' > 9 || unit == 0 {
				break
			}
			n += uint64(c-'0') * unit
			unit /= 10
		}
	}
	return n
}

// ReadLoadavg reads /proc/loadavg.
func ReadLoadavg() (Loadavg, error) {
	var buf [256]byte
	text, err := readFile("/proc/loadavg", buf[:0])
	return ParseLoadavg(text), err
}

// Uname holds the system's names.
type Uname struct{ System, Node, Release, Version, Machine string }

// ReadUname asks for the system's names.
func ReadUname() (Uname, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return Uname{}, err
	}
	return Uname{
		unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Nodename[:]),
		unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Version[:]),
		unix.ByteSliceToString(u.Machine[:]),
	}, nil
}
