package gen

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/gotool"
)

const root = "../.."

func generate(t *testing.T) map[string][]byte {
	t.Helper()
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	files, err := g.Files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// What is committed is what the generator writes, and it writes the same
// every time.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	files := generate(t)
	again := generate(t)
	for name, want := range files {
		if !bytes.Equal(want, again[name]) {
			t.Errorf("%s: two runs differ", name)
		}
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is out of date: run go generate ./...", name)
		}
	}
	stale, err := Stale(root, files)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stale {
		t.Errorf("%s is no longer generated", name)
	}
}

// models returns the generator on the 14.2 tree, as far as the facts know it,
// and on the present facts.
func models(t *testing.T) (last, now *Gen) {
	t.Helper()
	old := map[string]*abi.Facts{}
	for _, a := range abi.Archs {
		f, err := abi.Load(a)
		if err != nil {
			t.Fatal(err)
		}
		old[a] = abi.AsOf(f, "14.2")
	}
	last, err := NewFrom(old)
	if err != nil {
		t.Fatal(err)
	}
	if now, err = New(); err != nil {
		t.Fatal(err)
	}
	return last, now
}

// changedSince142 are the real changes between the two trees.
var changedSince142 = []string{
	"const HOST_MAX_SPECIAL_PORT",
	"const HOST_VM_INFO64_COUNT", "const HOST_VM_INFO64_LATEST_COUNT",
	"const KGUARD_EXC_REQUIRE_REPLY_PORT_SEMANTICS",
	"const MPG_FLAGS_MOD_REFS_PINNED_COPYIN", "const MPG_FLAGS_MOD_REFS_PINNED_DEALLOC", "const MPG_FLAGS_MOD_REFS_PINNED_DESTROY",
	"const MPG_FLAGS_STRICT_REPLY_INVALID_VOUCHER", "const MPG_FLAGS_STRICT_REPLY_MISMATCHED_PERSONA",
	"const Mach_host_MSG_COUNT", "const TASK_VM_INFO_COUNT", "const Task_MSG_COUNT", "const Thread_act_MSG_COUNT",
	"const VM_FLAGS_HW", "const VM_FLAGS_USER_ALLOCATE", "const VM_FLAGS_USER_MAP", "const Vm_map_MSG_COUNT",
	"record TaskVMInfo", "record VMStatistics64",
}

func release(t *testing.T, date string) *abi.Release {
	t.Helper()
	var b strings.Builder
	b.WriteString("release v0.2.0 2026-12-01\n")
	for _, k := range changedSince142 {
		b.WriteString("move " + k + " " + date + "\n")
	}
	r, err := abi.ParseRelease(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The policy on the real changes between the 14.2 and the 26.4 tree: old by
// default and deprecated, new under the tag.
func TestMergeHoldsChangesBack(t *testing.T) {
	last, now := models(t)
	files, err := now.Merge(last, release(t, "2027-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	off, on := string(files["zunstable_off.go"]), string(files["zunstable_on.go"])
	for _, want := range []struct{ file, text string }{
		{off, "//go:build !mach_unstable\n"}, {on, "//go:build mach_unstable\n"},
		{off, "// Deprecated: its form changes on 2027-01-01."},
		{off, "KGUARD_EXC_REQUIRE_REPLY_PORT_SEMANTICS = 0x800000"}, {on, "KGUARD_EXC_REQUIRE_REPLY_PORT_SEMANTICS = 10"},
		{off, "MPG_FLAGS_MOD_REFS_PINNED_DEALLOC = 0x100000000000000"}, {on, "MPG_FLAGS_MOD_REFS_PINNED_DEALLOC = 1"},
		{off, "struct task_vm_info of <mach/task_info.h>: 356 bytes"}, {on, "struct task_vm_info of <mach/task_info.h>: 372 bytes"},
		{on, "LedgerSwapins"}, {on, "LedgerTagNeuralNofootprintPeak"},
	} {
		if !strings.Contains(squeeze(want.file), squeeze(want.text)) {
			t.Errorf("missing %q", want.text)
		}
	}
	if strings.Contains(off, "LedgerTagNeuralNofootprintPeak") {
		t.Error("the old task_vm_info has a field of the new one")
	}
	if n := strings.Count(off, "Deprecated: its form changes"); n != len(changedSince142) {
		t.Errorf("%d items held back, want %d", n, len(changedSince142))
	}
	// A changed item stands nowhere else.
	if strings.Contains(string(files["zrecords.go"]), "type TaskVMInfo struct") {
		t.Error("TaskVMInfo stands in zrecords.go too")
	}
	t.Run("builds", func(t *testing.T) { buildMerged(t, files) })
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// buildMerged compiles the merged package with and without the tag, and runs
// a program that prints two of the changed values.
func buildMerged(t *testing.T, files map[string][]byte) {
	gotool.ForTest(t)
	dir := t.TempDir()
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		to := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(to, files[name], 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(abs, name)] = to
	}
	prog := filepath.Join(dir, "main.go")
	src := "package main\n\nimport \"github.com/gomach/mach\"\n\nfunc main() { print(mach.HOST_VM_INFO64_COUNT, \" \", mach.TASK_VM_INFO_COUNT, \" \", uint64(mach.VM_FLAGS_HW)) }\n"
	if err := os.WriteFile(prog, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	replace[filepath.Join(abs, "internal/gen/testprog/main.go")] = prog
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[string]string{"none": "38 89 4096", "mach_unstable": "40 93 12288"} {
		cmd := exec.Command("go", "run", "-overlay", file, "-tags", tag, "./internal/gen/testprog")
		cmd.Dir = abs
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("with tag %s: %v, printed %q, want %q", tag, err, out, want)
		}
	}
}

// On its date an item moves over.
func TestMergeMovesOverOnItsDate(t *testing.T) {
	last, now := models(t)
	files, err := now.Merge(last, release(t, "2026-12-01"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		if strings.Contains(name, "unstable") {
			t.Errorf("%s is still there", name)
		}
	}
	if !strings.Contains(string(files["zrecords.go"]), "type TaskVMInfo struct") {
		t.Error("TaskVMInfo did not move over")
	}
}

// A change that nobody dated stops the generator.
func TestMergeWantsADate(t *testing.T) {
	last, now := models(t)
	_, err := now.Merge(last, &abi.Release{Version: "v0.2.0", Date: time.Now()})
	if err == nil {
		t.Fatal("undated changes went through")
	}
	for _, k := range changedSince142 {
		if !strings.Contains(err.Error(), k) {
			t.Errorf("the error does not name %s", k)
		}
	}
}

// Every exported function has a text, and each text belongs to a function.
func TestDocsAreComplete(t *testing.T) {
	g, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for c, f := range g.funcs {
		if _, ok := g.docs[c]; f.Exported && !ok {
			t.Errorf("%s has no text", c)
		}
	}
	for c, d := range g.docs {
		if g.funcs[c] == nil {
			t.Errorf("doc/%s: %s is no function", d.File, c)
		}
	}
	if _, err := g.link("see {no_such_function}", "test"); err == nil {
		t.Error("an unknown name in a text went through")
	}
}

// Both forms of an item that changes are built where the item itself is.
func TestUnstableFilesKeepTheConstraint(t *testing.T) {
	for file, want := range map[string]string{
		"zconstants.go":          "",
		"zconstants_amd64.go":    "",
		"zconstants_noamd64.go":  "!amd64",
		"zframe_darwin_arm64.go": "",
		"zframe_nodarwin.go":     "!darwin",
	} {
		if got := buildOf(file); got != want {
			t.Errorf("%s is built where %q, want %q", file, got, want)
		}
		for side, tag := range map[string]string{"off": "!mach_unstable", "on": "mach_unstable"} {
			both := tag
			if want != "" {
				both += " && " + want
			}
			if got := buildOf(unstableFile(file, side)); got != both {
				t.Errorf("the %s side of %s is built where %q, want %q", side, file, got, both)
			}
		}
	}
}
