//go:build linux && (amd64 || arm64)

package machkern

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/internal/abi/gotool"
)

// TestTimebaseOfKernel: a kernel has one timebase (xnu osfmk/kern/clock.c, clock_timebase_info),
// that of the first guest's machine, whatever the CPU of the guest that asks and of the one that is
// asked about.
func TestTimebaseOfKernel(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	gotool.ForTest(t)
	runner := buildRunner(t)
	main, err := os.ReadFile("testdata/timebase/main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	exe := map[string]string{}
	for _, arch := range []string{"arm64", "amd64"} {
		at := filepath.Join(dir, arch)
		if err := os.Mkdir(at, 0o755); err != nil {
			t.Fatal(err)
		}
		source := filepath.Join(at, "main.go")
		if err := os.WriteFile(source, main, 0o644); err != nil {
			t.Fatal(err)
		}
		exe[arch] = filepath.Join(at, "main")
		build(t, arch, exe[arch], source)
	}
	expect(t, t.Context(), []byte("125 3 bad: false\n"), runner, exe["arm64"], exe["amd64"])
	expect(t, t.Context(), []byte("1 1 bad: false\n"), runner, exe["amd64"], exe["arm64"])
}
