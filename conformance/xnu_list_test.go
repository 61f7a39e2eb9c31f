package conformance_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/xnu-tests.md names a test of ours for what each of xnu's asserts, or says
// why there is none.
func TestXNUTestsList(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "docs", "xnu-tests.md"))
	if err != nil {
		t.Skip("the list is not at hand: ", err)
	}
	rows, seen := 0, map[string]bool{}
	test := regexp.MustCompile("`(?:([\\w/]+)\\.)?(Test\\w+)`")
	for _, line := range strings.Split(string(b), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], ".c") {
			continue
		}
		rows++
		here := strings.TrimSpace(cells[3])
		for _, file := range strings.Split(cells[1], ",") {
			if file = strings.TrimSpace(file); seen[file] {
				t.Errorf("%s stands twice", file)
			}
			seen[file] = true
		}
		tests := test.FindAllStringSubmatch(here, -1)
		switch {
		case strings.HasPrefix(here, "not portable: "):
		case len(tests) == 0:
			t.Errorf("%s has no test and no reason", strings.TrimSpace(cells[1]))
		case !strings.HasPrefix(here, "`") && !strings.HasPrefix(here, "partly: "):
			t.Errorf("%s: %q", strings.TrimSpace(cells[1]), here)
		}
		for _, m := range tests {
			if !isTest(filepath.Join("..", m[1]), m[1] == "", m[2]) {
				t.Errorf("%s names %s, which is no test", strings.TrimSpace(cells[1]), m[0])
			}
		}
	}
	if rows < 60 {
		t.Errorf("only %d rows", rows)
	}
}

// isTest looks for a test in the sources of a folder, or of this one.
func isTest(dir string, own bool, name string) bool {
	if own {
		dir = "."
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
