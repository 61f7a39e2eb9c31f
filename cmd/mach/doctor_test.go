package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gomach/mach/task"
)

// The tool that signs gets a copy and the property list; the program is replaced only
// when it has succeeded.
func TestSignProgram(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no shell to sign with")
	}
	dir := t.TempDir()
	program, tool := filepath.Join(dir, "mach"), filepath.Join(dir, "codesign")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(program, "program\n")
	write(tool, "#!/bin/sh\n[ \"$*\" = \"-s - -f --entitlements $5 $6\" ] && cat \"$5\" >>\"$6\"\n")
	if err := signProgram(t.Context(), program, tool); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(program); err != nil || string(b) != "program\n"+entitlements {
		t.Errorf("%q, %v", b, err)
	}
	if info, err := os.Stat(program); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	write(tool, "#!/bin/sh\necho no identity >&2\necho >\"$6\"\nexit 1\n")
	if err := signProgram(t.Context(), program, tool); err == nil || !strings.Contains(err.Error(), "no identity") {
		t.Errorf("a refusal: %v", err)
	}
	if b, err := os.ReadFile(program); err != nil || string(b) != "program\n"+entitlements {
		t.Errorf("after a refusal: %q, %v", b, err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 2 {
		t.Errorf("left: %v, %v", all, err)
	}
	if err := signProgram(t.Context(), filepath.Join(dir, "none"), tool); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no program: %v", err)
	}
}

func TestVerdict(t *testing.T) {
	if f := verdict(nil); f.State != fine {
		t.Errorf("%+v", f)
	}
	f := verdict(&task.OpenError{Call: "task_for_pid", PID: 3, Err: &task.Refusal{Err: errors.New("code"), Reason: "why", Advice: "what\nto try"}})
	if f.State != forbids || f.Found != "why" || f.Remedy != "what\nto try" {
		t.Errorf("%+v", f)
	}
	if f := verdict(errors.New("first\nsecond")); f.Found != "first" {
		t.Errorf("%+v", f)
	}
}
