//go:build linux && (amd64 || arm64)

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
)

// TestAbsent: a call of a function that is not there fails, with one line on standard error
// for each function; -strict ends the program instead.
func TestAbsent(t *testing.T) {
	const want = "number -1 78\nerror number 45\npointer 0 78\nagain -1\ndouble 1\n" // ENOSYS, ENOTSUP (xnu bsd/sys/errno.h)
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "absent")
		r := darwinrun(t, t.TempDir(), exe)
		compare(t, r.stdout, want)
		if r.code != 0 || strings.Count(r.stderr, "\n") != 4 || strings.Count(r.stderr, "aio_cancel: not implemented by darwinrun (called from 0x") != 1 {
			t.Errorf("exit status %d\n%s", r.code, r.stderr)
		}
		r = darwinrun(t, t.TempDir(), "-strict", exe)
		if r.code != 125 || r.stdout != "" || !strings.Contains(r.stderr, "aio_cancel: not implemented") {
			t.Errorf("-strict: exit status %d, %q\n%s", r.code, r.stdout, r.stderr)
		}
	})
}

// TestAbsentNoReturn: where a function that is not there would not return, the program ends.
func TestAbsentNoReturn(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		r := darwinrun(t, t.TempDir(), cguest(t, arch, "noreturn"))
		compare(t, r.stdout, "before\n")
		if r.code != 125 || !strings.Contains(r.stderr, "dispatch_main, which does not return: not implemented by darwinrun") {
			t.Errorf("exit status %d\n%s", r.code, r.stderr)
		}
	})
}

// TestMissing: a variable that is not there is refused by name, and -missing lists everything.
func TestMissing(t *testing.T) {
	eachArch(t, func(t *testing.T, arch string) {
		exe := cguest(t, arch, "absent", "-DVARIABLE", "-Wl,-undefined,dynamic_lookup")
		r := darwinrun(t, t.TempDir(), exe)
		if r.code != 125 || r.stdout != "" || !strings.Contains(r.stderr, "symbol not found: _dispatch_no_such_variable ") {
			t.Errorf("exit status %d, %q\n%s", r.code, r.stdout, r.stderr)
		}
		r = darwinrun(t, t.TempDir(), "-missing", exe)
		for _, line := range []string{"function acl_to_text\n", "function aio_cancel\n", "function j0\n", "function pthread_cancel\n",
			"function CFRelease\n", "function SecTrustEvaluateWithError\n", "function dispatch_async\n", "function objc_msgSend\n", "variable dispatch_no_such_variable\n"} {
			if r.code != 1 || !strings.Contains(r.stdout, line) {
				t.Errorf("-missing: exit status %d, no %q in\n%s%s", r.code, line, r.stdout, r.stderr)
			}
		}
		for _, known := range []string{"printf", "__stdoutp", "pthread_self"} {
			if strings.Contains(r.stdout, " "+known+"\n") {
				t.Errorf("-missing lists %s", known)
			}
		}
		if r := darwinrun(t, t.TempDir(), "-missing", cguest(t, arch, "flags")); r.code != 0 || r.stdout != "" {
			t.Errorf("-missing of a program that has everything: exit status %d, %q\n%s", r.code, r.stdout, r.stderr)
		}
		if r := darwinrun(t, t.TempDir(), "-missing", guest(t, arch, "count")); r.code > 1 || strings.Contains(r.stdout, "variable") {
			t.Errorf("-missing of a Go program: exit status %d\n%s%s", r.code, r.stdout, r.stderr)
		}
	})
}

// TestProfiles: `go test` writes profiles in a guest. Go's pprof asks libSystem for the file
// behind each executable region.
func TestProfiles(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	eachArch(t, func(t *testing.T, arch string) {
		dir, bin := t.TempDir(), t.TempDir()
		for name, text := range map[string]string{
			"go.mod": "module profiled\n\ngo 1.25\n",
			"profiled_test.go": "package profiled\n\nimport \"testing\"\n\nvar sink int\n\n" +
				"func TestX(t *testing.T) {\n\tfor i := range 20_000_000 {\n\t\tsink += i * i\n\t}\n}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(self, filepath.Join(bin, "go_darwin_"+arch+"_exec")); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("go", "test", "-count=1", "-cpuprofile", "cpu", "-memprofile", "mem", "-blockprofile", "block", "-mutexprofile", "mutex", "-trace", "trace", ".")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0", "DARWINRUN_BE_RUNNER=1", "GOFLAGS=")
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "not implemented") {
			t.Fatalf("%v\n%s", err, out)
		}
		for _, name := range []string{"cpu", "mem", "block", "mutex"} {
			out, err := exec.Command("go", "tool", "pprof", "-top", filepath.Join(dir, name)).CombinedOutput()
			if err != nil || name == "cpu" && !strings.Contains(string(out), "profiled.TestX") {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
		if st, err := os.Stat(filepath.Join(dir, "trace")); err != nil || st.Size() == 0 {
			t.Errorf("trace: %v", err)
		}
	})
}
