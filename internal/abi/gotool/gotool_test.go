package gotool

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// outcome notes what ForTest says.
type outcome string

func (o *outcome) Helper()      {}
func (o *outcome) Skip(...any)  { *o = "skip" }
func (o *outcome) Fatal(...any) { *o = "fatal" }

func TestForTest(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		t.Skip("makes programs of its own the Unix way")
	}
	for _, c := range []struct {
		name, require string
		mode          os.FileMode
		want          outcome
	}{
		{"no go command", "", 0, "skip"},
		{"no go command where tools are required", "1", 0, "fatal"},
		{"for another system", "", 0o755, "skip"},
		{"for another system where tools are required", "1", 0o755, "fatal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.mode != 0 {
				if err := os.WriteFile(filepath.Join(dir, "go"), []byte("\x7fNONE not a program"), c.mode); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", dir)
			t.Setenv("MACH_REQUIRE_TOOLS", c.require)
			var got outcome
			ForTest(&got)
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestCompilerForTest(t *testing.T) {
	for require, want := range map[string]outcome{"": "skip", "1": "fatal"} {
		t.Setenv("PATH", t.TempDir())
		t.Setenv("MACH_REQUIRE_TOOLS", require)
		var got outcome
		CompilerForTest(&got)
		if got != want {
			t.Errorf("MACH_REQUIRE_TOOLS=%q: %q, want %q", require, got, want)
		}
	}
}
