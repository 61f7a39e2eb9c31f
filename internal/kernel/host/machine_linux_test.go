//go:build linux && (amd64 || arm64)

package host

import (
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach"
)

// number finds a figure of /proc with other means than the code under test.
func number(t *testing.T, file, pattern string) uint64 {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skip(err)
	}
	m := regexp.MustCompile(pattern).FindSubmatch(text)
	if m == nil {
		t.Skipf("%s has no %s", file, pattern)
	}
	n, err := strconv.ParseUint(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// between checks a figure that goes up while we look.
func between(t *testing.T, name string, low, got, high uint64) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s is %d; /proc had %d before and %d after", name, got, low, high)
	}
}

func TestTicksEqualProc(t *testing.T) {
	const user, idle = `cpu +(\d+)`, `cpu +\d+ \d+ \d+ (\d+)`
	user0, idle0 := number(t, "/proc/stat", user), number(t, "/proc/stat", idle)
	cpus, err := ThisMachine().CPUs()
	if err != nil {
		t.Fatal(err)
	}
	var u, i uint64
	for _, c := range cpus {
		u += uint64(c.User)
		i += uint64(c.Idle)
	}
	// Rounding loses up to a tick a CPU. Time that waits for disks counts as idle.
	slack := uint64(len(cpus)) + 1
	between(t, "user time", user0-slack, u, number(t, "/proc/stat", user)+slack)
	between(t, "idle time", idle0-slack, i, number(t, "/proc/stat", idle)+number(t, "/proc/stat", `cpu +\d+ \d+ \d+ \d+ (\d+)`)+slack)
	if len(cpus) != strings.Count(readText(t, "/proc/cpuinfo"), "processor\t") {
		t.Errorf("%d processors", len(cpus))
	}
}

func readText(t *testing.T, name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Skip(err)
	}
	return string(text)
}

func TestMemoryEqualsProc(t *testing.T) {
	m := ThisMachine()
	page := m.PageSize()
	f, err := m.Memory()
	if err != nil {
		t.Fatal(err)
	}
	if total := number(t, "/proc/meminfo", `MemTotal: +(\d+)`) << 10 / page; f.Total != total {
		t.Errorf("total %d, want %d", f.Total, total)
	}
	// The free memory of a busy machine moves: allow an eighth of the total.
	free := number(t, "/proc/meminfo", `MemFree: +(\d+)`) << 10 / page
	between(t, "free pages", free-min(free, f.Total/8), f.Free, free+f.Total/8)
	faults := number(t, "/proc/vmstat", `pgfault (\d+)`)
	f, _ = m.Memory()
	between(t, "faults", faults, f.Faults, number(t, "/proc/vmstat", `pgfault (\d+)`))
	files := number(t, "/proc/meminfo", `Active\(file\): +(\d+)`) + number(t, "/proc/meminfo", `Inactive\(file\): +(\d+)`)
	files = files << 10 / page // none where all files are in memory
	between(t, "pages of files", files-min(files, f.Total/8), f.External, files+f.Total/8)
	if f.Active+f.Inactive > f.Total || f.Internal == 0 {
		t.Errorf("odd figures: %+v", f)
	}
}

func TestTopology(t *testing.T) {
	top, err := ThisMachine().Topology()
	if err != nil {
		t.Fatal(err)
	}
	if top.Memory != number(t, "/proc/meminfo", `MemTotal: +(\d+)`)<<10 {
		t.Errorf("memory %d", top.Memory)
	}
	if top.Physical < 1 || top.Physical > top.Logical || top.Logical > top.Possible {
		t.Errorf("%+v", top)
	}
	want := mach.CPUType(mach.CPU_TYPE_X86)
	if runtime.GOARCH == "arm64" {
		want = mach.CPU_TYPE_ARM64
	}
	if top.CPUType != want {
		t.Errorf("CPU type %#x", top.CPUType)
	}
}

func TestProcessesAndVersion(t *testing.T) {
	m := ThisMachine()
	n, err := m.Processes()
	if err != nil || n < 1 {
		t.Errorf("%d processes, %v", n, err)
	}
	v, err := m.Version()
	release := strings.TrimSpace(readText(t, "/proc/sys/kernel/osrelease"))
	if err != nil || !strings.Contains(v, release) || len(v) >= mach.KERNEL_VERSION_MAX {
		t.Errorf("version %q, %v", v, err)
	}
	args, err := m.BootArgs()
	if err != nil || args+"\n" != readText(t, "/proc/cmdline") && args != readText(t, "/proc/cmdline") {
		t.Errorf("boot arguments %q, %v", args, err)
	}
	user, system, err := m.Expired()
	if err != nil || user > 1<<40 || system > 1<<40 {
		t.Errorf("expired %d %d %v", user, system, err)
	}
}

func TestParseSlabs(t *testing.T) {
	const text = "slabinfo - version: 2.1\n# name <active_objs> ...\n" +
		"dentry 100 120 192 21 1 : tunables 0 0 0 : slabdata 6 6 0\nbroken 1\nbad x 1 2 3 4\n"
	got := parseSlabs(text, 4096)
	if len(got) != 1 || got[0] != (Zone{"dentry", 120, 100, 192, 4096}) {
		t.Errorf("%+v", got)
	}
}

func TestClockSetStops(t *testing.T) {
	stop := make(chan struct{})
	close(stop)
	if ThisMachine().ClockSet(stop) {
		t.Error("a clock that nobody set")
	}
}
