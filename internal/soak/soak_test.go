//go:build linux && (amd64 || arm64)

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	_ "github.com/gomach/mach/hosted" // a change of it counts for the cache of test results
	"github.com/gomach/mach/internal/substrate/target"
)

func TestMain(m *testing.M) { target.Main(m) }

// TestSoak is a short run of the soak: 500 dumps and 500 signals, 100 of each
// with -short. scripts/soak.sh runs long ones.
func TestSoak(t *testing.T) {
	s := soak{Seed: 1, storm: target.Build(t, "../substrate/target/testdata/storm.c")}
	path := filepath.Join(t.TempDir(), "dumper")
	s.tools = dumper(path)
	if out, err := exec.Command("go", "build", "-o", path, "../../examples/dump_process_registers").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	want := 500
	if testing.Short() {
		want = 100
	}
	for signals := false; s.Dumps < want || s.Signals < want; signals = !signals {
		if err := s.block(signals && s.Signals < want || s.Dumps >= want); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(&s)
}

// TestSoakMach is a short run with mach's regs, stack and core: 300 signals, 50 with
// -short, and as many runs to the end.
func TestSoakMach(t *testing.T) {
	s := soak{Seed: 2, storm: target.Build(t, "../substrate/target/testdata/storm.c")}
	path := filepath.Join(t.TempDir(), "mach")
	s.tools = machTools(path, t.TempDir())
	if out, err := exec.Command("go", "build", "-C", "../../cmd/mach", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	want := 300
	if testing.Short() {
		want = 50
	}
	for signals := false; s.Dumps < want || s.Signals < want; signals = !signals {
		if err := s.block(signals && s.Signals < want || s.Dumps >= want); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(&s)
}

// A run that is broken off goes on where it was.
func TestStateOfARun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	s := soak{Seed: 7, Block: 3, Dumps: 100, Signals: 50, Refused: 2}
	if err := s.save(path); err != nil {
		t.Fatal(err)
	}
	again := soak{Seed: 7}
	if err := again.load(path); err != nil || !reflect.DeepEqual(again, s) {
		t.Errorf("%+v, %v", again, err)
	}
	other := soak{Seed: 8}
	if err := other.load(path); err == nil {
		t.Error("a run with another seed goes on with it")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	none := soak{Seed: 7}
	if err := none.load(path); err != nil || none.Block != 0 {
		t.Errorf("%+v, %v", none, err)
	}
}
