package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	listedPitfall = regexp.MustCompile(`(?m)^\| ([a-z0-9-]+) \| `)
	citedPitfall  = regexp.MustCompile(`[Pp]itfalls? ([a-z]+(?:-[a-z]+)*)(?: and ([a-z]+(?:-[a-z]+)*))?`)
)

// Tests cite pitfalls by names that docs/pitfalls.md has, and it has none that no test
// is about.
func TestPitfalls(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/pitfalls.md"))
	if err != nil {
		t.Fatal(err)
	}
	cited := map[string]bool{}
	for _, m := range listedPitfall.FindAllStringSubmatch(string(text), -1) {
		if m[1] != "name" && m[1] != "---" {
			cited[m[1]] = false
		}
	}
	for _, f := range scan(t) {
		if !f.Test() || f.Dir() == "internal/abi/rules" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, f.Path))
		if err != nil {
			t.Fatal(err)
		}
		// A comment may break a line between the word and the name.
		flat := strings.ReplaceAll(string(text), "\n// ", " ")
		for _, m := range citedPitfall.FindAllStringSubmatch(flat, -1) {
			for _, name := range m[1:] {
				if _, ok := cited[name]; !ok && name != "" {
					t.Errorf("%s cites %q, which docs/pitfalls.md does not have", f.Path, name)
				}
				cited[name] = true
			}
		}
	}
	for name, by := range cited {
		if !by && name != "" {
			t.Errorf("no test is about the pitfall %s", name)
		}
	}
}
