//go:build linux && (amd64 || arm64)

package callbench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/internal/abi/zig"
)

const root = "../../../.."

var (
	functions = []string{"mach_absolute_time", "mach_vm_allocate", "mach_vm_msync", "mach_msg", "mach_vm_map"}
	ways      = []string{"mach", "syscall6", "SyscallN", "RegisterLibFunc", "cgo"}
	arches    = []string{"arm64", "amd64"}
	titles    = map[string]string{
		"mach": "package mach", "syscall6": "x/sys style: `syscall.syscall6`", "SyscallN": "purego `SyscallN`",
		"RegisterLibFunc": "purego `RegisterLibFunc`", "cgo": "cgo (`zig cc`)",
	}
)

// cost is what one round of a loop takes: the call, the function of libSystem counting as one
// instruction, and the loop.
type cost struct{ instructions, allocations int }

// TestCallPath measures and holds package mach to what it promises.
func TestCallPath(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	tc := zig.ForTest(t)
	dir := t.TempDir()
	runner := filepath.Join(dir, "darwinrun")
	goBuild(t, runner, "./cmd/darwinrun")
	table := map[string]cost{}
	for _, arch := range arches {
		plain, withC := filepath.Join(dir, "program-"+arch), filepath.Join(dir, "cgoprogram-"+arch)
		goBuild(t, plain, "./cmd/internal/guest/callbench/testdata/program", "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0")
		goBuildC(t, tc, dir, arch, withC)
		for _, way := range ways {
			program := plain
			if way == "cgo" {
				program = withC
			}
			for _, f := range functions {
				if c, ok := measure(t, runner, program, way, f); ok {
					table[arch+way+f] = c
				}
			}
		}
	}
	t.Log("\n" + markdown(table))

	limit := func(arch, what string, got, most int) {
		if got == 0 || got > most {
			t.Errorf("%s: %s takes %d instructions, want at most %d", arch, what, got, most)
		}
	}
	for _, arch := range arches {
		short, blocking, wide := table[arch+"machmach_vm_allocate"], table[arch+"machmach_vm_msync"], table[arch+"machmach_vm_map"]
		limit(arch, "a short call of four arguments", short.instructions, map[string]int{"arm64": 125, "amd64": 107}[arch])
		limit(arch, "a call that may wait", blocking.instructions, 400)
		limit(arch, "one of eleven arguments", wide.instructions, map[string]int{"arm64": 398, "amd64": 352}[arch])
		for _, f := range functions {
			if n := table[arch+"mach"+f].allocations; n != 0 {
				t.Errorf("%s: %s allocates %d times", arch, f, n)
			}
		}
	}
}

func goBuild(t *testing.T, out, pkg string, env ...string) {
	t.Helper()
	cmd := exec.Command("go", "build", "-o", out, pkg)
	cmd.Dir, cmd.Env = root, append(os.Environ(), env...)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
}

// goBuildC builds with cgo, Zig being the C compiler. Go asks for a library and a framework
// that Zig has no stubs of and the program no use for.
func goBuildC(t *testing.T, tc *zig.Toolchain, dir, arch, out string) {
	t.Helper()
	cc := filepath.Join(dir, "cc")
	script := `#!/bin/sh
for a; do
	shift
	case $a in -lresolv | CoreFoundation | -framework) ;; *) set -- "$@" "$a" ;; esac
done
exec "` + tc.Bin + `" cc "$@"
`
	if err := os.WriteFile(cc, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cache, err := filepath.Abs(root + "/.cache/zig-cache")
	if err != nil {
		t.Fatal(err)
	}
	target := map[string]string{"arm64": "aarch64-macos", "amd64": "x86_64-macos"}[arch]
	cmd := exec.Command("go", "build", "-ldflags=-s -w -linkmode=external", "-o", out, "./cmd/internal/guest/callbench/testdata/cgoprogram")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=1", "CC="+cc+" -target "+target,
		"ZIG_LIB_DIR="+tc.Lib, "ZIG_GLOBAL_CACHE_DIR="+cache, "ZIG_LOCAL_CACHE_DIR="+cache)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
}

var (
	countLine = regexp.MustCompile(`count \w+ intervals=(\d+) min=\d+ median=\d+ max=\d+ mode=\d+.*`)
	fewest    = regexp.MustCompile(`min=(\d+)`)
	allocLine = regexp.MustCompile(`allocations (\d+)`)
)

// measure counts one cell. The least interval is the undisturbed one: at others the thread had
// lost its P meanwhile, or the collector came by. mach_absolute_time is called by Go's runtime
// too, so there it is the commonest interval that counts.
func measure(t *testing.T, runner, program, way, function string) (c cost, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, runner, "-count", function, program, way, function)
	cmd.Env = append(os.Environ(), "GOGC=off")
	b, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s by %s: %v\n%s", function, way, err, b)
		return c, false
	}
	if strings.HasPrefix(string(b), "none") {
		return c, false
	}
	line := countLine.FindStringSubmatch(string(b))
	alloc := allocLine.FindStringSubmatch(string(b))
	if line == nil || alloc == nil || number(line[1]) < 40 {
		t.Errorf("%s by %s: %s", function, way, b)
		return c, false
	}
	pick := fewest
	if function == "mach_absolute_time" {
		pick = regexp.MustCompile(`mode=(\d+)`)
	}
	return cost{number(pick.FindStringSubmatch(line[0])[1]), number(alloc[1])}, true
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// markdown is the table of docs/performance.md.
func markdown(table map[string]cost) string {
	var b strings.Builder
	b.WriteString("| way |")
	for _, f := range functions {
		fmt.Fprintf(&b, " `%s` |", f)
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(functions)) + "\n")
	for _, way := range ways {
		b.WriteString("| " + titles[way] + " |")
		for _, f := range functions {
			a, x := table["arm64"+way+f], table["amd64"+way+f]
			if a.instructions == 0 && x.instructions == 0 {
				b.WriteString(" — |")
				continue
			}
			fmt.Fprintf(&b, " %d / %d", a.instructions, x.instructions)
			if n := max(a.allocations, x.allocations); n > 0 {
				fmt.Fprintf(&b, " (%d)", n)
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	return b.String()
}
