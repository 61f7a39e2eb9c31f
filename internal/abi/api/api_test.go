package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach/internal/abi"
)

const root = "../../.."

// Nothing that the last release exported is gone or changed.
func TestNothingBroken(t *testing.T) {
	if testing.Short() {
		t.Skip("reads the source code, as everywhere, and all of it: that takes minutes in an emulator")
	}
	now, err := Collect(root)
	if err != nil {
		t.Fatal(err)
	}
	release, err := abi.LoadRelease()
	if err != nil {
		t.Fatal(err)
	}
	version, last, err := Last(".", release.Version)
	if err != nil {
		t.Fatal(err)
	}
	broken, added := Compare(last, now, release)
	for _, b := range broken {
		t.Error(b)
	}
	if len(broken) > 0 && version == release.Version {
		t.Logf("%s is not released yet: if this is meant, record it with go run ./internal/abi/api -w", version)
	}
	t.Logf("%d features, %d of them newer than the record of %s", len(now), added, version)
	if len(now) < 4000 {
		t.Errorf("only %d features found", len(now))
	}
	for _, w := range OneNamed(now) {
		t.Error(w)
	}
}

func TestCompare(t *testing.T) {
	day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	release := &abi.Release{Version: "v0.2.0", Date: day, Moves: map[string]time.Time{
		"const GONE": day, "const LATER": day.AddDate(0, 1, 0), "record Moved": day,
	}}
	last := []string{
		"pkg m, const A int = 1", "pkg m, const GONE int = 1", "pkg m, const LATER int = 1",
		"pkg m, func F(int)", "pkg m, type Moved struct, X int",
	}
	now := []string{"pkg m, const A int = 2", "pkg m, func G(int)", "pkg m, func F(int)"}
	broken, added := Compare(last, now, release)
	want := "gone or changed: pkg m, const A int = 1\ngone or changed: pkg m, const LATER int = 1"
	if got := strings.Join(broken, "\n"); got != want || added != 2 {
		t.Errorf("broken:\n%s\nadded %d, want\n%s\nand 2", got, added, want)
	}
}

func TestLast(t *testing.T) {
	dir := t.TempDir()
	for _, v := range []string{"v0.2.0", "v0.9.0", "v0.10.0"} {
		if err := os.WriteFile(filepath.Join(dir, v+".txt"), []byte("in "+v+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for preparing, want := range map[string]string{"v0.10.0": "v0.9.0", "v1.0.0": "v0.10.0", "v0.2.0": "v0.2.0"} {
		got, features, err := Last(dir, preparing)
		if err != nil || got != want || len(features) != 1 || features[0] != "in "+want {
			t.Errorf("before %s: %s, %q, %v, want %s", preparing, got, features, err, want)
		}
	}
	if _, _, err := Last(dir, "v0.1.0"); err == nil {
		t.Error("no record at all, no error")
	}
}

func TestOneNamed(t *testing.T) {
	all := "pkg m (darwin-arm64 ios-arm64 linux-arm64), const A int = 1"
	rest := "pkg m (darwin-amd64 ios-amd64 linux-amd64 windows-amd64), const A int = 2"
	if w := OneNamed([]string{all, rest, "pkg m, const B int = 1"}); len(w) != 0 {
		t.Errorf("a value that differs: %q", w)
	}
	if w := OneNamed([]string{all}); len(w) != 1 {
		t.Errorf("a name that is not everywhere: %q", w)
	}
}
