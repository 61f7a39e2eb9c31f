package zig

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCompiles(t *testing.T) {
	tc := ForTest(t)
	dir := t.TempDir()
	src := "#include <mach/mach.h>\nint answer(void) { return KERN_SUCCESS; }\n"
	if err := os.WriteFile(filepath.Join(dir, "a.c"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tc.Run(context.Background(), dir, "cc", "-target", "aarch64-macos", "-c", "a.c", "-o", "a.o"); err != nil {
		t.Fatal(err)
	}
	object, err := os.ReadFile(filepath.Join(dir, "a.o"))
	if err != nil {
		t.Fatal(err)
	}
	if magic := "\xcf\xfa\xed\xfe"; !strings.HasPrefix(string(object), magic) {
		t.Errorf("a.o is no 64-bit Mach-O file: % x", object[:4])
	}
	_, err = tc.Run(context.Background(), dir, "cc", "-target", "aarch64-macos", "-c", "missing.c")
	var ze *Error
	if !errors.As(err, &ze) || !strings.Contains(ze.Stderr, "missing.c") {
		t.Errorf("a missing file: %v", err)
	}
}

func TestAbsent(t *testing.T) {
	t.Setenv("MACH_ZIG", t.TempDir())
	if _, err := Find(); !errors.Is(err, ErrAbsent) {
		t.Errorf("an empty folder: %v", err)
	}
	for _, c := range []struct{ require, want string }{{"", "skip"}, {"1", "fatal"}} {
		t.Setenv("MACH_REQUIRE_TOOLS", c.require)
		var r recorder
		ForTest(&r)
		if r.did != c.want {
			t.Errorf("MACH_REQUIRE_TOOLS=%q: %q, want %q", c.require, r.did, c.want)
		}
	}
}

type recorder struct{ did string }

func (r *recorder) Helper() {}
func (r *recorder) Skip(...any) {
	if r.did == "" {
		r.did = "skip"
	}
}
func (r *recorder) Fatal(...any) { r.did = "fatal" }
