package symbols

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/zig"
)

const root = "../../.."

func load(t *testing.T, arch string) (Exports, *abi.Facts) {
	t.Helper()
	exports, err := ReadFile(zig.ForTest(t).TBD, LibSystem, arch)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := abi.Load(arch)
	if err != nil {
		t.Fatal(err)
	}
	return exports, facts
}

func TestFactsAgreeWithTheStub(t *testing.T) {
	for _, arch := range abi.Archs {
		exports, facts := load(t, arch)
		for _, w := range CheckFacts(facts, exports) {
			t.Errorf("%s: %s", arch, w)
		}
		t.Logf("%s: %d functions and %d variables agree with the %d symbols of libSystem",
			arch, len(facts.Functions), len(facts.Variables), len(exports))
	}
}

// Pitfall missing-symbols: every symbol that the generated code imports is there, and is old
// enough. (A missing one links on Linux and keeps the program from launching;
// TestHeadersAgree of internal/abi/ctest has the prototypes.)
func TestImportsExist(t *testing.T) {
	imports, err := Imports(root, filepath.Join(root, "internal", "libsystem"))
	if err != nil {
		t.Fatal(err)
	}
	if len(imports) < 300 {
		t.Errorf("only %d imports found: does the scan still know the generated form?", len(imports))
	}
	for _, arch := range abi.Archs {
		exports, facts := load(t, arch)
		for _, w := range append(CheckImports(imports, exports), CheckAge(imports, facts)...) {
			t.Errorf("%s: %s", arch, w)
		}
		t.Logf("%s: %d imports, all exported by libSystem and in %s", arch, len(imports), abi.Oldest)
	}
}

// custom functions are written on other calls.
var custom = map[string]bool{"mach_msg_server": true, "mach_msg_server_once": true, "mach_msg_server_importance": true}

// Every exported function is there, and by the way that its age asks for.
func TestComplete(t *testing.T) {
	dir := filepath.Join(root, "internal", "libsystem")
	imports, err := Imports(dir)
	if err != nil {
		t.Fatal(err)
	}
	late, err := Late(filepath.Join(dir, "zlate.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, arch := range abi.Archs {
		_, facts := load(t, arch)
		for _, w := range CheckComplete(facts, imports, late, custom) {
			t.Errorf("%s: %s", arch, w)
		}
		t.Logf("%s: %d imports, %d functions looked up at run time", arch, len(imports), len(late))

		less := slices.DeleteFunc(slices.Clone(imports), func(i Import) bool { return i.Symbol == "task_suspend" })
		broken := CheckComplete(facts, less, late[1:], custom)
		if len(broken) != 2 {
			t.Errorf("%s: an import and a look-up less, reported: %q", arch, broken)
		}
		broken = CheckComplete(facts, imports, append(late, "vm_stats", "no_such", "task_suspend"), custom)
		if len(broken) != 3 {
			t.Errorf("%s: three look-ups too many, reported: %q", arch, broken)
		}
	}
}

// The checkers see a wrong name, a wrong library, a symbol that is too new and
// a wrong flag.
func TestCheckersFail(t *testing.T) {
	exports, facts := load(t, "arm64")
	dir := t.TempDir()
	src := `package x

//go:cgo_import_dynamic a mach_port_alocate "/usr/lib/libSystem.B.dylib"
//go:cgo_import_dynamic b mach_port_allocate "/usr/lib/libmach.dylib"
//go:cgo_import_dynamic c mach_port_allocate "/usr/lib/libSystem.B.dylib"
//go:cgo_import_dynamic _ _ "/usr/lib/libSystem.B.dylib"
`
	if err := os.WriteFile(filepath.Join(dir, "z.go"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	imports, err := Imports(dir)
	if err != nil {
		t.Fatal(err)
	}
	wrong := CheckImports(imports, exports)
	if len(wrong) != 2 || !strings.Contains(wrong[0], "mach_port_alocate") || !strings.Contains(wrong[1], "libmach") {
		t.Errorf("two mistakes, reported: %q", wrong)
	}

	var young string
	for name, f := range facts.Functions {
		if f.Exported && !f.SeenIn(abi.Oldest) {
			young = name
		}
	}
	if young == "" {
		t.Fatal("no exported function is newer than the oldest system")
	}
	if wrong := CheckAge([]Import{{"z.go:1", young, LibSystem}}, facts); len(wrong) != 1 {
		t.Errorf("%s is too new, reported: %q", young, wrong)
	}

	doctored := maps.Clone(exports)
	delete(doctored, "mach_port_allocate")
	if wrong := CheckFacts(facts, doctored); len(wrong) != 1 || !strings.HasPrefix(wrong[0], "mach_port_allocate:") {
		t.Errorf("one symbol gone, reported: %q", wrong)
	}
}

func TestRead(t *testing.T) {
	stub := `--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64e-macos ]
install-name:    '/a'
reexported-libraries:
  - targets:         [ x86_64-macos, arm64e-macos ]
    libraries:       [ '/b' ]
exports:
  - targets:         [ x86_64-macos ]
    symbols:         [ _one, 
                       '_two$INODE64' ]
--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64e-macos ]
install-name:    '/b'
exports:
  - targets:         [ arm64e-macos ]
    symbols:         [ _three, '$ld$hide$_four' ]
    weak-symbols:    [ _five ]
--- !tapi-tbd
install-name:    '/not-reexported'
exports:
  - targets:         [ x86_64-macos, arm64e-macos ]
    symbols:         [ _six ]
...
`
	for arch, want := range map[string]Exports{
		"amd64": {"one": true, "two$INODE64": true},
		"arm64": {"three": true, "five": true},
	} {
		got, err := Read(strings.NewReader(stub), "/a", arch)
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v, want %v", arch, got, err, want)
		}
	}
	for _, bad := range []string{"--- x\ninstall-name: '/b'\n", "install-name: '/a'\n", "--- x\ninstall-name: '/a'\nexports:\n  - targets: [ a,\n"} {
		if got, err := Read(strings.NewReader(bad), "/a", "arm64"); err == nil {
			t.Errorf("Read(%q) = %v, want an error", bad, got)
		}
	}
}
