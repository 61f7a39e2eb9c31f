//go:build linux && (amd64 || arm64)

package host

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gomach/mach"
	"github.com/gomach/mach/internal/substrate/linux"
)

// ThisMachine is the machine that this process runs on.
func ThisMachine() Machine { return linuxMachine{} }

type linuxMachine struct{}

func (linuxMachine) PageSize() uint64 { return uint64(linux.PageSize()) }

// ticks turns /proc's clock ticks into Darwin's.
func ticks(n uint64) Ticks {
	hz := uint64(linux.ClockTicks())
	return Ticks(n/hz*100 + n%hz*100/hz)
}

func (linuxMachine) CPUs() ([]CPU, error) {
	s, err := linux.ReadHostStat()
	if err != nil {
		return nil, err
	}
	out := make([]CPU, len(s.CPUs))
	for i, c := range s.CPUs {
		t := c.Times
		out[i] = CPU{
			Number: c.Number,
			User:   ticks(t.User),
			Nice:   ticks(t.Nice),
			// Time in which the hypervisor ran others is neither idle nor ours;
			// Darwin has no state for it.
			System: ticks(t.System + t.IRQ + t.SoftIRQ + t.Steal),
			Idle:   ticks(t.Idle + t.IOWait),
		}
	}
	return out, nil
}

func (m linuxMachine) Memory() (MemoryFigures, error) {
	mem, err := linux.ReadMeminfo()
	if err != nil {
		return MemoryFigures{}, err
	}
	vm, err := linux.ReadVmstat()
	if err != nil {
		return MemoryFigures{}, err
	}
	page := m.PageSize()
	return MemoryFigures{
		Total:          mem["MemTotal"] / page,
		Free:           mem["MemFree"] / page,
		Active:         mem["Active"] / page,
		Inactive:       mem["Inactive"] / page,
		External:       (mem["Active(file)"] + mem["Inactive(file)"]) / page,
		Internal:       (mem["Active(anon)"] + mem["Inactive(anon)"]) / page,
		Swapped:        (mem["SwapTotal"] - min(mem["SwapFree"], mem["SwapTotal"])) / page,
		Faults:         vm["pgfault"],
		Reactivations:  vm["pgactivate"],
		Pageins:        vm["pgpgin"] << 10 / page, // counted in KiB
		Pageouts:       vm["pgpgout"] << 10 / page,
		Swapins:        vm["pswpin"],
		Swapouts:       vm["pswpout"],
		Purges:         vm["pglazyfreed"],
		Compressions:   vm["zswpout"],
		Decompressions: vm["zswpin"],
		Compressor:     mem["Zswap"] / page,
		Uncompressed:   mem["Zswapped"] / page,
	}, nil
}

func (linuxMachine) Topology() (Topology, error) {
	t, err := linux.ReadTopology()
	if err != nil {
		return Topology{}, err
	}
	mem, err := linux.ReadMeminfo()
	if err != nil {
		return Topology{}, err
	}
	out := Topology{
		Logical: len(t.Processors), Physical: t.Cores, Possible: t.Possible,
		Memory: mem["MemTotal"],
	}
	if runtime.GOARCH == "arm64" {
		out.CPUType, out.CPUSubtype = mach.CPU_TYPE_ARM64, mach.CPU_SUBTYPE_ARM64_ALL
		return out, nil
	}
	// The processor's own type is the 32-bit one, whatever programs run (xnu
	// osfmk/i386/cpuid.c).
	out.CPUType, out.CPUSubtype = mach.CPU_TYPE_X86, mach.CPU_SUBTYPE_X86_ARCH1
	if len(t.Processors) > 0 && haswell(t.Processors[0].Fields["flags"]) {
		out.CPUSubtype = mach.CPU_SUBTYPE_X86_64_H
	}
	return out, nil
}

// haswell reports whether a processor has the features by which Darwin tells
// x86_64h from x86_64 (xnu osfmk/i386/AT386/model_dep.c).
func haswell(flags string) bool {
	have := map[string]bool{}
	for _, f := range strings.Fields(flags) {
		have[f] = true
	}
	for _, f := range []string{"fma", "bmi1", "bmi2", "avx2", "movbe", "abm"} {
		if !have[f] {
			return false
		}
	}
	return true
}

func (linuxMachine) Load() (Load, error) {
	l, err := linux.ReadLoadavg()
	return Load{l.One, l.Five, l.Fifteen, int(l.Threads)}, err
}

func (linuxMachine) Version() (string, error) {
	u, err := linux.ReadUname()
	if err != nil {
		return "", err
	}
	return u.System + " Kernel Version " + u.Release + ": " + u.Version +
		"; root:" + strings.ToLower(u.System) + "-" + u.Release + "/RELEASE_" + strings.ToUpper(u.Machine), nil
}

func (linuxMachine) BootArgs() (string, error) {
	text, err := os.ReadFile("/proc/cmdline")
	return strings.TrimRight(string(text), "\n"), err
}

func (linuxMachine) Expired() (user, system Ticks, err error) {
	pids, err := linux.PIDs()
	if err != nil {
		return 0, 0, err
	}
	var liveUser, liveSystem uint64
	for _, pid := range pids {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			continue // it has ended meanwhile
		}
		if s, ok := linux.ParseStat(text); ok {
			liveUser += s.UTime
			liveSystem += s.STime
		}
	}
	// Read after the processes, so that what they use meanwhile is in both.
	s, err := linux.ReadHostStat()
	if err != nil {
		return 0, 0, err
	}
	all := s.Total.User + s.Total.Nice
	return ticks(all - min(all, liveUser)), ticks(s.Total.System - min(s.Total.System, liveSystem)), nil
}

func (linuxMachine) Interrupts(cpu int) (Interrupts, error) {
	all, err := linux.ReadInterrupts()
	if err != nil {
		return Interrupts{}, err
	}
	for _, x := range all {
		if x.CPU == cpu {
			return Interrupts{x.All, x.Timer, x.Others}, nil
		}
	}
	return Interrupts{}, fs.ErrNotExist
}

func (linuxMachine) TimeSlice() (int, error) {
	text, err := os.ReadFile("/proc/sys/kernel/sched_rr_timeslice_ms")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(bytes.TrimSpace(text)))
}

func (linuxMachine) Processes() (int, error) {
	pids, err := linux.PIDs()
	return len(pids), err
}

func (linuxMachine) ClockSet(stop <-chan struct{}) bool {
	fd, err := unix.TimerfdCreate(unix.CLOCK_REALTIME, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		<-stop
		return false
	}
	// A timer that is to be cancelled when the clock is set: reading it fails
	// with ECANCELED then. It is due in a year, and armed again if that comes.
	timer := os.NewFile(uintptr(fd), "timerfd")
	defer timer.Close()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-stop:
			timer.SetReadDeadline(time.Unix(1, 0))
		case <-done:
		}
	}()
	for {
		var at unix.ItimerSpec
		at.Value.Sec = time.Now().AddDate(1, 0, 0).Unix()
		if unix.TimerfdSettime(fd, unix.TFD_TIMER_ABSTIME|unix.TFD_TIMER_CANCEL_ON_SET, &at, nil) != nil {
			<-stop
			return false
		}
		var b [8]byte
		switch _, err := timer.Read(b[:]); {
		case errors.Is(err, unix.ECANCELED):
			return true
		case err != nil:
			return false
		}
	}
}

func (linuxMachine) Zones() ([]Zone, error) {
	text, err := os.ReadFile("/proc/slabinfo")
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errors.ErrUnsupported
		}
		return nil, err
	}
	return parseSlabs(string(text), os.Getpagesize()), nil
}

// parseSlabs reads the text of /proc/slabinfo: a version line, a line of
// titles, then name, active and all objects, size, objects a slab, pages a
// slab, and tuning figures that do not matter here.
func parseSlabs(text string, page int) []Zone {
	var out []Zone
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) < 6 || f[0] == "slabinfo" || f[0] == "#" {
			continue
		}
		var n [5]uint64
		ok := true
		for i := range n {
			v, err := strconv.ParseUint(f[i+1], 10, 64)
			ok = ok && err == nil
			n[i] = v
		}
		if ok {
			out = append(out, Zone{Name: f[0], Active: n[0], Count: n[1], ElemSize: n[2], AllocBytes: n[4] * uint64(page)})
		}
	}
	return out
}
