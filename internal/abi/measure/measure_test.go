package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomach/mach/internal/abi"
	"github.com/gomach/mach/internal/abi/symbols"
	"github.com/gomach/mach/internal/abi/zig"
)

// committed reads the facts without the loader's types, so that a key that
// the loader does not know counts too.
func committed(t *testing.T, arch string) facts {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "facts", "darwin-"+arch+".json"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := decode(string(b))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// decode keeps numbers as they are written: some need all 64 bits.
func decode(text string) (f facts, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&f)
	return f, err
}

// measureTree measures a tree and passes the result through its written form.
func measureTree(t *testing.T, tc *zig.Toolchain, tree, arch string) (facts, error) {
	t.Helper()
	exports, err := symbols.ReadFile(tc.TBD, symbols.LibSystem, arch)
	if err != nil {
		return nil, err
	}
	m, err := measure(context.Background(), &clang{tc: tc, tree: tree, arch: arch}, exports)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := m.write(&text); err != nil {
		return nil, err
	}
	return decode(text.String())
}

// bookkeeping are the keys that compare trees with each other, which one tree
// cannot show; availability was noted for the four dyld calls only.
var bookkeeping = map[string]bool{"sdk": true, "seen": true, "changed": true, "removed_by": true, "availability": true}

// compare reports where the facts and a measured tree differ, and counts the
// items that were compared. Items that the facts take from another tree count
// only as present.
func compare(want, got facts, tree, arch string) (wrong []string, counts map[string]int) {
	counts = map[string]int{}
	complain := func(kind, name, key string, format string, args ...any) {
		if e := abi.ErratumOf(kind, name, arch); e == nil || e.Key != key {
			wrong = append(wrong, kind+" "+name+": "+fmt.Sprintf(format, args...))
		}
	}
	for _, kind := range sortedKeys(want) {
		for _, name := range sortedKeys(want[kind]) {
			w, g := want[kind][name], got[kind][name]
			if !seenIn(w, tree) {
				if g != nil {
					complain(kind, name, "", "the tree has it, the facts say that it has not")
				}
				continue
			}
			counts[kind]++
			if g == nil {
				complain(kind, name, "", "the tree lacks it")
				continue
			}
			if changed, ok := w["changed"].(map[string]any); ok {
				if g["value"] == nil && changed[tree] != g["size"] || g["value"] != nil && changed[tree] != g["value"] {
					complain(kind, name, "changed", "facts have %v for %s, measured %v", changed[tree], tree, g)
				}
			}
			if w["sdk"] != tree {
				continue
			}
			for _, key := range sortedKeys(union(w, g)) {
				if !bookkeeping[key] && !reflect.DeepEqual(w[key], g[key]) {
					complain(kind, name, key, "%s is %v in the facts, measured %v", key, w[key], g[key])
				}
			}
		}
		for _, name := range sortedKeys(got[kind]) {
			if want[kind][name] == nil {
				complain(kind, name, "", "the facts lack it")
			}
		}
	}
	return wrong, counts
}

func seenIn(item map[string]any, tree string) bool {
	trees, _ := item["seen"].([]any)
	for _, t := range trees {
		if t == tree {
			return true
		}
	}
	return trees == nil && item["sdk"] == tree
}

func union(a, b map[string]any) map[string]any {
	u := map[string]any{}
	for k := range a {
		u[k] = nil
	}
	for k := range b {
		u[k] = nil
	}
	return u
}

// measured is the 26.4 tree, measured once for all tests.
var measured = map[string]facts{}

func tree264(t *testing.T, arch string) facts {
	t.Helper()
	tc := zig.ForTest(t)
	if measured[arch] == nil {
		f, err := measureTree(t, tc, tc.Headers, arch)
		if err != nil {
			t.Fatal(err)
		}
		measured[arch] = f
	}
	return measured[arch]
}

// The measuring tool finds in the 26.4 headers what the committed facts say.
func TestEqualsCommittedFacts(t *testing.T) {
	for _, arch := range abi.Archs {
		want := committed(t, arch)
		wrong, counts := compare(want, tree264(t, arch), zig.SDK, arch)
		for _, w := range wrong {
			t.Errorf("%s: %s", arch, w)
		}
		for _, kind := range sortedKeys(want) {
			t.Logf("%s: %-9s %4d of %4d measured again on %s, %d from trees that are not here",
				arch, kind, counts[kind], len(want[kind]), zig.SDK, len(want[kind])-counts[kind])
			if counts[kind] < len(want[kind])*8/10 {
				t.Errorf("%s: only %d of %d %s were compared", arch, counts[kind], len(want[kind]), kind)
			}
		}
		for _, e := range abi.Errata {
			t.Logf("erratum: %s %s %s: %v, headers: %v: %s", e.Kind, e.Name, e.Key, e.Facts, e.Right, e.Why)
		}
	}
}

// An erratum that no longer holds must go.
func TestErrataHold(t *testing.T) {
	for _, e := range abi.Errata {
		for _, arch := range e.Archs {
			got := tree264(t, arch)[e.Kind][e.Name]
			key := e.Key
			if key == "" {
				key = "value"
			}
			if fmt.Sprint(got[key]) != fmt.Sprint(e.Right) {
				t.Errorf("%s: %s %s: the headers say %v, not %v", arch, e.Kind, e.Name, got[key], e.Right)
			}
			want := committed(t, arch)[e.Kind][e.Name]
			if e.Key != "" && fmt.Sprint(want[key]) != fmt.Sprint(e.Facts) {
				t.Errorf("%s: %s %s: the facts say %v, not %v", arch, e.Kind, e.Name, want[key], e.Facts)
			}
			if e.Key == "" && want != nil && seenIn(want, zig.SDK) {
				t.Errorf("%s: %s %s is in the facts", arch, e.Kind, e.Name)
			}
		}
	}
}

// Comparing sees a wrong value, a swapped field, a wrong parameter, an item
// too many and one too few.
func TestCompareFails(t *testing.T) {
	got := tree264(t, "arm64")
	doctor := func(name string, change func(f facts), want string) {
		f := committed(t, "arm64")
		change(f)
		wrong, _ := compare(f, got, zig.SDK, "arm64")
		if len(wrong) != 1 || !strings.Contains(wrong[0], want) {
			t.Errorf("%s: reported %q, want one line with %q", name, wrong, want)
		}
	}
	doctor("a value", func(f facts) { f["constants"]["KERN_FAILURE"]["value"] = json.Number("6") }, "KERN_FAILURE")
	doctor("two fields", func(f facts) {
		fields := f["records"]["mach_msg_header_t"]["fields"].([]any)
		a, b := fields[2].(map[string]any), fields[3].(map[string]any)
		a["name"], b["name"] = b["name"], a["name"]
	}, "mach_msg_header_t")
	doctor("a parameter", func(f facts) {
		f["functions"]["task_suspend"]["params"].([]any)[0].(map[string]any)["type"] = "uint64_t"
	}, "task_suspend")
	doctor("one more", func(f facts) {
		f["constants"]["KERN_NO_SUCH"] = map[string]any{"sdk": zig.SDK, "seen": []any{zig.SDK}}
	}, "KERN_NO_SUCH")
	doctor("one less", func(f facts) { delete(f["types"], "mach_port_t") }, "mach_port_t")
}

// A full SDK of 14.2 is nothing that may be committed; where one is at hand
// (MACH_SDK_14_2=DIR), the facts that come from it are measured again too.
func TestOlderTree(t *testing.T) {
	dir := os.Getenv("MACH_SDK_14_2")
	if dir == "" {
		t.Skip("MACH_SDK_14_2 names no 14.2 SDK: its items were not measured again")
	}
	tc := zig.ForTest(t)
	tree, err := includeDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, arch := range abi.Archs {
		got, err := measureTree(t, tc, tree, arch)
		if err != nil {
			t.Fatal(err)
		}
		want := committed(t, arch)
		for _, r := range want["records"] { // records note only the newest tree's layout
			r["sdk"] = "26.4"
		}
		wrong, counts := compare(want, got, "14.2", arch)
		for _, w := range wrong {
			t.Errorf("%s: %s", arch, w)
		}
		t.Logf("%s: present in 14.2 as the facts say: %v", arch, counts)
	}
}
