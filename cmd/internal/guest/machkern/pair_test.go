//go:build linux && (amd64 || arm64)

package machkern

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gomach/mach/cmd/internal/guest/cpu"
	"github.com/gomach/mach/internal/abi/zig"
)

// TestPair has a guest in C and one in Go, started by one runner, exchange messages and structs
// through the kernel: plain ones, and complex ones with rights, memory and arrays of rights, with
// their trailers; every record of the facts, filled member by member in one language and read in
// the other; what calls tell both of a third guest that stands still; and registers that one sets
// and the other reads. C's side is compiled with Apple's headers and knows nothing of Go's.
func TestPair(t *testing.T) {
	if err := cpu.Available(); err != nil {
		t.Skip(err)
	}
	tc := zig.ForTest(t)
	runner := buildRunner(t)
	main, err := os.ReadFile("testdata/pair/main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	shared, err := filepath.Abs("testdata/c/show.h")
	if err != nil {
		t.Fatal(err)
	}
	for arch, triple := range map[string]string{"arm64": "aarch64-macos", "amd64": "x86_64-macos"} {
		t.Run(arch, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name string, text []byte) string {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, text, 0o644); err != nil {
					t.Fatal(err)
				}
				return path
			}
			p := newPair(t, arch, tc.Headers)
			read := func(path string) []byte {
				b, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			peer := write("pair/peer.c", read("testdata/pair/peer.c"))
			write("c/show.h", read(shared))
			write("pair/fields.h", p.c.Bytes())
			cExe, goExe := filepath.Join(dir, "peer"), filepath.Join(dir, "main")
			if _, err := tc.Run(t.Context(), dir, "cc", "-target", triple, "-O1", "-Wall", "-Werror", "-Wno-deprecated-declarations", "-Wno-unused", "-Wno-bitfield-constant-conversion", "-o", cExe, peer); err != nil {
				t.Fatal(err)
			}
			build(t, arch, goExe, write("main.go", main), write("fields.go", p.golang.Bytes()), write("registers.go", read("testdata/pair/registers_"+arch+".go.txt")))
			expect(t, t.Context(), []byte("records: true\ncalls: 20 fields: true\nmistakes that Go sees: 0\n"), runner, goExe, cExe)
			t.Logf("%d records with %d members", p.records, p.members)
		})
	}
}

// buildRunner makes darwinrun.
func buildRunner(t *testing.T, flags ...string) string {
	t.Helper()
	runner := filepath.Join(t.TempDir(), "darwinrun")
	args := append(append([]string{"build"}, flags...), "-o", runner, root+"/cmd/darwinrun")
	if b, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return runner
}
