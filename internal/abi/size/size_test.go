// Package size holds package mach to its budget: a program that imports it and
// calls one function is hardly larger than one with a hand-written trampoline,
// and does no work for it when it starts.
package size

import (
	"debug/macho"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi/gotool"
)

// budget is what package mach may add: 8 KiB of code and data, counted by
// section. The file itself grows in steps of the segments'
// pages, 16 KiB on arm64, so its size would say less. Debug information is
// not counted either: the compiler describes every constant of a package there
// (about 23 KiB for package mach), and `go build -ldflags=-s` leaves it out.
const budget = 8 << 10

// program builds one of the two programs.
func program(t *testing.T, name, arch string, flags ...string) string {
	t.Helper()
	gotool.ForTest(t)
	out := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("go", append(append([]string{"build", "-trimpath", "-o", out}, flags...), "./testdata/"+name)...)
	cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s for darwin/%s: %v\n%s", name, arch, err, b)
	}
	return out
}

// parts are the sizes of the program's sections, debug information left out.
func parts(t *testing.T, path string) map[string]int {
	t.Helper()
	f, err := macho.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m := map[string]int{}
	for _, s := range f.Sections {
		if s.Seg != "__DWARF" {
			m[s.Seg+","+s.Name] += int(s.Size)
		}
	}
	if m["__TEXT,__text"] == 0 {
		t.Fatalf("%s has no code", path)
	}
	return m
}

func TestOneCallIsSmall(t *testing.T) {
	for _, arch := range []string{"arm64", "amd64"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			hand := program(t, "hand", arch, "-ldflags=-s -w")
			with := program(t, "mach", arch, "-ldflags=-s -w")
			base, sum := parts(t, hand), 0
			var report strings.Builder
			for name, size := range parts(t, with) {
				if d := size - base[name]; d != 0 {
					fmt.Fprintf(&report, "  %s %+d", name, d)
					sum += d
				}
			}
			t.Logf("package mach adds %d bytes:%s; files %d and %d bytes", sum, report.String(), fileSize(t, hand), fileSize(t, with))
			if sum > budget {
				t.Errorf("package mach adds %d bytes to a program with one call; %d are allowed:\n%s", sum, budget, report.String())
			}
		})
	}
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return fi.Size()
}

// The initialisation of a package is a function init, and its inittask lists
// it; with neither there is nothing to do.
//
// The names of constants and the long texts of errors are only in programs
// that use them.
func TestNoInitWork(t *testing.T) {
	for _, arch := range []string{"arm64", "amd64"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			out, err := exec.Command("go", "tool", "nm", program(t, "mach", arch)).Output()
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(out), " github.com/gomach/mach.KernReturn.Error") {
				t.Fatal("the program does not hold package mach")
			}
			for line := range strings.Lines(string(out)) {
				f := strings.Fields(line)
				symbol := f[len(f)-1]
				name, ours := strings.CutPrefix(symbol, "github.com/gomach/mach")
				if !ours {
					continue
				}
				if i := strings.LastIndexByte(name, '.'); i >= 0 && (name[i:] == ".init" || name[i:] == "..inittask") ||
					strings.Contains(name, ".init.") || strings.Contains(name, ".map.init") {
					t.Errorf("package mach does work at start: %s", symbol)
				}
				if strings.HasPrefix(name, ".names") || strings.HasPrefix(name, ".descriptions") {
					t.Errorf("the program holds texts that it does not use: %s", symbol)
				}
			}
		})
	}
}
