//go:build linux && (amd64 || arm64)

package callbench

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// TestProfile: with the build tag mach_profile a CPU profile names the Go function
// that calls a function of package mach, as it does those that make system calls.
// Without it the samples fall to the runtime, which is what the tag is for.
func TestProfile(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	runner := filepath.Join(dir, "darwinrun")
	goBuild(t, runner, "./cmd/darwinrun")
	for _, arch := range arches {
		for _, tags := range []string{"mach_profile", ""} {
			program := filepath.Join(dir, "profiled-"+tags+arch)
			goBuild(t, program, "./cmd/internal/guest/callbench/testdata/profile", "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0",
				"GOFLAGS="+os.Getenv("GOFLAGS")+" -tags="+tags)
			profiles := t.TempDir()
			if b, err := exec.Command(runner, "-rw", profiles, program, profiles).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, b)
			}
			calls := share(t, program, filepath.Join(profiles, "mach"), "hotMach")
			system := share(t, program, filepath.Join(profiles, "syscall"), "hotSyscall")
			t.Logf("%s, tags %q: %.0f %% of samples name the caller of Mach, %.0f %% that of a system call", arch, tags, calls, system)
			// A busy machine gives some forty samples, of which chance takes some away.
			const least = 25
			if system < least || tags != "" && calls < least {
				t.Errorf("%s, tags %q: the caller is lost", arch, tags)
			}
		}
	}
}

// share is how many of a profile's samples name a function, in per cent. Those of
// threads that wait for work do not count: while all threads wait in calls, a
// guest's signal goes to any of them.
func share(t *testing.T, program, profile, function string) float64 {
	t.Helper()
	b, err := exec.Command("go", "tool", "pprof", "-top", "-cum", "-nodecount=1000",
		"-ignore=pthread_cond_wait|kevent|usleep", "-relative_percentages", program, profile).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	m := regexp.MustCompile(`(?m)^.* ([0-9.]+)%  main\.` + function + `$`).FindSubmatch(b)
	if m == nil {
		return 0
	}
	f, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
