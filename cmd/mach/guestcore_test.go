//go:build linux

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Cores of guests of either CPU, made by mach in a guest, open in LLDB, which shows
// the registers that are in them and the functions that the program counter is in.
func TestGuestCore(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds mach for two other CPUs")
	}
	lldb, err := exec.LookPath("lldb")
	if err != nil {
		t.Skip("lldb is not installed")
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
	for _, cpu := range []string{"arm64", "amd64"} {
		t.Run(cpu, func(t *testing.T) {
			build(cpu, ".", "GOOS=darwin", "GOARCH="+cpu)
			program, file := filepath.Join(dir, cpu), filepath.Join(dir, cpu+".core")
			cmd := exec.Command(filepath.Join(dir, "darwinrun"), program, "core", "-o", file, "--", program, "cpu", "600s")
			if b, err := cmd.CombinedOutput(); err != nil {
				if strings.Contains(string(b), "unicorn") {
					t.Skip("no emulator: ", string(b))
				}
				t.Fatalf("%v\n%s", err, b)
			}
			var out, errs strings.Builder
			if code := run(t.Context(), []string{"stack", file}, &out, &errs); code != 0 || !strings.Contains(out.String(), "  runtime.") {
				t.Errorf("%s\n%s", errs.String(), out.String())
			}
			out.Reset()
			if code := run(t.Context(), []string{"regs", "--json", file}, &out, &errs); code != 0 {
				t.Fatal(errs.String())
			}
			var want struct {
				Threads []struct {
					Registers []struct{ Name, Value string }
				}
			}
			if err := json.Unmarshal([]byte(out.String()), &want); err != nil || len(want.Threads) == 0 {
				t.Fatalf("%v\n%s", err, out.String())
			}
			b, err := exec.Command(lldb, "--batch", "--no-lldbinit", "-o", "target create --core "+file, "-o", "thread list", "-o", "thread select 1", "-o", "register read").CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
			if n := strings.Count(string(b), "thread #"); n < len(want.Threads) {
				t.Errorf("%d threads are shown of %d\n%s", n, len(want.Threads), b)
			}
			if !regexp.MustCompile(`(?m)^ +(pc|rip) = 0x[0-9a-f]+ +` + cpu + "`").Match(b) {
				t.Errorf("the program counter is in no function\n%s", b)
			}
			n := 0
			for _, r := range want.Threads[0].Registers {
				m := regexp.MustCompile(`(?m)^ +` + r.Name + ` = (0x[0-9a-f]+)`).FindSubmatch(b)
				if m == nil {
					continue // LLDB has no register of that name
				}
				n++
				got, _ := strconv.ParseUint(string(m[1]), 0, 64)
				if w, err := strconv.ParseUint(r.Value, 0, 64); err != nil || got != w {
					t.Errorf("%s is %s, want %s", r.Name, m[1], r.Value)
				}
			}
			if n < 20 {
				t.Errorf("%d registers were compared\n%s", n, b)
			}
		})
	}
}
