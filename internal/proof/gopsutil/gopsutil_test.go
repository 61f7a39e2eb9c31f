package gopsutil_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach/host"
	_ "github.com/gomach/mach/hosted"
	"github.com/gomach/mach/internal/proof/gopsutil"
	"github.com/gomach/mach/port/porttest"
)

func TestTimes(t *testing.T) {
	host.Port() // kept for good
	porttest.LeakCheck(t)
	each, err := gopsutil.Times(true)
	if err != nil {
		t.Fatal(err)
	}
	all, err := gopsutil.Times(false)
	if err != nil {
		t.Fatal(err)
	}
	var sum gopsutil.TimesStat
	for i, c := range each {
		if c.CPU != "cpu"+strconv.Itoa(i) {
			t.Errorf("processor %d is %+v", i, c)
		}
		sum.User, sum.Idle = sum.User+c.User, sum.Idle+c.Idle
	}
	if len(all) != 1 || all[0].CPU != "cpu-total" || math.Abs(all[0].User-sum.User) > 5 || math.Abs(all[0].Idle-sum.Idle) > 5 {
		t.Errorf("together %+v, one by one %+v", all, each)
	}
	m, err := gopsutil.VirtualMemory()
	if err != nil {
		t.Fatal(err)
	}
	if m.Used+m.Available != m.Total || m.UsedPercent <= 0 || m.UsedPercent > 100 {
		t.Errorf("memory is %+v", m)
	}
}

// output is what both programs print.
type output struct {
	CPUs   []gopsutil.TimesStat       `json:"cpus"`
	Total  []gopsutil.TimesStat       `json:"total"`
	Memory gopsutil.VirtualMemoryStat `json:"memory"`
}

var countLine = regexp.MustCompile(`count host_processor_info intervals=\d+ min=(\d+)`)

// The original and ours, as darwin programs: the same figures, and ours with a
// fifth of the instructions at most.
func TestAgainstOriginal(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs four darwin programs")
	}
	if runtime.GOOS != "linux" {
		t.Skip("darwinrun runs on Linux")
	}
	dir := t.TempDir()
	runner := filepath.Join(dir, "darwinrun")
	if out, err := build(runner, "../../../cmd/darwinrun", "", runtime.GOOS, runtime.GOARCH); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, arch := range []string{"arm64", "amd64"} {
		t.Run(arch, func(t *testing.T) {
			ours, theirs := filepath.Join(dir, "ours-"+arch), filepath.Join(dir, "theirs-"+arch)
			if out, err := build(ours, "./testdata/ours", "", "darwin", arch); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if out, err := build(theirs, ".", "testdata/theirs", "darwin", arch, "GOWORK=off"); err != nil {
				t.Skipf("gopsutil cannot be built: %v\n%s", err, out)
			}
			a, less := run(t, runner, ours)
			b, more := run(t, runner, theirs)
			later, _ := run(t, runner, ours)
			compare(t, a, b, later)
			t.Logf("%d guest instructions a reading, the original %d: %.1f times", less, more, float64(more)/float64(less))
			if more < 5*less {
				t.Errorf("%d guest instructions a reading, the original takes %d", less, more)
			}
		})
	}
}

func build(out, pkg, dir, goos, goarch string, env ...string) ([]byte, error) {
	c := exec.Command("go", "build", "-o", out, pkg)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=")
	c.Env = append(c.Env, env...)
	return c.CombinedOutput()
}

// run is what a program prints, and how many instructions there are from one
// reading to the next at least.
func run(t *testing.T, runner, program string) (o output, instructions int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := exec.Command(runner, "-count", "host_processor_info", program)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		if strings.Contains(stderr.String(), "unicorn") {
			t.Skip("no emulator here: ", stderr.String())
		}
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), &o); err != nil {
		t.Fatalf("%v\n%s", err, stdout.String())
	}
	m := countLine.FindStringSubmatch(stderr.String())
	if m == nil {
		t.Fatalf("no count in %q", stderr.String())
	}
	instructions, _ = strconv.Atoi(m[1])
	return o, instructions
}

// compare holds the original's figures against ours of before and of later: times only
// grow, so its are between them.
func compare(t *testing.T, a, b, later output) {
	t.Helper()
	if len(a.CPUs) != len(b.CPUs) || len(a.CPUs) == 0 || len(a.Total) != 1 || len(b.Total) != 1 {
		t.Fatalf("figures of %d and %d processors", len(a.CPUs), len(b.CPUs))
	}
	between := func(what string, x, y, z float64) {
		t.Helper()
		const slack = 1 // second: Linux's idle times may go back a little (proc.rst, iowait)
		if y < x-slack || y > z+slack {
			t.Errorf("%s is %v and later %v, the original's %v", what, x, z, y)
		}
	}
	for i, x := range append(a.CPUs, a.Total...) {
		y, z := append(b.CPUs, b.Total...)[i], append(later.CPUs, later.Total...)[i]
		if x.CPU != y.CPU {
			t.Errorf("processor %q, the original's %q", x.CPU, y.CPU)
		}
		between(x.CPU+" user", x.User, y.User, z.User)
		between(x.CPU+" system", x.System, y.System, z.System)
		between(x.CPU+" idle", x.Idle, y.Idle, z.Idle)
		between(x.CPU+" nice", x.Nice, y.Nice, z.Nice)
	}
	near := func(what string, x, y, by float64) {
		t.Helper()
		if math.Abs(x-y) > by {
			t.Errorf("%s is %v, the original's %v", what, x, y)
		}
	}
	total := float64(a.Memory.Total)
	near("total memory", total, float64(b.Memory.Total), 0)
	near("available memory", float64(a.Memory.Available), float64(b.Memory.Available), total/5)
	near("used memory", float64(a.Memory.Used), float64(b.Memory.Used), total/5)
	near("active memory", float64(a.Memory.Active), float64(b.Memory.Active), total/5)
	near("wired memory", float64(a.Memory.Wired), float64(b.Memory.Wired), total/5)
}
