//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// tryConfined is the runner's process without a guest: what it can change itself.
func tryConfined(outside string) {
	o, err := parse(os.Args)
	if err == nil {
		err = confine(o)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	try := func(what string, err error) { fmt.Println(what, errors.Is(err, fs.ErrPermission), err == nil) }
	try("write outside", os.WriteFile(filepath.Join(outside, "f"), []byte("x"), 0o644))
	try("truncate outside", os.Truncate(filepath.Join(outside, "f"), 0))
	try("remove outside", os.Remove(filepath.Join(outside, "f")))
	try("mkdir outside", os.Mkdir(filepath.Join(outside, "d"), 0o755))
	try("move in", os.Rename(filepath.Join(outside, "f"), "g"))
	_, err = os.ReadFile(filepath.Join(outside, "f"))
	try("read outside", err)
	// What Landlock does not keep, and the policy of libsystem has to.
	try("chmod outside", os.Chmod(filepath.Join(outside, "f"), 0o600))
	try("write into what -ro names", os.WriteFile("ro/f", nil, 0o644))
	try("write here", os.WriteFile("f", []byte("x"), 0o644))
	try("rename here", errors.Join(os.Mkdir("d", 0o755), os.Rename("f", "d/f")))
	for _, d := range []string{"/dev/null", "/dev/ptmx"} {
		f, err := os.OpenFile(d, os.O_RDWR|syscall.O_NOCTTY, 0)
		try(d, err)
		_ = f.Close()
	}
	done := make(chan bool)
	go func() {
		try("another thread", os.WriteFile(filepath.Join(outside, "f"), nil, 0o644))
		close(done)
	}()
	<-done
	os.Exit(0)
}

// TestConfine: where the host's kernel has Landlock, the runner itself cannot change more than the
// program may.
func TestConfine(t *testing.T) {
	if v, _, e := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION); e != 0 || v < enoughLandlock {
		t.Skip("this kernel has no Landlock, or an old one")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	base := t.TempDir()
	outside, here := filepath.Join(base, "outside"), filepath.Join(base, "here")
	for _, d := range []string{outside, here, filepath.Join(here, "ro")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(outside, "f"), []byte("as it is"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-ro", "ro", "program")
	cmd.Dir = here
	cmd.Env = append(os.Environ(), "TMPDIR="+here, "DARWINRUN_BE_CONFINED="+outside)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Error(err)
	}
	compare(t, string(out), `write outside true false
truncate outside true false
remove outside true false
mkdir outside true false
move in true false
read outside false true
chmod outside false true
write into what -ro names false true
write here false true
rename here false true
/dev/null false true
/dev/ptmx false true
another thread true false
`)
	for _, flag := range []string{"-host-programs", "-host-processes"} {
		cmd := exec.CommandContext(t.Context(), self, flag, "program")
		cmd.Dir = here
		cmd.Env = append(os.Environ(), "TMPDIR="+here, "DARWINRUN_BE_CONFINED="+outside)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "write outside false true\n") {
			t.Errorf("with %s: %v\n%s", flag, err, out)
		}
	}
}
