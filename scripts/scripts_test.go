//go:build linux

// Package scripts has the tests of what the scripts do when something is missing.
package scripts

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// programs writes small shell programs into a folder that goes before the others
// on PATH, and gives the environment.
func programs(t *testing.T, texts map[string]string) []string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		write(t, filepath.Join(dir, name), text)
	}
	return append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// run gives the status of a script, and what it says.
func run(t *testing.T, env []string, script string, args ...string) (status int, out string) {
	t.Helper()
	c := exec.Command("sh", append([]string{script}, args...)...)
	c.Env = env
	var b bytes.Buffer
	c.Stdout, c.Stderr = &b, &b
	err := c.Run()
	if e := (*exec.ExitError)(nil); err != nil && !errors.As(err, &e) {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), b.String()
}

// Without a network, or where there is no Debian, arm64.sh says so in one
// sentence, with the status for that, and keeps nothing that looks as if it had
// worked.
func TestNoKernel(t *testing.T) {
	const sentence = "cannot be had: is there a network, and is Debian where this machine gets its packages?"
	const depends = `case "$*" in *" depends "*) echo "  Depends: linux-image-6.1.0-arm64" ;; esac`
	for name, x := range map[string]struct{ get, cache, what string }{
		"no network":           {"echo 'E: Could not resolve' >&2; exit 100", "exit 100", "the list of Debian's arm64 packages (bookworm)"},
		"no network, old apt":  {"echo 'W: Failed to fetch InRelease' >&2", "exit 100", "the list of Debian's arm64 packages (bookworm)"},
		"no such release":      {"exit 0", "exit 0", "Debian's kernel linux-image-arm64 (bookworm)"},
		"network goes":         {`case "$*" in *" download "*) echo 'E: Failed to fetch' >&2; exit 100 ;; esac`, depends, "Debian's package linux-image-6.1.0-arm64 for arm64 (bookworm)"},
		"it is another system": {"echo 'apt-get: not found' >&2; exit 127", "exit 127", "the list of Debian's arm64 packages (bookworm)"},
	} {
		t.Run(name, func(t *testing.T) {
			env := programs(t, map[string]string{
				"apt-get": x.get, "apt-cache": x.cache, "dpkg-query": "echo install ok installed",
				"dpkg-deb": "exit 1", "npm": "exit 1", "go": "exit 1", "qemu-system-aarch64": "exit 1",
			})
			cache := t.TempDir()
			status, out := run(t, append(env, "MACH_ARM64_CACHE="+cache), "arm64.sh", "quick")
			if status != 77 || strings.Count(out, sentence) != 1 || !strings.Contains(out, "arm64.sh: "+x.what+" "+sentence) {
				t.Errorf("status %d, want 77:\n%s", status, out)
			}
			kernels, err := filepath.Glob(filepath.Join(cache, "*", "vmlinuz"))
			if len(kernels) != 0 || err != nil {
				t.Errorf("it has %v (%v)", kernels, err)
			}
		})
	}
}

// What is asked for in a wrong way is told, and not taken for something else.
func TestUse(t *testing.T) {
	env := programs(t, map[string]string{"go": "exit 1"})
	for _, args := range [][]string{{}, {"half"}, {"quick", "8k"}, {"full", "64k"}, {"run"}, {"run", "4k"}, {"run", "8k", "task"}} {
		if status, out := run(t, env, "arm64.sh", args...); status != 2 || !strings.Contains(out, "scripts/arm64.sh quick") {
			t.Errorf("%q: status %d, want 2:\n%s", args, status, out)
		}
	}
}

// passes is a go command of which one test passes, whatever it is asked.
const passes = `while [ $# -gt 0 ]; do
	[ "$1" != --jsonfile ] || echo '{"Action":"pass","Test":"TestOne"}' >"$2"
	shift
done`

var minutes = regexp.MustCompile(`in \d+ min`)

// A check that runs fewer tests than there were fails, and so does one of no name.
func TestFloor(t *testing.T) {
	root := t.TempDir()
	lib, err := filepath.Abs("lib.sh")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "check.sh"), "cd "+root+"; . "+lib+"; go_test $1 go test")
	if err := os.Mkdir(filepath.Join(root, "scripts"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "scripts", "floors.txt"), []byte("one 1\ntwo 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, program string
		status        int
		says          string
	}{
		{"one", passes, 0, "one: 1 tests passed"},
		{"two", passes, 1, "that is less than 2"},
		{"three", passes, 1, "no line for three"},
		{"one", passes + "; exit 3", 3, ""},
		{"one", "", 1, "one: 0 tests passed"},
	} {
		env := programs(t, map[string]string{"go": x.program})
		if status, out := run(t, env, filepath.Join(root, "check.sh"), x.name); status != x.status || !strings.Contains(out, x.says) {
			t.Errorf("%s, %q: status %d, want %d and %q:\n%s", x.name, x.program, status, x.status, x.says, out)
		}
	}
}

// The test command passes without linux/arm64 only where that cannot be had, says
// so in its last line, and fails if it must be there.
func TestWithoutARM64(t *testing.T) {
	for _, x := range []struct {
		name    string
		arm64   string
		require string
		status  int
		last    string
	}{
		{"it passes", "exit 0", "", 0, "== all passed in N min"},
		{"it cannot be had", "exit 77", "", 0, "== all passed in N min but for linux/arm64, which could not be run"},
		{"it cannot be had and must", "exit 77", "1", 1, "test.sh: linux/arm64 could not be run"},
		{"it fails", "exit 1", "", 1, "test.sh: linux/arm64 failed"},
		{"it is used in a wrong way", "exit 2", "1", 1, "test.sh: linux/arm64 failed"},
	} {
		t.Run(x.name, func(t *testing.T) {
			root := t.TempDir()
			for _, name := range []string{"test.sh", "lib.sh"} {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(root, "scripts", name), string(text))
			}
			for name, text := range map[string]string{
				"ci/run.sh": "", "scripts/setup.sh": "", "scripts/staticcheck.sh": "", "scripts/guests.sh": "", "scripts/tidy.sh": "",
				"scripts/packages.sh": "echo .", "scripts/arm64.sh": x.arm64,
			} {
				write(t, filepath.Join(root, name), text)
			}
			if err := os.WriteFile(filepath.Join(root, "scripts", "floors.txt"), []byte("linux 1\nrace 1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			env := programs(t, map[string]string{"go": passes, "gofmt": "", "git": "echo a.go"})
			status, out := run(t, append(env, "MACH_REQUIRE_ARM64="+x.require), filepath.Join(root, "scripts", "test.sh"))
			out = minutes.ReplaceAllString(strings.TrimSpace(out), "in N min")
			if status != x.status || out[strings.LastIndex(out, "\n")+1:] != x.last {
				t.Errorf("status %d, want %d; the last line is not %q:\n%s", status, x.status, x.last, out)
			}
		})
	}
}
