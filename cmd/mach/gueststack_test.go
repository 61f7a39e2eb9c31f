//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi/zig"
)

// guests are what a test of mach in guests of either CPU needs: darwinrun, and mach
// itself for the CPU.
func guests(t *testing.T, f func(t *testing.T, cpu, target string, machIn func(t *testing.T, args ...string) ([]byte, error))) {
	if testing.Short() {
		t.Skip("it builds mach for two other CPUs")
	}
	dir := t.TempDir()
	build := func(out, pkg string, env ...string) {
		cmd := exec.Command("go", "build", "-o", filepath.Join(dir, out), pkg)
		cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0"), env...)
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
	}
	build("darwinrun", "../darwinrun")
	for cpu, target := range map[string]string{"arm64": "aarch64-macos", "amd64": "x86_64-macos"} {
		t.Run(cpu, func(t *testing.T) {
			program := "mach-" + cpu
			build(program, ".", "GOOS=darwin", "GOARCH="+cpu)
			f(t, cpu, target, func(t *testing.T, args ...string) ([]byte, error) {
				t.Helper()
				cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "darwinrun"), append([]string{filepath.Join(dir, program)}, args...)...)
				b, err := cmd.Output()
				var exit *exec.ExitError
				if errors.As(err, &exit) {
					if strings.Contains(string(exit.Stderr), "unicorn") {
						t.Skip("no emulator: ", string(exit.Stderr))
					}
					err = fmt.Errorf("%w: %s", err, exit.Stderr)
				}
				return b, err
			})
		})
	}
}

// A recursion of a Mach-O program is walked without frame pointers, by compact unwind
// information or DWARF, with files and lines out of the object file; and with frame
// pointers and without debugging information.
func TestStackOfGuest(t *testing.T) {
	tool := zig.ForTest(t)
	source, err := filepath.Abs("testdata/stack/plain.c")
	if err != nil {
		t.Fatal(err)
	}
	guests(t, func(t *testing.T, _, target string, machIn func(t *testing.T, args ...string) ([]byte, error)) {
		for name, flags := range map[string][]string{
			"frameless": {"-O2", "-g", "-fomit-frame-pointer"},
			"frames":    {"-O1", "-fno-omit-frame-pointer"},
		} {
			t.Run(name, func(t *testing.T) {
				dir := t.TempDir()
				object, program := filepath.Join(dir, "plain.o"), filepath.Join(dir, "plain")
				if _, err := tool.Run(t.Context(), dir, append([]string{"cc", "-target", target, "-c", "-o", object, source}, flags...)...); err != nil {
					t.Fatal(err)
				}
				if _, err := tool.Run(t.Context(), dir, append([]string{"cc", "-target", target, "-o", program, object}, flags...)...); err != nil {
					t.Fatal(err)
				}
				want := append([]string{"bottom"}, slices.Repeat([]string{"deeper"}, 51)...)
				want = append(want, "main")
				for { // until the program has come to rest
					b, err := machIn(t, "stack", "--json", "--", program)
					if err != nil {
						t.Fatal(err)
					}
					var told struct{ Threads []threadStack }
					if err := json.Unmarshal(b, &told); err != nil || len(told.Threads) != 1 {
						t.Fatalf("%v\n%s", err, b)
					}
					frames := told.Threads[0].Frames
					at := slices.IndexFunc(frames, func(f stackFrame) bool { return f.Function == "bottom" })
					if at < 0 && t.Context().Err() == nil {
						continue
					}
					var got []string
					for _, f := range frames[at:] {
						got = append(got, f.Function)
						if name == "frameless" && f.Function != "start" && (filepath.Base(f.File) != "plain.c" || f.Line == 0) && len(got) <= len(want) {
							t.Errorf("%s is at %s:%d", f.Function, f.File, f.Line)
						}
					}
					if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
						t.Errorf("the stack is %v", got)
					}
					return
				}
			})
		}
	})
}
