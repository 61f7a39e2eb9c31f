package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
