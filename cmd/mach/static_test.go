package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi/gotool"
)

// What people install is one file that needs no other: no interpreter, no shared
// library; and it is small.
func TestStatic(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the go command is no program of this system's guests")
	}
	gotool.ForTest(t)
	for _, arch := range []string{"amd64", "arm64"} {
		file := filepath.Join(t.TempDir(), "mach")
		cmd := exec.Command("go", "build", "-o", file, ".")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		f, err := elf.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for _, p := range f.Progs {
			if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
				t.Errorf("%s: the program has %v", arch, p.Type)
			}
		}
		const most = 25 << 20
		if info, err := os.Stat(file); err != nil || info.Size() > most {
			t.Errorf("%s: %d bytes, %v", arch, info.Size(), err)
		}
	}
}

// "mach --help" is there at once: what packages do before main stays little. Counted is
// what they allocate, as a time would depend on the machine.
func TestStartsAtOnce(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the go command is no program of this system's guests")
	}
	gotool.ForTest(t)
	file := filepath.Join(t.TempDir(), "mach")
	cmd := exec.Command("go", "build", "-o", file, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	cmd = exec.Command(file, "--help")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	var trace strings.Builder
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	const most = 1 << 20
	bytes, packages := 0, 0
	for _, m := range regexp.MustCompile(`(?m)^init (\S+) .* (\d+) bytes, `).FindAllStringSubmatch(trace.String(), -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		bytes += n
		packages++
	}
	t.Logf("%d packages allocate %d bytes", packages, bytes)
	if packages < 10 || bytes > most {
		t.Errorf("%d packages allocate %d bytes before main, want at most %d\n%s", packages, bytes, most, trace.String())
	}
}
